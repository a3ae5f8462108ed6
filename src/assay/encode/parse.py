"""Model text to answer. Strict first; what only the lenient reading understands is still counted as parsed, but an
answer that neither understands is None: it counts as wrong, and the report says how many there were."""

import re
import unicodedata

from assay.nouns import Task


def _folded(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).casefold()).split())


def strict(task: Task, text: str) -> str | None:
    """The answer when `text` is exactly one: a label as it is written, or any one non-empty line."""
    text = text.strip()
    if task.kind == "classify":
        return text if text in task.labels else None
    if task.form is not None:  # what a form is good for, all of the text says
        return text or None
    return text if text and "\n" not in text else None


def lenient(task: Task, text: str) -> str | None:
    """The answer when `text` holds one: the only label that it names, or its first non-empty line."""
    exact = strict(task, text)
    if exact is not None or task.form is not None:
        return exact
    if task.kind != "classify":
        return next((line.strip() for line in text.splitlines() if line.strip()), None)
    folded = f" {_folded(text)} "
    # A label without a letter or digit folds to nothing, which stands in every text: it only counts as it is written.
    named = [label for label in task.labels if _folded(label) and f" {_folded(label)} " in folded]
    # `card lost` also names `card`: a label inside another named label does not count.
    longest = [a for a in named if not any(a != b and f" {_folded(a)} " in f" {_folded(b)} " for b in named)]
    return longest[0] if len(longest) == 1 else None
