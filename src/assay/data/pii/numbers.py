"""Numbers with check digits: cards, IBANs, national numbers. Spaces, dashes, dots and line ends
inside are read over.

How        the text is cut into groups of letters and digits; windows of neighbouring groups are put
           together and checked. Windows are bounded, so the time is linear
Strict     one check digit lets one random number in ten or so pass: where it is all there is, the
           usual grouping or a word nearby must agree
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assay.data.pii import check_digits
from assay.data.pii.context import ContextWords
from assay.data.pii.spans import Span

_GROUP = re.compile(r"[0-9A-Za-z]+")
_GAP = re.compile(r"[ \t]?[-./ ]?[ \t]?(?:\r?\n[ \t>]{0,8})?")
_LONGEST = 34  # letters and digits of the longest number here (IBAN)
_CARD = ContextWords(
    "card",
    "cc",
    "visa",
    "mastercard",
    "amex",
    "credit",
    "debit",
    "karte",
    "kreditkarte",
    "tarjeta",
    "carte",
)
_IBAN = ContextWords("iban", before=20)


@dataclass(frozen=True, slots=True)
class National:
    """A national number: how it is written, its check, and what must be near when the check alone
    says little."""

    country: str
    length: int
    form: re.Pattern[str]  # of the number without spaces and marks
    check: Callable[[str], bool]
    # a grouping that is its own; None: the check is strong enough
    written: re.Pattern[str] | None = None
    words: ContextWords | None = None


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_TAX = (
    "steuer-?id",
    "steuernummer",
    "steueridentifikationsnummer",
    "identifikationsnummer",
    "idnr",
    "tax id",
    "tin",
)
NATIONAL = (
    National(
        "GB-NHS",
        10,
        _form(r"\d{10}"),
        check_digits.nhs,
        _form(r"\d{3} \d{3} \d{4}"),
        ContextWords("nhs", "patient", "health"),
    ),
    National(
        "DE",
        11,
        _form(r"\d{11}"),
        check_digits.steuer_id,
        _form(r"\d{2} \d{3} \d{3} \d{3}"),
        ContextWords(*_TAX),
    ),
    National("ES", 9, _form(r"\d{8}[A-Z]|[XYZ]\d{7}[A-Z]"), check_digits.dni),
    National(
        "IT",
        16,
        _form(r"[A-Z]{6}\d{2}[ABCDEHLMPRST]\d{2}[A-Z]\d{3}[A-Z]"),
        check_digits.codice_fiscale,
    ),
    National("FR", 15, _form(r"[1-478]\d{2}[0-9]{2}(?:2[AB]|\d{2})\d{8}"), check_digits.nir),
    National("PL", 11, _form(r"\d{11}"), check_digits.pesel, None, ContextWords("pesel")),
    National(
        "NL",
        9,
        _form(r"\d{9}"),
        check_digits.bsn,
        _form(r"(?!)"),
        ContextWords("bsn", "burgerservicenummer", "sofinummer"),
    ),
    National(
        "SE",
        10,
        _form(r"\d{10}"),
        check_digits.personnummer,
        _form(r"\d{6}-\d{4}"),
        ContextWords("personnummer"),
    ),
    National("SE", 12, _form(r"(?:19|20)\d{10}"), lambda n: check_digits.personnummer(n[2:])),
    National(
        "BE",
        11,
        _form(r"\d{11}"),
        check_digits.rijksregister,
        _form(r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d"),
        ContextWords("rijksregister\\w*", "national number", "registre national"),
    ),
    National("CH", 13, _form(r"756\d{10}"), check_digits.ahv),
    National(
        "BR",
        11,
        _form(r"\d{11}"),
        check_digits.cpf,
        _form(r"\d{3}\.\d{3}\.\d{3}-\d\d"),
        ContextWords("cpf"),
    ),
    National(
        "PT",
        9,
        _form(r"\d{9}"),
        check_digits.nif,
        _form(r"(?!)"),
        ContextWords("nif", "contribuinte"),
    ),
    National(
        "CA",
        9,
        _form(r"\d{9}"),
        check_digits.luhn,
        _form(r"(?!)"),
        ContextWords("sin", "social insurance"),
    ),
    National(
        "IN",
        12,
        _form(r"[2-9]\d{11}"),
        check_digits.verhoeff,
        _form(r"\d{4}[ -]\d{4}[ -]\d{4}"),
        ContextWords("aadhaar", "uidai"),
    ),
    National(
        "DK",
        10,
        _form(r"\d{10}"),
        check_digits.cpr,
        _form(r"\d{6}-\d{4}"),
        ContextWords("cpr", "personnummer"),
    ),
)

_OF_LENGTH = {length: [n for n in NATIONAL if n.length == length] for length in range(_LONGEST + 1)}


def _windows(text: str) -> Iterator[tuple[int, int, str, int]]:
    """(start, end, letters and digits in capitals, groups) of neighbouring groups, at least one
    with a digit."""
    groups = [(m.start(), m.end()) for m in _GROUP.finditer(text)]
    for first, (start, end) in enumerate(groups):
        if end - start > _LONGEST or re.match(
            r"_|\d-|\d\.", text[max(0, start - 2) : start][-2:] if start else ""
        ):
            continue
        word = text[start:end]
        if end - start == 1 and first and groups[first - 1][1] - groups[first - 1][0] == 1:
            continue  # single digits: a number begins with the first of them
        if not any(map(str.isdigit, word)) and end - start > 6:
            continue
        count, joined = 1, word.upper()
        while True:
            if len(joined) >= 9 and any(map(str.isdigit, joined)):
                yield start, end, joined, count
            after = first + count
            if after == len(groups) or count >= 20:
                break
            gap = text[end : groups[after][0]]
            if len(gap) > 12 or not _GAP.fullmatch(gap):
                break
            piece = text[slice(*groups[after])]
            if len(joined) + len(piece) > _LONGEST or not (
                any(map(str.isdigit, piece)) or len(piece) <= 6
            ):
                break
            joined, end, count = joined + piece.upper(), groups[after][1], count + 1


def checksum_numbers(text: str) -> Iterator[Span]:
    """Cards, IBANs and national numbers whose check digits agree."""
    for start, end, joined, count in _windows(text):
        if end < len(text) and (text[end].isalnum() or text[end] == "_"):
            continue
        written = text[start:end]
        if joined[:2].isalpha() and joined[2:4].isdigit() and check_digits.iban(joined):
            yield Span(start, end, "IBAN", 3)
        elif joined.isdigit():
            yield from _all_digits(text, start, end, joined, count)
        if 9 <= len(joined) <= 16 and not joined.isdigit():
            yield from _with_letters(start, end, joined, written)


def _all_digits(text: str, start: int, end: int, number: str, count: int) -> Iterator[Span]:
    written = text[start:end]
    if (
        12 <= len(number) <= 19
        and check_digits.card(number)
        and _is_card_like(text, start, end, number, count)
    ):
        yield Span(start, end, "CARD", 3)
        return
    for kind in _OF_LENGTH[len(number)]:
        if not kind.form.fullmatch(number) or not kind.check(number):
            continue
        enough = kind.written is None and kind.words is None
        enough = enough or (
            kind.written is not None and kind.written.fullmatch(written) is not None
        )
        if (enough or (kind.words and kind.words.near(text, start, end))) and not number.startswith(
            "000"
        ):
            yield Span(start, end, "NATIONAL_ID", 3)
            return


def _is_card_like(text: str, start: int, end: int, number: str, count: int) -> bool:
    """A word nearby tells a card from an order number; without one, digits in groups as on cards,
    or one of the brands whose prefix and length say much."""
    if _CARD.near(text, start, end):
        return True
    return _even(text[start:end], count) and (check_digits.issuer(number) != "maestro" or count > 1)


def _even(written: str, count: int) -> bool:
    """Groups as cards are printed: one, of one length, or 4-6-5; never a column of years and
    amounts."""
    sizes = [len(group) for group in _GROUP.findall(written)]
    return count == 1 or len(set(sizes[:-1])) == 1 or sizes in ([4, 6, 5], [4, 6, 4])


def _with_letters(start: int, end: int, joined: str, written: str) -> Iterator[Span]:
    if (
        len(re.findall(r"[A-Z]{2,}", joined))
        and written.upper() != joined
        and written.upper() != written
    ):
        return  # letters and digits of different words
    for kind in _OF_LENGTH[len(joined)]:
        if kind.words is None and kind.form.fullmatch(joined) and kind.check(joined):
            yield Span(start, end, "NATIONAL_ID", 3)
            return
    if re.fullmatch(
        r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]", joined
    ):
        yield Span(start, end, "NATIONAL_ID", 2)  # UK national insurance: a form, no check digit


_HETU = re.compile(r"(?<!\w)\d{6}[-+ABCDEFYXWVU]\d{3}[0-9A-Y](?!\w)")
_SSN = re.compile(
    r"(?<![\w-])\d{3}(?P<m>[-"
    r" .])\d{2}(?P=m)\d{4}(?![\w]|-\d)|(?<!\w)\d{3}-?\s{1,3}\d{2}-?\s{1,3}\d{4}(?!\w)"
)
_SSN_WORDS = ContextWords(
    "ssn", "social security", "sozialversicherung", "taxpayer", "itin", before=60
)
_NINE = re.compile(r"(?<!\w)\d{9}(?!\w)")


def pattern_numbers(text: str) -> Iterator[Span]:
    """US social security numbers and Finnish personal codes."""
    for found in _HETU.finditer(text):
        if check_digits.hetu(found[0]):
            yield Span(*found.span(), "NATIONAL_ID", 3)
    for found in _SSN.finditer(text):
        number = re.sub(r"\D", "", found[0])
        near = _SSN_WORDS.near(text, *found.span())
        if (near and not number.startswith("000")) or (
            found["m"] == "-" and check_digits.ssn(number)
        ):
            yield Span(*found.span(), "SSN", 3)
    for found in _NINE.finditer(text):
        if check_digits.ssn(found[0]) and _SSN_WORDS.near(text, *found.span()):
            yield Span(*found.span(), "SSN", 2)
