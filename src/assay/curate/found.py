"""Which documents hold the answer, as people note it, brought to the ids that the documents have here."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from assay.nouns import Document, Example


def noted(
    splits: Mapping[str, Sequence[Example]], documents: Sequence[Document]
) -> tuple[dict[str, tuple[Example, ...]], list[dict[str, Any]]]:
    """The rows with `found_in` as ids of `documents`, and a warning where a name is that of none, or of several.

    A person may write the id itself, the end of its path (`hours.md` for `handbook/hours.md`), or that without its
    ending. A name that leads nowhere is left out, since nothing that is retrieved could ever match it.
    """
    known: dict[str, set[str]] = {}
    for document in documents:
        for name in _names(document.id):
            known.setdefault(name, set()).add(document.id)
    lost: list[tuple[str, str]] = []

    def resolved(example: Example) -> Example:
        if not example.found_in:
            return example
        ids = [name if name in known.get(name, ()) else _only(known.get(name)) for name in example.found_in]
        lost.extend((name, example.source) for name, id in zip(example.found_in, ids, strict=True) if id is None)
        return replace(example, found_in=tuple(dict.fromkeys(id for id in ids if id is not None)))

    out = {split: tuple(resolved(example) for example in rows) for split, rows in splits.items()}
    if not lost:
        return out, []
    name, place = lost[0]
    text = f"{len(lost):,} names in `found_in` are of no document, or of several; first: '{name}' in {place}"
    return out, [{"code": "D066", "count": len(lost), "text": text}]


def _names(id: str) -> set[str]:
    path = PurePosixPath(id)
    ends = ["/".join(path.parts[i:]) for i in range(len(path.parts))]
    return {id, *ends, *(end.removesuffix(path.suffix) for end in ends)}


def _only(ids: set[str] | None) -> str | None:
    return next(iter(ids)) if ids and len(ids) == 1 else None
