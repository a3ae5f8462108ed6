"""English words without their endings: Porter's stemmer, in NLTK's variant, which ROUGE and METEOR
are made with.

How          steps 1a to 5b of the paper; a step takes the first ending that fits, and changes it
             where what stands before it is long enough. `measure` is how often a vowel is followed
             by a consonant
Differs      from the paper as NLTK does: irregular words, endings of four-letter words (dies,
             died), y after a consonant, -alli, -bli, -fulli, -logi; snowballstemmer's "porter" has
             only some of these, and so gives other scores
Source       Porter (1980), An algorithm for suffix stripping, doi.org/10.1108/eb046814;
             nltk.org/api/nltk.stem.porter.html
"""

from functools import lru_cache

IRREGULAR = {
    "skies": "sky",
    "dying": "die",
    "lying": "lie",
    "tying": "tie",
    "innings": "inning",
    "outings": "outing",
}
IRREGULAR |= {"cannings": "canning"}
IRREGULAR |= {
    word: word
    for word in (
        "sky",
        "news",
        "inning",
        "outing",
        "canning",
        "howe",
        "proceed",
        "exceed",
        "succeed",
    )
}
VOWELS = "aeiou"
SECOND = (
    *(
        ("ational", "ate"),
        ("tional", "tion"),
        ("enci", "ence"),
        ("anci", "ance"),
        ("izer", "ize"),
        ("bli", "ble"),
    ),
    *(
        ("alli", "al"),
        ("entli", "ent"),
        ("eli", "e"),
        ("ousli", "ous"),
        ("ization", "ize"),
        ("ation", "ate"),
    ),
    *(
        ("ator", "ate"),
        ("alism", "al"),
        ("iveness", "ive"),
        ("fulness", "ful"),
        ("ousness", "ous"),
        ("aliti", "al"),
    ),
    *(("iviti", "ive"), ("biliti", "ble"), ("fulli", "ful"), ("logi", "log")),
)
THIRD = (
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
)
FOURTH = (
    *(
        "al",
        "ance",
        "ence",
        "er",
        "ic",
        "able",
        "ible",
        "ant",
        "ement",
        "ment",
        "ent",
        "ion",
        "ou",
        "ism",
        "ate",
    ),
    *("iti", "ous", "ive", "ize"),
)


def consonants(word: str) -> list[bool]:
    """Which letters are consonants; a y is one unless it follows one."""
    flags: list[bool] = []
    for letter in word:
        flags.append(not (flags and flags[-1]) if letter == "y" else letter not in VOWELS)
    return flags


def measure(word: str) -> int:
    """How often a vowel is followed by a consonant."""
    flags = consonants(word)
    return sum(not a and b for a, b in zip(flags, flags[1:], strict=False))


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The stem of a word in lower case; words of one or two letters stay as they are."""
    if word in IRREGULAR or len(word) <= 2:
        return IRREGULAR.get(word, word)
    word = _past(_plural(word))
    if len(word) > 2 and word.endswith("y") and consonants(word)[-2]:
        word = word[:-1] + "i"
    word = _second(word)
    word = _replace_ending(word, THIRD)
    for ending in FOURTH:
        if word.endswith(ending):
            rest = word[: -len(ending)]
            if measure(rest) > 1 and (ending != "ion" or rest[-1] in "st"):
                word = rest
            break
    return _last(word)


def _plural(word: str) -> str:
    if word.endswith("ies"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("sses"):
        return word[:-2]
    return word if word.endswith("ss") or not word.endswith("s") else word[:-1]


def _past(word: str) -> str:
    if word.endswith("ied"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("eed"):
        return word[:-1] if measure(word[:-3]) else word
    for ending in ("ed", "ing"):
        rest = word.removesuffix(ending)
        if rest != word and not all(consonants(rest)):
            break
    else:
        return word
    if rest.endswith(("at", "bl", "iz")):
        return rest + "e"
    if len(rest) > 1 and rest[-1] == rest[-2] and consonants(rest)[-1]:
        return rest if rest[-1] in "lsz" else rest[:-1]
    return rest + "e" if measure(rest) == 1 and _short(rest) else rest


def _short(word: str) -> bool:
    """Whether it ends consonant, vowel, consonant other than w, x, y; or is a vowel and a
    consonant."""
    flags = consonants(word)
    return (flags[-3:] == [True, False, True] and word[-1] not in "wxy") or flags == [False, True]


def _replace_ending(word: str, endings: tuple[tuple[str, str], ...]) -> str:
    for ending, instead in endings:
        if word.endswith(ending):
            rest = word[: -len(ending)]
            # The l of -logi belongs to the stem, so that geologi and archaeologi end alike.
            return rest + instead if measure(word[:-3] if ending == "logi" else rest) else word
    return word


def _second(word: str) -> str:
    while word.endswith("alli") and measure(word[:-4]):
        word = word[:-2]
    return _replace_ending(word, SECOND)


def _last(word: str) -> str:
    if word.endswith("e"):
        size = measure(word[:-1])
        if size > 1 or (size == 1 and not _short(word[:-1])):
            word = word[:-1]
    return word[:-1] if word.endswith("ll") and measure(word[:-1]) > 1 else word
