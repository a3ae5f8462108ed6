"""What the words of a text are, in scripts that part them with blanks and in those that do not.

Words    runs of letters and digits. Of Thai, Lao, Burmese, Khmer, Chinese and Japanese each
         character is one: no dictionary has to know the words, and scores of texts in them are
         counted so elsewhere too (MLQA, Lewis et al. 2020, aclanthology.org/2020.acl-main.653;
         sacrebleu's tokenizer `zh`)
Used by  what searches, cuts, counts, tags and scores texts
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
SIGNS = r"\u3001-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"  # full-width ones
LETTER = rf"[^\W{UNSPACED}]"  # of a script with blanks, or a digit
# Accents of their own, vowel signs of Hindi and its kin, points of Hebrew and Arabic, joiners: to
# Python they are no letters, and would cut words.
MARKS = "\u200c\u200d" + "".join(
    chr(at)
    for at in (*range(0x0300, 0x0370), *range(0x0590, 0x0700), *range(0x0900, 0x0E00))
    if unicodedata.category(chr(at)).startswith("M")
)
RUN = rf"{LETTER}+(?:[{MARKS}]+{LETTER}*)*"  # a word of a script with blanks
WORD = re.compile(rf"[{UNSPACED}]|{RUN}")
TOKEN = re.compile(rf"[{UNSPACED}]|{RUN}|[^\w\s]")  # words, and each other sign
CELL = re.compile(rf"[{UNSPACED}{SIGNS}]|[^\s{UNSPACED}{SIGNS}]+")  # all that is not white space
FULL_STOP = r"[\u3002\uff01\uff1f\uff61]"  # ends a sentence with no blank behind it
STOP = r"[.!?\u0964\u061f\u06d4]"  # with one: of Hindi, Arabic and Urdu too
_PLAIN = re.compile(r"\w+")  # the same as WORD where all is ASCII, and faster
_UNSPACED = re.compile(f"[{UNSPACED}]")
_JOINT = re.compile(f"[{UNSPACED}{SIGNS}]")


def words_in(text: str) -> list[str]:
    """The words, without other signs."""
    return (_PLAIN if text.isascii() else WORD).findall(text)


def cut_words(text: str) -> list[str]:
    """The text at its blanks, and between the characters of a script without them."""
    return text.split() if text.isascii() else CELL.findall(text)


def count_words(text: str) -> float:
    """Words between blanks; of scripts without them two characters count as one, about the mean
    length of a word in Chinese and Japanese."""
    if text.isascii():
        return len(text.split())
    return len(text.split()) + len(_UNSPACED.findall(text)) / 2


def glue(parts: Iterable[str]) -> str:
    """Parts of a text in one, with a blank between two where their script has blanks."""
    text = ""
    for part in parts:
        bare = not text or _JOINT.match(text[-1]) or _JOINT.match(part)
        text += part if bare else f" {part}"
    return text


def join_words(words: Sequence[str], cut: bool | None = None) -> str:
    """A text of its words. Of one that is cut into characters, as Chinese often is, numbers and
    Latin letters are put together too.

    Args:
        cut: whether it is; looked at when None.
    """
    return "".join(words) if (is_cut(words) if cut is None else cut) else glue(words)


def is_cut(words: Sequence[str]) -> bool:
    """Whether the words of a script without blanks are single characters."""
    return all(len(word) <= 1 for word in words) and any(map(_UNSPACED.match, words))
