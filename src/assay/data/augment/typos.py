"""Slips of the hand: what people who type fast leave in a text. Used by `noise` and `balance`.

Source      the kinds of slip: Damerau (1964), doi.org/10.1145/363958.363994; neighbours on the
            keyboard as in Belinkov and Bisk (2018), Synthetic and natural noise both break neural
            machine translation, arxiv.org/abs/1711.02173
Left alone  words with a digit (numbers carry the meaning), words under four letters, words that the
            target names
"""

import random
import re
from collections.abc import Callable, Sequence
from typing import Literal, get_args

from assay.core.types import Example
from assay.data.steps.near import targets_repeat

Slip = Literal["keyboard", "swap", "drop", "double", "case", "punctuation"]
SLIPS: tuple[Slip, ...] = get_args(Slip)
# letters of a word that may be mistyped: of three letters, a slip often makes another word
SHORTEST = 4

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_WORD = re.compile(r"[^\W_]+")
_MARKS = re.compile(r"[.,;:!?'’]")


def _neighbours() -> dict[str, str]:
    """Keys beside, above and below; each row of a keyboard is shifted by about a third of a key."""
    found: dict[str, str] = {}
    for at, row in enumerate(_ROWS):
        for column, letter in enumerate(row):
            beside = [
                row[column - 1] if column else "",
                row[column + 1] if column + 1 < len(row) else "",
            ]
            above = _ROWS[at - 1][column : column + 2] if at else ""
            below = _ROWS[at + 1][max(column - 1, 0) : column + 1] if at + 1 < len(_ROWS) else ""
            found[letter] = "".join([*beside, above, below])
    return found


NEIGHBOURS = _neighbours()


def words_to_keep(examples: Sequence[Example]) -> Callable[[Example], frozenset[str]]:
    """example -> words, in lower case, that must stay as they are: those of a target that is
    written freely (an answer, named pieces). The words of labels that repeat may be mistyped."""
    labels = targets_repeat(examples)

    def words(example: Example) -> frozenset[str]:
        targets = () if labels or example.target is None else (example.target, *example.also)
        return frozenset(word.casefold() for target in targets for word in _WORD.findall(target))

    return words


def add_typos(
    text: str, rate: float, kinds: Sequence[Slip], draw: random.Random, keep: frozenset[str]
) -> str:
    """`text` with slips in about `rate` of its words, at least one where there is room for one.
    Punctuation is dropped and case is lost for the whole text, as people do, with the chance `rate`
    that a word has of a slip, or as the one slip of a text."""
    letters: list[Slip] = [kind for kind in kinds if kind not in ("case", "punctuation")]
    whole: list[Slip] = [
        kind
        for kind in kinds
        if kind in ("case", "punctuation") and _over(text, kind, keep) != text
    ]
    words = [m for m in _WORD.finditer(text) if _open(m[0], keep)] if letters else []
    hit = [match for match in words if draw.random() < rate]
    over = [kind for kind in whole if draw.random() < rate]
    if not hit and not over and (words or whole):
        at = draw.randrange(len(whole) + bool(words))
        over = whole[at : at + 1]
        hit = [] if over else [draw.choice(words)]
    for match in reversed(hit):
        text = (
            text[: match.start()]
            + _slip(match[0], draw.choice(letters), draw)
            + text[match.end() :]
        )
    for kind in over:
        text = _over(text, kind, keep)
    return text


def _over(text: str, kind: str, keep: frozenset[str]) -> str:
    """The whole text without its case or its marks."""
    if kind == "case":
        return _WORD.sub(
            lambda match: match[0] if match[0].casefold() in keep else match[0].lower(), text
        )
    return _without_marks(text, keep)


def _open(word: str, keep: frozenset[str]) -> bool:
    return len(word) >= SHORTEST and word.isalpha() and word.casefold() not in keep


def _slip(word: str, kind: Slip, draw: random.Random) -> str:
    at = draw.randrange(len(word))
    if kind == "swap":
        places = [i for i in range(len(word) - 1) if word[i] != word[i + 1]]
        at = draw.choice(places) if places else 0
        return word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :]
    if kind == "drop":
        return word[:at] + word[at + 1 :]
    if kind == "double":
        return word[: at + 1] + word[at:]
    near = NEIGHBOURS.get(word[at].lower(), "")
    letter = draw.choice(near) if near else word[at] * 2
    return word[:at] + (letter.upper() if word[at].isupper() else letter) + word[at + 1 :]


def _without_marks(text: str, keep: frozenset[str]) -> str:
    """Without punctuation, but for marks inside a number and beside a word that must stay."""

    def drop(match: re.Match[str]) -> str:
        before, after = text[: match.start()], text[match.end() :]
        inside = before[-1:].isdigit() and after[:1].isdigit()
        left, right = re.search(r"[^\W_]+$", before), _WORD.match(after)
        beside = any(word and word[0].casefold() in keep for word in (left, right))
        return match[0] if inside or beside else ""

    return _MARKS.sub(drop, text)
