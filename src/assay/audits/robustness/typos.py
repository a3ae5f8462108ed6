"""Changes of the letters alone: slips, case, spaces, marks. No word is added, taken away or
replaced.

Source      slips: Damerau (1964), doi.org/10.1145/363958.363994; keyboard neighbours as in Belinkov
            and Bisk (2018), Synthetic and natural noise both break neural machine translation,
            arxiv.org/abs/1711.02173 (the code is that of the augmentation `noise`); case, spaces
            and marks: Ribeiro et al. (2020), CheckList, aclanthology.org/2020.acl-main.442
Left alone  words that the target names
"""

import random
import re
from collections.abc import Callable

from assay.audits.robustness.resources import Spare
from assay.data.augment.typos import Slip, add_typos

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_GAP = re.compile(r"(?<=\w) (?=\w)")
_LONG = re.compile(r"[^\W\d_]{4,}")
_END = re.compile(r"[.!?]+(?=\s|$)")
SLIPS: tuple[Slip, ...] = ("keyboard", "swap", "drop", "double")


def typos(text: str, draw: random.Random, spare: Spare) -> str | None:
    """Neighbours on the keyboard, swapped, lost and doubled letters."""
    return _other(text, add_typos(text, spare.rate, SLIPS, draw, spare.keep))


# --- case -----------------------------------------------------------------------------------------


def upper(text: str, draw: random.Random, spare: Spare) -> str | None:
    return _other(text, _each(text, str.upper, spare))


def lower(text: str, draw: random.Random, spare: Spare) -> str | None:
    return _other(text, _each(text, str.lower, spare))


def title(text: str, draw: random.Random, spare: Spare) -> str | None:
    return _other(text, _each(text, str.capitalize, spare))


def _each(text: str, case: Callable[[str], str], spare: Spare) -> str:
    return _WORD.sub(
        lambda match: match[0] if match[0].casefold() in spare.keep else case(match[0]), text
    )


# --- spaces and marks -----------------------------------------------------------------------------


def join_words(text: str, draw: random.Random, spare: Spare) -> str | None:
    """Spaces between words are lost, as on a telephone."""
    gaps = [m for m in _GAP.finditer(text) if not _beside(text, m.start()) & spare.keep]
    for match in reversed(_hit(gaps, draw, spare)):
        text = text[: match.start()] + text[match.end() :]
    return text if gaps else None


def split(text: str, draw: random.Random, spare: Spare) -> str | None:
    """A space inside words of four letters and more."""
    words = [m for m in _LONG.finditer(text) if m[0].casefold() not in spare.keep]
    for match in reversed(_hit(words, draw, spare)):
        at = draw.randrange(match.start() + 1, match.end())
        text = f"{text[:at]} {text[at:]}"
    return text if words else None


def drop_punctuation(text: str, draw: random.Random, spare: Spare) -> str | None:
    """Without punctuation, but for marks inside numbers."""
    return _other(text, add_typos(text, 1.0, ("punctuation",), draw, spare.keep))


def repeat_punctuation(text: str, draw: random.Random, spare: Spare) -> str | None:
    """The marks at the ends of sentences stand three times, or three dots stand in their place."""
    marks = draw.choice(("!!!", "...", "?!?"))
    return _other(text, _END.sub(marks, text) if _END.search(text) else text.rstrip() + marks)


def spread(text: str, draw: random.Random, spare: Spare) -> str | None:
    """Two or three spaces in place of one, a tab at the beginning, an empty line at the end."""
    return _other(text, "\t" + _GAP.sub(lambda match: " " * draw.choice((1, 2, 3)), text) + "\n\n")


def _hit(places: list[re.Match[str]], draw: random.Random, spare: Spare) -> list[re.Match[str]]:
    """About `rate` of the places, at least one."""
    hit = [place for place in places if draw.random() < spare.rate]
    return hit or ([draw.choice(places)] if places else [])


def _beside(text: str, at: int) -> set[str]:
    before, after = re.search(r"[^\W_]+$", text[:at]), _WORD.match(text[at + 1 :])
    return {word[0].casefold() for word in (before, after) if word}


def _other(text: str, new: str) -> str | None:
    return new if new != text else None
