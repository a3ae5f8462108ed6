"""The data stage: from the project's files to audited splits on disk, and back.

`prepare` runs in the parent process and loads no model. Its key covers the bytes of every file and every setting that
curation reads; the hashes in it name the content of each part, so that an edit retrains only what read it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay import store
from assay.curate.annotate.apply import steps
from assay.curate.reading.read import split_head
from assay.labelled import labelled, merged
from assay.nouns import Document, Example, Means, Task, Tell

if TYPE_CHECKING:
    from assay.config import Project

VERSION = 1  # raise it when the same files and settings are prepared differently
SPLITS = ("train", "val", "test")
SHOWN = 5  # ledger rows shown for each reason


@dataclass(frozen=True)
class Prepared:
    """What the data stage left in `folder`."""

    folder: Path
    note: dict[str, Any]  # see `_write`
    cached: bool

    @property
    def task(self) -> Task:
        return Task.model_validate(self.note["task"])

    @property
    def hashes(self) -> dict[str, str]:
        """Part of the lesson -> hash of its content."""
        return self.note["hashes"]

    def examples(self, split: str) -> tuple[Example, ...]:
        return read_examples(self.folder / f"{split}.jsonl")

    def documents(self) -> tuple[Document, ...]:
        return tuple(Document(*row) for row in store.read_lines(self.folder / "documents.jsonl"))


def prepare(project: Project, tell: Tell) -> Prepared:
    """Read, curate, split and audit, or take the result of an earlier run.

    Raises:
        DataError, LeakError, UsageError: as `curate.load` and `curate.run`.
    """
    stage = store.Stage(project.work, "curate", _key(project))
    note = stage.done()
    if note is not None:
        tell({"event": "stage", "name": "curate", "state": "cached"})
        return Prepared(stage.folder, note, True)
    tell({"event": "stage", "name": "curate", "state": "start"})
    note = _write(project, stage.open(), tell)
    stage.finish(note)
    rows = note["rows"]
    text = f"{rows['train']:,} train, {rows['val']:,} val, {rows['test']:,} test rows; {rows['dropped']:,} dropped"
    tell({"event": "stage", "name": "curate", "state": "done", "note": text})
    return Prepared(stage.folder, note, False)


def _key(project: Project) -> str:
    inputs = [(split, path.name, bytes_of(path)) for split, paths in project.files.items() for path in paths]
    if project.annotations is not None:
        inputs.append(("annotations", project.annotations.name, bytes_of(project.annotations)))
    documents = [(path.name, bytes_of(path)) for path in project.document_paths]
    settings = {
        "aim": project.aim.model_dump(mode="json", exclude={"instruction", "metric", "max_answer_tokens"}),
        "data": project.data.model_dump(mode="json"),
        "curate": [{"kind": s.kind, "version": s.VERSION, **s.changed()} for s in project.curate],
        "split": project.split.model_dump(mode="json"),
        "seed": project.seed,
    }
    return store.digest([VERSION, inputs, documents, settings])[:20]


def bytes_of(path: Path) -> Any:
    """What a path holds, as hashes: of the file, or of every file below the folder. A file that is not there has none;
    reading it will say so."""
    file, head = split_head(path)
    if file.is_dir():
        return [[str(p.relative_to(file)), store.file_digest(p)] for p in sorted(file.rglob("*")) if p.is_file()]
    return [store.file_digest(file) if file.is_file() and os.access(file, os.R_OK) else "", head]


def _write(project: Project, folder: Path, tell: Tell) -> dict[str, Any]:
    from assay import curate
    from assay.curate.reading.documents import read_corpus

    aim = project.aim
    loaded, came, annotated = labelled(project)
    curated = curate.run(
        loaded.train,
        loaded.val,
        loaded.test,
        official=bool(loaded.val or loaded.test),
        steps=project.curate,
        split=project.split,
        task_kind=loaded.kind,
        seed=project.seed,
        means=Means(seed=project.seed),
        tell=tell,
    )
    corpus = read_corpus(project.document_paths, project.folder) if project.documents else None
    documents = corpus.documents if corpus else []
    splits = {"train": curated.train, "val": curated.val, "test": curated.test}
    for split, examples in splits.items():
        store.write_lines(folder / f"{split}.jsonl", (example.to_json() for example in examples))
    store.write_lines(folder / "documents.jsonl", ([d.id, d.text, d.source, d.date] for d in documents))
    ledger = merged(annotated.ledger, curated.ledger, came)
    store.write_lines(folder / "ledger.jsonl", ledger)
    store.write_json(folder / "audit.json", curated.audit.to_json())
    dropped = len({row["id"] for row in ledger if row["action"] == "dropped"})
    read = len(came)
    texts = {e.id: e.text for e in came}
    return {
        "task": aim.model_copy(
            update={"kind": loaded.kind, "labels": loaded.labels, "slices": loaded.slices}
        ).model_dump(mode="json"),
        "hashes": {name: content_hash(rows) for name, rows in splits.items()}
        | {"documents": store.digest([[d.id, d.text] for d in documents])},
        "rows": {"read": read, "kept": read - dropped, "dropped": dropped, **{k: len(v) for k, v in splits.items()}},
        "documents": len(documents),
        "audit": _audit_counts(curated),
        "steps": [*steps(annotated.ledger), *curated.counts["steps"]],
        "ledger": _ledger_by_reason(ledger, texts),
        "labels": {k: dict(sorted(Counter(e.target or "" for e in v).items())) for k, v in splits.items()}
        if loaded.kind == "classify"
        else {},
        "lengths": sorted(len(e.text) for e in curated.train),
        "shape": loaded.shape,
        "columns": loaded.columns,
        "group": loaded.group,
        "guessed": loaded.guessed,
        "notes": loaded.notes,
        "warnings": _warnings(loaded.warnings, annotated.warnings, curated.warnings, corpus.warnings if corpus else []),
    }


def _warnings(*lists: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """All warnings; of two with one code the last: what curation counts is after repair."""
    return list({w["code"]: w for warnings in lists for w in warnings}.values())


def _audit_counts(curated: Any) -> dict[str, int]:
    """Test rows that also stand in train, by kind of likeness, over the files as they came."""
    audit = curated.audit
    counts = audit.counts
    gone = sum(1 for row in curated.ledger if row["step"] == "audit" and row["action"] in ("dropped", "moved"))
    return {
        **{kind: counts.get(kind, {}).get("test~train", 0) for kind in ("exact", "near", "group")},
        "conflicting_labels": audit.conflicting_labels,
        "repaired": gone,
    }


def _ledger_by_reason(ledger: Sequence[dict[str, Any]], texts: dict[str, str]) -> list[dict[str, Any]]:
    """Rows by step, action and reason with their first examples: what the report shows of the ledger."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in ledger:
        # Reasons that name a row or a number differ by row; the part before the colon is what they have in common.
        groups.setdefault((row["step"], row["action"], row["reason"].partition(":")[0]), []).append(row)
    return [
        {
            "step": step,
            "action": action,
            "reason": reason,
            "count": len(rows),
            "examples": [
                {"id": r["id"], "file": r["file"], "line": r["line"], "text": texts.get(r["id"], "")[:300]}
                for r in rows[:SHOWN]
            ],
        }
        for (step, action, reason), rows in groups.items()
    ]


def content_hash(examples: Iterable[Example]) -> str:
    """What a strategy can learn from the rows, whatever file and line they came from."""
    rows = (
        [
            [[m.role, m.content] for m in e.messages],
            e.target,
            e.also,
            e.rejected,
            [d.text for d in e.context],
            e.group if e.group else "",
        ]
        for e in examples
    )
    return store.digest("".join(store.to_json(row) + "\n" for row in rows).encode())


def read_examples(path: Path) -> tuple[Example, ...]:
    return tuple(Example.from_json(row) for row in store.read_lines(path))
