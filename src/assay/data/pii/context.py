"""Words near a number that say what it is."""

import re


class ContextWords:
    """Any of the words, at word boundaries, in any case; `before` and `after` look a bounded way
    around a place."""

    def __init__(self, *words: str, before: int = 45, after: int = 0):
        joined = "|".join(sorted(words, key=len, reverse=True))
        self._pattern = re.compile(rf"(?<![^\W\d_])(?:{joined})(?![^\W\d_])", re.IGNORECASE)
        self._before, self._after = before, after

    def near(self, text: str, start: int, end: int) -> bool:
        if self._pattern.search(text, max(0, start - self._before), start):
            return True
        return bool(self._after and self._pattern.search(text, end, end + self._after))
