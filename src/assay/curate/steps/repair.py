"""Repair encoding damage, Unicode form and white space. Also runs on every question that a fitted arm is asked.

Source      ftfy (Speer 2019, doi.org/10.5281/zenodo.2591652) for mojibake and HTML entities; Unicode NFC
What stays  curly quotes, full-width letters, line breaks and indentation: they may carry meaning
Watch out   `lower` also lowers targets, since a model that never sees capitals should not be asked for them
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

from assay.nouns import Changed, Dropped, Example, Means, RowStep

# Runs of spaces inside a line, and what stands before a line break; the indentation of a line is left alone.
_RUNS = re.compile(r"(?<=\S)[^\S\n]{2,}(?=\S)|(?<=\S)[^\S\n ](?=\S)")
_LINE_END = re.compile(r"[^\S\n]+(?=\n)")
_EMPTY_LINES = re.compile(r"\n{3,}")
# ftfy has work to do only where one of these stands: a byte above ASCII, an HTML entity, a control character, a CR.
_SUSPECT = re.compile(r"[^\n\t -~]|&[#a-zA-Z]")
MOST_ROUNDS = 8  # two are usual


class Repair(RowStep):
    kind: Literal["repair"] = "repair"
    always: ClassVar[bool] = True
    # Undo mojibake, HTML entities and control characters. On: real text never gains from them.
    encoding: bool = True
    # Collapse runs of spaces, cut spaces at line ends and more than one empty line. On: tokenizers pay for each.
    spaces: bool = True
    # Lower-case everything. Off: capitals carry information for a language model.
    lower: bool = False

    def one(self, example: Example, means: Means) -> Example | Changed | Dropped:
        if not self.lower and all(map(_plain, _texts(example))):
            return example
        reasons: dict[str, None] = {}

        def fix(text: str) -> str:
            return self.fix(text, reasons)

        repaired = replace(
            example,
            messages=tuple(replace(message, content=fix(message.content)) for message in example.messages),
            target=None if example.target is None else fix(example.target),
            also=tuple(map(fix, example.also)),
            rejected=None if example.rejected is None else fix(example.rejected),
            context=tuple(replace(document, text=fix(document.text)) for document in example.context),
        )
        return Changed(repaired, ", ".join(reasons)) if reasons else example

    def fix(self, text: str, reasons: dict[str, None] | None = None) -> str:
        """The repaired text; adds the name of each repair made to `reasons`."""
        reasons = {} if reasons is None else reasons
        # One repair can uncover another (a control character inside mojibake), so go on until nothing changes.
        for _ in range(MOST_ROUNDS):
            before = text
            for name, repair in (
                ("encoding", _encoding if self.encoding else _same),
                ("Unicode form", _form),
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


def _texts(example: Example) -> Iterator[str]:
    yield from (message.content for message in example.messages)
    yield from example.also
    yield from (document.text for document in example.context)
    yield from (text for text in (example.target, example.rejected) if text is not None)


def _plain(text: str) -> bool:
    """Nothing to repair, told without a pattern: most texts are one line of ASCII with single spaces."""
    edges = text[:1], text[-1:]
    return text.isascii() and text.isprintable() and "&" not in text and "  " not in text and " " not in edges


def _same(text: str) -> str:
    return text


def _encoding(text: str) -> str:
    if not _SUSPECT.search(text):
        return text
    from ftfy import TextFixerConfig, fix_text

    settings = TextFixerConfig(
        uncurl_quotes=False, fix_character_width=False, fix_latin_ligatures=False, normalization=None, explain=False
    )
    return fix_text(text, settings)


def _form(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _spaces(text: str) -> str:
    text = _EMPTY_LINES.sub("\n\n", _LINE_END.sub("", _RUNS.sub(" ", text)))
    return text.strip("\n").rstrip() if "\n" in text else text.strip()
