"""Numbers about one text that the rules for web pages are made of. Shares lie in [0, 1]; an empty
text has share 0.

Source   Rae et al. (2021), Scaling Language Models: Methods, Analysis & Insights from Training
         Gopher, appendix A, arxiv.org/abs/2112.11446; Raffel et al. (2020), T5 and C4,
         arxiv.org/abs/1910.10683; Penedo et al. (2024), FineWeb, arxiv.org/abs/2406.17557
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

# Gopher asks for two of these; a text in another language has none, see `Rules.stop_words`.
STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
_HASH_OR_ELLIPSIS = re.compile(r"#|\.\.\.|…")
_BULLET = re.compile(r"\s*(?:[-*•●▪–·◦]\s|[•●▪◦])")
_ENDS = re.compile(r"[.!?…。！？؟।][\"'”’»)\]]*\s*\Z|[\"”]\s*\Z")
_SENTENCE_END = re.compile(r"[.!?…](?=[\"'”’)\]]*(?:\s|\Z))|[。！？]")
_LOREM = re.compile(r"lorem\s+ipsum|dolor\s+sit\s+amet|consectetur\s+adipi", re.IGNORECASE)
SHORT_LINE = 30  # characters, FineWeb


def word_length(words: Sequence[str]) -> float:
    """Characters of a word on average."""
    return sum(map(len, words)) / len(words) if words else 0.0


def symbols_per_word(text: str, words: Sequence[str]) -> float:
    """Hash signs and ellipses, over words."""
    return len(_HASH_OR_ELLIPSIS.findall(text)) / len(words) if words else 0.0


def bullet_lines(lines: Sequence[str]) -> float:
    """Lines that begin with a bullet, over lines; one line is no list."""
    return _share(bool(_BULLET.match(line)) for line in lines) if len(lines) > 1 else 0.0


def ellipsis_lines(lines: Sequence[str]) -> float:
    return _share(line.rstrip().endswith(("...", "…")) for line in lines)


def alphabetic_words(words: Sequence[str]) -> float:
    """Words with at least one letter, over words."""
    return _share(any(map(str.isalpha, word)) for word in words)


def stop_words(words: Iterable[str], listed: Iterable[str]) -> int:
    """How many different words of the list stand in the text."""
    return len({word.strip(".,;:!?\"'()").lower() for word in words} & set(listed))


def terminal_lines(lines: Sequence[str]) -> float:
    """Lines that end as a sentence does, over lines."""
    return _share(bool(_ENDS.search(line)) for line in lines)


def short_lines(lines: Sequence[str]) -> float:
    return _share(len(line.strip()) < SHORT_LINE for line in lines)


def sentences(text: str) -> int:
    return len(_SENTENCE_END.findall(text))


def lorem_ipsum(text: str) -> bool:
    return bool(_LOREM.search(text))


def symbols(text: str) -> float:
    """Characters that are no letters, marks, digits or emoji, over all but spaces. Marks are parts
    of letters in some scripts, Devanagari for one."""
    return _share(
        not c.isalnum() and c < "\U0001f000" and unicodedata.category(c)[0] != "M"
        for c in text
        if not c.isspace()
    )


# --- repetition -----------------------------------------------------------------------------------


def duplicate_fractions(parts: Sequence[str]) -> tuple[float, float]:
    """Lines or paragraphs that stand earlier in the text: their share of all, and their share of
    the characters."""
    seen: set[str] = set()
    again = []
    for part in parts:
        if part in seen:
            again.append(part)
        seen.add(part)
    letters = sum(map(len, parts))
    return (len(again) / len(parts), sum(map(len, again)) / letters) if letters else (0.0, 0.0)


def top_gram(words: Sequence[str], n: int) -> float:
    """The share of the letters that the most frequent sequence of n words covers, if it stands
    twice or more."""
    counts = Counter(zip(*(words[i:] for i in range(n)), strict=False))
    if not counts:
        return 0.0
    gram, count = max(counts.items(), key=lambda item: (item[1] * sum(map(len, item[0])), item[0]))
    return min(1.0, count * sum(map(len, gram)) / sum(map(len, words))) if count > 1 else 0.0


def duplicate_ngrams(words: Sequence[str], n: int) -> float:
    """The share of the letters that lies in sequences of n words that stand earlier in the text."""
    seen: set[tuple[str, ...]] = set()
    inside = [False] * len(words)
    for at, gram in enumerate(zip(*(words[i:] for i in range(n)), strict=False)):
        if gram in seen:
            inside[at : at + n] = [True] * n
        seen.add(gram)
    letters = sum(map(len, words))
    return (
        sum(len(word) for word, yes in zip(words, inside, strict=True) if yes) / letters
        if letters
        else 0.0
    )


def consecutive_repeats(words: Sequence[str], *, most: int = 4, times: int = 4) -> float:
    """The share of the words that lies in a sequence of at most `most` words said `times` times or
    more in a row."""
    inside = [False] * len(words)
    for n in range(1, most + 1):
        run = 0  # words that equal the word n before them, without a gap
        for at in range(n, len(words) + 1):
            if at < len(words) and words[at] == words[at - n]:
                run += 1
                continue
            if run >= n * (times - 1):
                inside[at - run - n : at] = [True] * (run + n)
            run = 0
    return _share(inside)


def longest_run(text: str) -> float:
    """The longest run of one letter or digit, over all characters but spaces."""
    longest = max((len(found[0]) for found in re.finditer(r"([^\W_])\1+", text)), default=0)
    return longest / max(1, sum(not c.isspace() for c in text))


def _share(hits: Iterable[bool]) -> float:
    found = list(hits)
    return sum(found) / len(found) if found else 0.0
