"""Names of people, places and companies that nobody has. They are put together from syllables
written for this purpose.

Why no list of real names   a pseudonym must not name a real stranger, and must be known again as
                            one, so that a text that was anonymised is not anonymised twice
"""

import re
from collections.abc import Sequence

# First names: a head and an ending; endings in -a read as female in most European languages, those
# in -o, -en as male.
_HEAD = (
    "Zev Quo Vay Oru Kel Tavi Ysu Brev Jolu Nemi Xan Wev"
    " Uli Drav Eki Fyo Gavu Hyli Izo Lovu".split()
)
_FEMALE = "rina lessa vinda mirra thela yssa danna querra sheva lunna".split()
_MALE = "rendo lasko vimmen mordo thelo yrren danko querro shevo lunno".split()
_FAMILY = (
    "Bryn Caul Dwe Elth Fosk Gwar Hoxt Jund Krell Lomv Murz Nyve Ostw Prax Ruvv Skeld Trov Ulv"
    " Vesk Zorn".split()
)
_MIDDLE = "an e i o u ar el in or un am ev ix ol ust".split()
_LAST = (
    "quay wick dottir borne sholm fenn grath leigh mund nesk plund rask stave thorn vale wex"
    " yard zell bry cott".split()
)
FIRST = {"f": (_HEAD, _FEMALE), "m": (_HEAD, _MALE)}
SURNAME = (_FAMILY, _MIDDLE, _LAST)
_SORTS = "Holdings Works Union Trading Partners Institute".split()


def _pattern(*parts: Sequence[str]) -> str:
    return "".join(f"(?:{'|'.join(p)})" for p in parts)


_FIRST = f"{_pattern(_HEAD, [*_FEMALE, *_MALE])}"
_NAME = rf"(?:{_FIRST}|{_pattern(*SURNAME)})"
_MADE = re.compile(
    rf"{_NAME}(?:[\s.\-]+(?:{_NAME}|[A-Za-z]\.?|{'|'.join(_SORTS)}))*", re.IGNORECASE
)
_STREET = re.compile(rf"\b{_pattern(*SURNAME)}\b", re.IGNORECASE)


def is_pseudonym(text: str, kind: str) -> bool:
    """Whether this is one of our own."""
    if kind in ("PERSON", "PLACE", "ORGANISATION"):
        return _MADE.fullmatch(text) is not None
    return kind in ("ADDRESS", "URL") and _STREET.search(text) is not None


def pick(number: int, parts: Sequence[Sequence[str]]) -> str:
    """One of all combinations; `number` is any whole number."""
    out = ""
    for part in parts:
        number, at = divmod(number, len(part))
        out += part[at]
    return out


def surname(number: int) -> str:
    return pick(number, SURNAME)


def first_name(number: int, gender: str) -> str:
    return pick(number, FIRST[gender])


def sort_of_company(number: int) -> str:
    return _SORTS[number % len(_SORTS)]
