"""Answers that name their passages as [1], and answers that say that the documents do not know.

Source   Gao et al. (2023), Enabling Large Language Models to Generate Text with Citations,
         aclanthology.org/2023.emnlp-main.398
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assay.core.types import Answer, Example, Message
from assay.core.words import words_in
from assay.retrieval.gold_passages import gold

MARK = re.compile(r"\s*\[\s*(\d{1,3}(?:\s*,\s*\d{1,3})*)\s*\]")
CITE = "After the answer, name the passages that it stands in by their numbers, as [1]."
UNKNOWN = "If the passages do not say it, answer: {}"


def add_instructions(example: Example, *, cite: bool, unknown: str) -> Example:
    """The example with what the answer must look like as further lines of the instruction."""
    lines = ([CITE] if cite else []) + ([UNKNOWN.format(unknown)] if unknown else [])
    if not lines:
        return example
    return replace(
        example, messages=(*(Message("system", line) for line in lines), *example.messages)
    )


def cite_gold(example: Example) -> Example:
    """A row whose target names those of its passages that hold it; one that none of them holds
    stays as it is."""
    if example.target is None:
        return example
    marks = "".join(f"[{place + 1}]" for place in gold(example, example.context))
    return replace(example, target=f"{example.target} {marks}".strip()) if marks else example


def read(answer: Answer, passages: Sequence[str]) -> Answer:
    """The answer without its marks, and with the ids of the passages that they name, each once. A
    number that no passage has names none. Marks below the first line of what was written count too.

    Args:
        passages: ids, [1] first.
    """
    if answer.text is None:
        return answer
    numbers = [int(n) for mark in MARK.findall(answer.raw or answer.text) for n in mark.split(",")]
    named = dict.fromkeys(passages[n - 1] for n in numbers if 1 <= n <= len(passages))
    return replace(answer, text=MARK.sub("", answer.text).strip() or None, cited=tuple(named))


def says_unknown(text: str | None, unknown: str) -> bool:
    """Is the text the one that says so? Case, punctuation and white space are passed over."""
    return bool(unknown) and _fold_words(text or "") == _fold_words(unknown)


def _fold_words(text: str) -> str:
    return " ".join(words_in(text.casefold()))
