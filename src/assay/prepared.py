"""The data stage: from the project's files to audited splits on disk, and back.

`prepare` runs in the parent process and loads no model; one that a step asks for runs in a process of its own
(`lent`). Its key covers the bytes of every file and every setting that
curation reads; the hashes in it name the content of each part, so that an edit retrains only what read it.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay import store
from assay.curate.overlap import SHARES_WORDS
from assay.curate.reading.read import split_head
from assay.curate.scale.kept import forgotten
from assay.nouns import Document, Example, Means, Task, Tell
from assay.sets import bring

if TYPE_CHECKING:
    from assay.config import Project
    from assay.lent import Lender

VERSION = 2  # raise it when the same files and settings are prepared differently
SPLITS = ("train", "val", "test")
Files = dict[str, list[Path]]  # split -> files and folders on this machine
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


def prepare(project: Project, tell: Tell, *, offline: bool = False) -> Prepared:
    """Read, curate, split, audit and augment, or take the result of an earlier run. Data sets of the hub are fetched
    first.

    Args:
        offline: fetch neither data sets nor the model that a step asks for.

    Raises:
        DataError, LeakError, UsageError: as `curate.load` and `curate.run`. ModelError, ResourceError: as
            `lent.models`.
    """
    from assay import lent

    files = bring(project.files, offline=offline, tell=tell)
    models = lent.models(project, offline, tell)
    stage = store.Stage(project.work, "curate", _key(project, files, models))
    note = stage.done()
    if note is not None:
        tell({"event": "stage", "name": "curate", "state": "cached"})
        return Prepared(stage.folder, note, True)
    tell({"event": "stage", "name": "curate", "state": "start"})
    with forgotten(stage.open()), lent.Lender(models, project.work, tell) as lender:
        note = _write(project, files, stage.folder, tell, lender)
    stage.finish(note)
    rows = note["rows"]
    text = f"{rows['train']:,} train, {rows['val']:,} val, {rows['test']:,} test rows; {rows['dropped']:,} dropped"
    tell({"event": "stage", "name": "curate", "state": "done", "note": text})
    return Prepared(stage.folder, note, False)


def _key(project: Project, files: Files, models: dict[str, dict[str, Any]]) -> str:
    from assay.model.environment import numeric_environment

    inputs = [(split, path.name, bytes_of(path)) for split, paths in files.items() for path in paths]
    documents = [(path.name, bytes_of(path)) for path in project.document_paths]
    split = [bytes_of(path) for path in (project.manifest_path, *project.probe_paths) if path]
    settings = {
        "aim": project.aim.model_dump(mode="json", exclude={"instruction", "metric", "max_answer_tokens"}),
        "data": project.data.model_dump(mode="json", exclude={"processes", "ray"}),  # the result is the same
        "curate": [{"kind": s.kind, "version": s.VERSION, **s.changed()} for s in project.curate],
        "split": project.split.model_dump(mode="json"),
        "seed": project.seed,
    }
    if project.augment:
        settings["augment"] = [{"kind": a.kind, "version": a.VERSION, **a.changed()} for a in project.augment]
    if models:
        settings["models"] = {need: model["digest"] for need, model in models.items()}
        settings["numeric"] = numeric_environment()
    return store.digest([VERSION, inputs, documents, settings, *split])[:20]


def bytes_of(path: Path) -> Any:
    """What a path holds, as hashes: of the file, or of every file below the folder. A file that is not there has none;
    reading it will say so."""
    file, head = split_head(path)
    if file.is_dir():
        return [[str(p.relative_to(file)), store.file_digest(p)] for p in sorted(file.rglob("*")) if p.is_file()]
    return [store.file_digest(file) if file.is_file() and os.access(file, os.R_OK) else "", head]


def _write(project: Project, files: Files, folder: Path, tell: Tell, lender: Lender) -> dict[str, Any]:
    from assay import curate
    from assay.curate.manifest import written
    from assay.curate.overlap import given_away, read_probes
    from assay.curate.reading.documents import read_corpus
    from assay.curate.reading.load import load
    from assay.curate.scale.spread import Scale

    aim = project.aim
    loaded = load(
        files,
        columns=project.data.columns,
        encoding=project.data.encoding or None,
        kind=aim.kind if "kind" in aim.model_fields_set else None,
        slices=aim.slices if "slices" in aim.model_fields_set else None,
        group=(project.split.group or "") if "group" in project.split.model_fields_set else None,
        labels=aim.labels,
        base=project.folder,
        time=project.split.time,
        mend_turns=any(isinstance(step, curate.Dialogues) for step in project.curate),
    )
    everything = [*loaded.train, *loaded.val, *loaded.test]
    came, left_out = _given(project, loaded, everything)
    corpus = read_corpus(project.document_paths, project.folder) if project.documents else None
    documents = corpus.documents if corpus else []
    curated = curate.run(
        came["train"],
        came["val"],
        came["test"],
        official=bool(came["val"] or came["test"]),
        left_out=left_out,
        probes=read_probes(project.probe_paths, project.folder),
        steps=project.curate,
        split=project.split.model_copy(update={"official": project.split.official or bool(project.split.manifest)}),
        task_kind=loaded.kind,
        seed=project.seed,
        means=lender.means(Means(seed=project.seed, tell=tell, documents=documents)),
        tell=tell,
        scale=Scale(processes=project.data.processes, ray=project.data.ray, folder=folder),
        augment=project.augment,
    )
    splits = {"train": curated.train, "val": curated.val, "test": curated.test}
    for split, examples in splits.items():
        store.write_lines(folder / f"{split}.jsonl", (example.to_json() for example in examples))
    store.write_lines(folder / "documents.jsonl", ([d.id, d.text, d.source, d.date] for d in documents))
    store.write_lines(folder / "ledger.jsonl", curated.ledger)
    labels = loaded.labels if loaded.kind == "classify" else ()
    given = {name: given_away(rows, labels) for name, rows in splits.items()}
    checked = {"probes": curated.probed.to_json(), "given_away": given}
    store.write_json(folder / "audit.json", curated.audit.to_json() | checked)
    store.write_text(folder / "splits.csv", written(everything, splits))
    if leaked := _leaked(came, curated.ledger):
        store.write_lines(folder / "leaked.jsonl", (example.to_json() for example in leaked))
    dropped = len({row["id"] for row in curated.ledger if row["action"] == "dropped"})
    read = len(everything)
    done = Counter(row["action"] for row in curated.ledger)
    made = {"made": done["made"], "thrown away": done["thrown away"]} if project.augment else {}
    counts = {name: len(rows) for name, rows in splits.items()} | {k: n for k, n in made.items() if k == "made"}
    return {
        "task": aim.model_copy(
            update={"kind": loaded.kind, "labels": loaded.labels, "slices": loaded.slices}
        ).model_dump(mode="json"),
        "hashes": {name: content_hash(rows) for name, rows in splits.items()}
        | {"documents": store.digest([[d.id, d.text] for d in documents])},
        "rows": {"read": read, "kept": read - dropped, "dropped": dropped, **counts},
        "made": made,
        "models": lender.used,
        "documents": len(documents),
        "audit": _audit_counts(curated),
        "steps": curated.counts["steps"],
        "flow": curated.counts["flow"],
        "ledger": _ledger_by_reason(curated.ledger, everything, curated.made),
        "labels": {k: dict(sorted(Counter(e.target or "" for e in v).items())) for k, v in splits.items()}
        if loaded.kind == "classify"
        else {},
        "lengths": sorted(len(e.text) for e in curated.train),
        "shape": loaded.shape,
        "columns": loaded.columns,
        "group": loaded.group,
        "guessed": loaded.guessed,
        "notes": loaded.notes,
        "warnings": _warnings(loaded.warnings, curated.warnings, corpus.warnings if corpus else []),
    }


def _leaked(came: dict[str, list[Example]], ledger: Sequence[dict[str, Any]]) -> list[Example]:
    """Training rows that the audit took out because they also stood in given val or test files, as they were read."""
    if not (came["val"] or came["test"]):
        return []
    gone = {
        row["id"]
        for row in ledger
        if row["step"] == "audit" and row["action"] == "dropped" and not row["reason"].startswith(SHARES_WORDS)
    }
    return [example for example in came["train"] if example.id in gone]


def _given(
    project: Project, loaded: Any, everything: Sequence[Example]
) -> tuple[dict[str, list[Example]], list[Example]]:
    """The rows by the split they come with: that of their file, or that of the manifest, which may leave rows out."""
    from assay.curate.manifest import divided, read_manifest

    path = project.manifest_path
    if path is None:
        return {"train": loaded.train, "val": loaded.val, "test": loaded.test}, []
    return divided(everything, read_manifest(path, project.folder), path, project.folder)


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


def _ledger_by_reason(
    ledger: Sequence[dict[str, Any]], examples: Iterable[Example], made: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Rows by step, action and reason with their first examples: what the report shows of the ledger."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in ledger:
        # Reasons that name a row or a number differ by row; the part before the colon is what they have in common.
        group = (row["step"], row["action"], row["reason"].partition(":")[0])
        counts[group] += 1
        if counts[group] <= SHOWN:
            groups.setdefault(group, []).append(row)
    shown = {row["id"] for rows in groups.values() for row in rows}
    texts = {**made, **{example.id: example.text for example in examples if example.id in shown}}
    return [
        {
            "step": step,
            "action": action,
            "reason": reason,
            "count": counts[step, action, reason],
            "examples": [
                {"id": r["id"], "file": r["file"], "line": r["line"], "text": texts.get(r["id"], "")[:300]}
                for r in rows
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
    content = hashlib.sha256()
    for row in rows:
        content.update((store.to_json(row) + "\n").encode())
    return content.hexdigest()


def read_examples(path: Path) -> tuple[Example, ...]:
    return tuple(Example.from_json(row) for row in store.read_lines(path))
