"""The same data with other rows, documents or labels, in a folder of its own: what an arm is fitted
on once more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from assay.core import store
from assay.core.types import Document, Example
from assay.runtime.arms.runner import Bench
from assay.runtime.data_stage.split_files import (
    read_unwanted,
    write_folds,
    write_rates,
    write_unwanted,
)
from assay.runtime.data_stage.summary import (
    content_hash,
    documents_hash,
    fields_hash,
    train_hash,
)

VERSION = 1


def bench_with_data(
    bench: Bench,
    why: str,
    *,
    train: Sequence[Example] | None = None,
    val: Sequence[Example] | None = None,
    documents: Sequence[Document] | None = None,
    labels: Sequence[str] | None = None,
    apart: bool = False,
    folds: bool = True,
) -> Bench:
    """The bench over other data; what is None stays. A cached stage; arms are keyed by what they
    read, so that one whose part stays is not fitted again.

    Args:
        why: names it in the key. Test rows stay, and are no part of what an arm reads.
        apart: the rows are such that no other arm may find them: they lie where the test rows do.
        folds: rows of folds are such here, too; else all of `train` is learnt from.
    """
    prepared = bench.prepared
    splits = {name: rows for name, rows in (("train", train), ("val", val)) if rows is not None}
    hashes = {**prepared.hashes, **{name: content_hash(rows) for name, rows in splits.items()}}
    unwanted = read_unwanted(prepared.folder)
    if train is not None and unwanted:  # of fewer rows so many fewer
        share = len(train) / max(1, len(prepared.examples("train")))
        unwanted = unwanted[: math.ceil(min(1.0, share) * len(unwanted))]
        hashes["train"] = train_hash(train, {}, unwanted)
    if documents is not None:
        hashes["documents"] = documents_hash(documents)
    if "fields" in hashes and splits:
        whole = [splits.get(name, prepared.examples(name)) for name in ("train", "val")]
        hashes["fields"] = fields_hash([row for rows in whole for row in rows])
    task = (
        prepared.note["task"]
        if labels is None
        else {**prepared.note["task"], "labels": list(labels)}
    )
    key = store.digest([VERSION, why, prepared.folder.name, hashes, task["labels"]])[:20]
    stage = store.Stage(
        bench.project.exam if apart else bench.project.work, "curate", key, bench.tell
    )
    note = stage.completion_note()
    if note is None:
        folder = stage.open()
        for name in ("train", "val"):
            rows = splits.get(name, prepared.examples(name))
            store.write_lines(folder / f"{name}.jsonl", (row.to_json() for row in rows))
        pages = prepared.documents() if documents is None else documents
        store.write_lines(folder / "documents.jsonl", (page.to_json() for page in pages))
        write_unwanted(folder, unwanted)
        write_folds(folder, prepared.folds if folds else {})
        if train is None:
            write_rates(folder, prepared.note["base_rates"])
        note = {"hashes": hashes, "task": task}
        stage.finish(note)
    note = {**prepared.note, **note}
    prepared = replace(prepared, folder=stage.folder, note=note, cached=False)
    return replace(bench, prepared=prepared, recorded={})  # what a report has noted is of its rows
