"""The passages that belong to a question, in the forms that data sets have them.

What it is for   a text, a list of texts or of {title, text}, or an object of such lists, as one
                 tuple of documents
"""

from collections.abc import Mapping
from typing import Any

from assay.core.types import Document
from assay.tasks.columns import Row, as_text, value_at


def context_of(row: Row, name: str | None, id: str, source: str) -> tuple[Document, ...]:
    value = value_at(row, name) if name else None
    if isinstance(value, Mapping):
        value = next(
            (value[key] for key in ("contexts", "text", "passages", "sentences") if key in value),
            None,
        )
    passages = value if isinstance(value, list) else [value]
    texts = [_passage(passage) for passage in passages]
    return tuple(
        Document(f"{id}.c{index}", text, source)
        for index, text in enumerate(texts, 1)
        if text.strip()
    )


def _passage(value: Any) -> str:
    if isinstance(value, Mapping):
        body = next(
            (
                value[key]
                for key in ("text", "content", "passage", "body", "contents")
                if key in value
            ),
            None,
        )
        parts = [
            as_text(part)
            for part in (value.get("title"), body)
            if not isinstance(part, list | Mapping)
        ]
        return "\n".join(part for part in parts if part)
    if isinstance(value, list):
        return " ".join(_passage(part) for part in value)
    return as_text(value)
