"""Repair encoding damage, Unicode form and white space. Also runs on every question that a fitted
arm is asked.

Source      ftfy (Speer 2019, doi.org/10.5281/zenodo.2591652) for mojibake and HTML entities;
            Unicode NFC
What stays  curly quotes, full-width letters, line breaks and indentation: they may carry meaning;
            `plain` changes the first two. A joiner inside an emoji, a flag or a word of a script
            that needs it stays too. A program or a query that is a target: spaces in its strings
            are part of it
Invisible   zero-width characters, controls of the writing direction, tag letters and soft hyphens:
            no reader sees them, and they hide text from filters (Boucher et al. 2022, Bad
            Characters, arxiv.org/abs/2106.09898)
Watch out   `lower` also lowers targets, since a model that never sees capitals should not be asked
            for them
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

from assay.core.types import Changed, Dropped, Example, Means, RowStep
from assay.data.html_markup import plain

# Runs of spaces inside a line, and what stands before a line break; the indentation of a line is
# left alone.
_RUNS = re.compile(r"(?<=\S)[^\S\n]{2,}(?=\S)|(?<=\S)[^\S\n ](?=\S)")
_LINE_END = re.compile(r"[^\S\n]+(?=\n)")
_EMPTY_LINES = re.compile(r"\n{3,}")
# Joiners (U+200C, U+200D) are letters to emoji and to scripts from Arabic on, and nothing to Latin,
# Greek and Cyrillic.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\u206a-\u206f\ufeff]"
    "|(?<![\u0600-\U0010ffff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\U0010ffff])"
    "|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+"
)
# ftfy has work to do only where one of these stands: a byte above ASCII, an HTML entity, a control
# character, a CR.
_SUSPECT = re.compile(r"[^\n\t -~]|&[#a-zA-Z]")
MOST_ROUNDS = 8  # two are usual


class Repair(RowStep):
    kind: Literal["repair"] = "repair"
    libraries: ClassVar[tuple[str, ...]] = ("ftfy",)
    VERSION: ClassVar[int] = 2
    always: ClassVar[bool] = True
    # Undo mojibake, HTML entities and control characters. On: real text never gains from them.
    encoding: bool = True
    # Collapse runs of spaces, cut spaces at line ends and more than one empty line. On: tokenizers
    # pay for each.
    spaces: bool = True
    # Remove characters that no reader sees. On: two texts that look the same should be the same.
    invisible: bool = True
    # `strip` HTML tags, with script and style, to the text that is seen. Keep: a tag can be what
    # the row is about.
    markup: Literal["keep", "strip"] = "keep"
    # The Unicode form: NFKC also unites letters that only look different (full width, ligatures,
    # superscripts).
    form: Literal["NFC", "NFKC"] = "NFC"
    # Straight quotes, no ligatures, letters of normal width. Off: they may carry meaning.
    plain: bool = False
    # Lower-case everything. Off: capitals carry information for a language model.
    lower: bool = False

    def one(self, example: Example, means: Means) -> Example | Changed | Dropped:
        if not self.lower and all(map(self._clean, _texts(example))):
            return example
        reasons: dict[str, None] = {}

        def fix(text: str) -> str:
            return self.fix(text, reasons)

        repaired = replace(
            example,
            messages=tuple(
                replace(message, content=fix(message.content)) for message in example.messages
            ),
            target=None
            if example.target is None
            else example.target
            if example.checks
            else fix(example.target),
            also=tuple(map(fix, example.also)),
            rejected=None if example.rejected is None else fix(example.rejected),
            context=tuple(
                replace(document, text=fix(document.text)) for document in example.context
            ),
        )
        return Changed(repaired, ", ".join(reasons)) if reasons else example

    def fix(self, text: str, reasons: dict[str, None] | None = None) -> str:
        """The repaired text; adds the name of each repair made to `reasons`."""
        reasons = {} if reasons is None else reasons
        if self.markup == "strip" and (bare := plain(text)) != text:
            # Once only: a tag that was written as text (`&lt;b&gt;`) is text.
            reasons["markup"] = None
            text = bare
        # One repair can uncover another (a control character inside mojibake), so go on until
        # nothing changes.
        for _ in range(MOST_ROUNDS):
            before = text
            for name, repair in (
                ("encoding", _encoding if self.encoding else _same),
                ("letters", _plain if self.plain else _same),
                ("invisible characters", _strip_invisible if self.invisible else _same),
                ("Unicode form", self._form),
                ("white space", _spaces if self.spaces else _same),
                ("lower case", str.lower if self.lower else _same),
            ):
                repaired = repair(text)
                if repaired != text:
                    reasons[name] = None
                text = repaired
            if text == before:
                break
        return text

    def _clean(self, text: str) -> bool:
        """Nothing to repair, told without a pattern: most texts are one line of ASCII with single
        spaces."""
        if not (text.isascii() and text.isprintable()) or "&" in text or "  " in text:
            return False
        return " " not in (text[:1], text[-1:]) and (self.markup == "keep" or "<" not in text)

    def _form(self, text: str) -> str:
        return text if text.isascii() else unicodedata.normalize(self.form, text)


def _texts(example: Example) -> Iterator[str]:
    yield from (message.content for message in example.messages)
    yield from example.also
    yield from (document.text for document in example.context)
    yield from (
        text
        for text in (None if example.checks else example.target, example.rejected)
        if text is not None
    )


def _same(text: str) -> str:
    return text


def _encoding(text: str) -> str:
    if not _SUSPECT.search(text):
        return text
    from ftfy import TextFixerConfig, fix_text

    settings = TextFixerConfig(
        uncurl_quotes=False,
        fix_character_width=False,
        fix_latin_ligatures=False,
        normalization=None,
        explain=False,
    )
    return fix_text(text, settings)


def _plain(text: str) -> str:
    from ftfy.fixes import fix_character_width, fix_latin_ligatures, uncurl_quotes

    return text if text.isascii() else uncurl_quotes(fix_latin_ligatures(fix_character_width(text)))


def _strip_invisible(text: str) -> str:
    return text if text.isascii() else _INVISIBLE.sub("", text)


def _spaces(text: str) -> str:
    text = _EMPTY_LINES.sub("\n\n", _LINE_END.sub("", _RUNS.sub(" ", text)))
    return text.strip("\n").rstrip() if "\n" in text else text.strip()
