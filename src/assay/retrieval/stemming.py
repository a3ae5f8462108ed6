"""Text -> the stems of its words, which is what words are compared by.

Source   Porter (1980), doi.org/10.1108/eb046814, as snowballstem.org keeps it for English and other
         languages
"""

from __future__ import annotations

from assay.core.store import digest
from assay.core.words import WORD, words_in

# Words that stand in nearly every question and in no answer's neighbourhood in particular.
COMMON = frozenset(
    """a an and are as at be by can do does for from have how i in is it its me my of on or our that
    the their there they this to us was we what when where which who whom whose why will with you
    your""".split()
)


class Stems:
    """Text -> its words in lower case, without endings and without the commonest ones of English.

    Each word is stemmed once, however often it occurs.
    """

    def __init__(self, language: str = "english"):
        """Args:
        language: a language of snowballstem.org, or "none" to leave words as they are.
        """
        import snowballstemmer

        self._language = language
        self._stem = None if language == "none" else snowballstemmer.stemmer(language).stemWord
        self._common = COMMON if language == "english" else frozenset()
        self._known: dict[str, str] = {}

    @property
    def version(self) -> str:
        """Names what stems are made by: those of another version are not to be compared with
        these."""
        from importlib.metadata import version

        return f"{self._language} {version('snowballstemmer')} {digest(WORD.pattern)[:8]}"

    def __call__(self, text: str) -> list[str]:
        return [stem for word in words_in(text.casefold()) if (stem := self.of(word))]

    def of(self, word: str) -> str:
        """The stem of a word in lower case; "" for one of the commonest."""
        if word in self._common:
            return ""
        if self._stem is None or len(word) > 64:  # what is longer is no word, and endings cost time
            return word
        if word not in self._known:
            self._known[word] = self._stem(word)
        return self._known[word]
