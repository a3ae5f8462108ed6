"""Text as patterns read it: plain digits, letters, dashes and spaces, and for each letter its place
in the original.

What it undoes   full-width and other scripts' digits, Cyrillic and Greek letters that look Latin
                 beside Latin ones, the many dashes and spaces, characters of no width, soft
                 hyphens, and the soft line end of quoted-printable
Cost             one pass; text that is plain already is passed through
"""

import re
import unicodedata
from dataclasses import dataclass

# Letters of other scripts that are drawn as Latin ones: Unicode TR39's confusables, the
# whole-letter part.
_LOOKS = dict(
    zip(
        "АВЕЅІЈКМНОРСТХУаеоорсухіјѕһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρ",
        "ABESIJKMHOPCTXYaeoopcyxijshdqwABEZHIKMNOPTYXovp",
        strict=True,
    )
)
_DASHES = "‐‑‒–—―−﹘﹣－⁃"
_MARKS = {
    **dict.fromkeys(_DASHES, "-"),
    "․": ".",
    "。": ".",
    "·": ".",
    "∕": "/",
    "⁄": "/",
    "’": "'",
    "ʼ": "'",
}
# Of no width, or a line end that mail software put in: nothing of the text itself.
_NOTHING = re.compile("=\r?\n|\u00ad\r?\n?|[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_FOREIGN = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class Folded:
    text: str
    places: tuple[int, ...] | None  # of each character in the original; None: the same place

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where text[start:end] stands in the original."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def fold(text: str) -> Folded:
    if text.isascii() and "=\n" not in text and "=\r\n" not in text:
        return Folded(text, None)
    mixed = _homoglyph_places(text)
    out: list[str] = []
    places: list[int] = []
    skip = {at for match in _NOTHING.finditer(text) for at in range(*match.span())}
    for at, letter in enumerate(text):
        if at not in skip:
            out.append(letter if letter < "\x80" else _plain(letter, at in mixed))
            places.append(at)
    return Folded("".join(out), tuple(places))


def _homoglyph_places(text: str) -> set[int]:
    """Places in words and the tokens around them that have Latin letters or digits beside
    look-alikes."""
    found: set[int] = set()
    if not _FOREIGN.search(text):
        return found
    for token in re.finditer(r"\S+", text):
        word = token[0]
        if any(letter in _LOOKS for letter in word) and re.search(r"[A-Za-z0-9@]", word):
            found.update(range(*token.span()))
    return found


def _plain(letter: str, mixed: bool) -> str:
    """One character for one character, so that places stay."""
    if letter in _MARKS:
        return _MARKS[letter]
    if mixed and letter in _LOOKS:
        return _LOOKS[letter]
    kind = unicodedata.category(letter)
    if kind == "Nd":
        return str(unicodedata.digit(letter))
    if kind == "Zs":
        return " "
    if letter in "\u2028\u2029\x85":
        return "\n"
    if "\uff01" <= letter <= "\uff5e" or "\U0001d400" <= letter <= "\U0001d7ff" or kind == "No":
        wide = unicodedata.normalize("NFKC", letter)
        return wide if len(wide) == 1 else letter
    return letter


# Corpora that were cut into words have spaces around marks: "j . doe @ acme . com", "( 405 ) 552 -
# 4665".
_CUT = re.compile(r" @ | : / / |\) ?\d{3} - \d|\d - \d{3} - \d")
_AROUND = re.compile(r" +(?=[@._:/()~-])|(?<=[@._:/()~-]) +")


def close_gaps(folded: Folded) -> Folded | None:
    """The text without spaces around marks, where it looks as if it had been cut into words; else
    None."""
    if not _CUT.search(folded.text):
        return None
    gone = {at for match in _AROUND.finditer(folded.text) for at in range(*match.span())}
    kept = [at for at in range(len(folded.text)) if at not in gone]
    places = tuple(kept if folded.places is None else (folded.places[at] for at in kept))
    return Folded("".join(folded.text[at] for at in kept), places)
