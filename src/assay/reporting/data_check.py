"""What the prepared data looks like, for `assay check` and for the report: one rendered example,
lengths, leaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assay.audits.registry import sentences
from assay.core import store
from assay.core.types import Example, Task
from assay.data.folds import split_words
from assay.models.tokenizer.length_estimate import CHARACTERS_A_TOKEN, quantiles
from assay.presentation.number_format import one_line as cut
from assay.reporting.leak_sentences import answer_leak_sentences, paraphrase_sentence
from assay.runtime.data_stage.prepare import Prepared
from assay.runtime.data_stage.redaction import redact_file_names
from assay.tasks.prompt_format import ask

if TYPE_CHECKING:
    from pathlib import Path

    from assay.config import Project
    from assay.data.split import Split
    from assay.decision.finished_arm import Extra
    from assay.evaluation.held_out_test import Exam
    from assay.runtime.arms.runner import Bench

BINS = 20
SHOWN = 3  # leaks that `assay check` shows with their texts


def render_example(task: Task, example: Example) -> dict[str, Any]:
    """One training example as it is learnt from: parts of the conversation and whether they are
    learnt.

    Without a tokenizer the parts are the turns; what is learnt is the answer and the end of the
    turn.
    """
    parts = [{"text": f"{m.role}: {m.content}\n", "learnt": False} for m in ask(task, example)]
    parts += [
        {"text": "assistant: ", "learnt": False},
        {"text": example.target or "", "learnt": True},
    ]
    letters = [len(part["text"]) for part in parts]
    tokens = max(1, round(sum(letters) / CHARACTERS_A_TOKEN))
    return {
        "parts": parts,
        "learnt": max(1, round(letters[-1] / CHARACTERS_A_TOKEN)) + 1,
        "tokens": tokens + 1,
    }


@dataclass(frozen=True, repr=False)
class Checked:
    """What `assay check` found."""

    project: Project
    prepared: Prepared
    doubts: dict[str, dict[str, Any]] = field(default_factory=dict)  # see `audits.asked`

    @property
    def audit(self) -> dict[str, Any]:
        """Every pair, conflict, probe and answer that was found, as audit.json has it."""
        return store.read_json(self.prepared.private_folder / "audit.json")

    def card(self, path: Path) -> Path:
        """Write the data card, Markdown; returns the path."""
        from assay.reporting.data_card import data_card

        store.write_text(path, data_card(self.project, self.prepared))
        return path

    def to_json(self) -> dict[str, Any]:
        note = self.prepared.note
        kept = (
            "task",
            "rows",
            "audit",
            "steps",
            "made",
            "models",
            "shape",
            "columns",
            "unused",
            "group",
            "guessed",
            "notes",
            "warnings",
        )
        return {
            **{key: note[key] for key in kept},
            "lengths": quantiles(note["lengths"]),
            "arms": list(self.project.arms),
            "given_away": self.audit["given_away"],
            "example": render_example(self.prepared.task, self._example()),
            **self.doubts,
        }

    def save_split(self, path: Path) -> Path:
        """Write which row went where, for `split.manifest`; returns the path."""
        store.write_text(
            path, (self.prepared.private_folder / "splits.csv").read_text(encoding="utf-8")
        )
        return path

    def _example(self) -> Example:
        rows = self.prepared.examples("train")
        return sorted(rows, key=lambda e: (len(e.text), e.id))[len(rows) // 2]

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        note, task = self.prepared.note, self.prepared.task
        rows, audit = note["rows"], note["audit"]
        labels = f", {len(task.labels)} labels" if task.labels else ""
        columns = ", ".join(f"{role} = {field}" for role, field in note["columns"].items())
        lines = [
            f"{self.project.name or self.project.folder.name}: {task.kind}{labels}; shape"
            f" {note['shape']} ({columns})",
            *(f"  guessed: {sentence}" for sentence in note["guessed"]),
            *(f"  unused: {name} ({why})" for name, why in note["unused"].items()),
            *(f"  note: {sentence}" for sentence in note["notes"]),
            f"rows     {rows['read']:,} read, {rows['dropped']:,} dropped; {split_words(rows)}",
            *(
                f"  {step['rows']:>6,} {step['action']} by {step['step']}: {step['reason']}"
                for step in merge_steps(note["steps"])
            ),
            f"leaks    {audit['exact']}"
            f" exact, {audit['near']} near, {audit['contained']} contained,"
            f" {audit['group']} by group between test and train; {audit['repaired']} rows repaired",
            paraphrase_line(audit),
            *("  " + line for line in leak_lines(self.audit, self.project.split.leaks)),
            *("doubt    " + line for line in sentences(self.doubts)),
            "balance  " + balance_line(note["labels"]["train"]) if note["labels"] else "",
            "lengths  " + length_line(note["lengths"]),
        ]
        if note["made"]:
            made = note["made"]
            lines.append(
                f"made     {made['made']:,} training rows; {made['thrown away']:,} thrown away"
            )
        lines += [
            f"model    {m['name']} for {', '.join(m['for'])}: {m['items']:,} texts,"
            f" {m['seconds']:,.1f} s" + (f" ({m['note']})" if m["note"] else "")
            for m in note["models"].values()
        ]
        lines = [line for line in lines if line]
        if note["documents"]:
            lines.append(f"documents {note['documents']:,}")
        warnings = (*note["warnings"], *self.prepared.doubt_metric())
        lines += [f"warning  {w['code']} {w['text']}" for w in warnings]
        shown = render_example(task, self._example())
        lines += ["", "One training example; what is learnt stands between »«, the rest is masked:"]
        text = "".join(
            f"»{part['text']}«" if part["learnt"] else str(part["text"]) for part in shown["parts"]
        )
        lines += [f"  | {line}" for line in text.splitlines()]
        lines += [f"  about {shown['learnt']} of {shown['tokens']} tokens are learnt from", ""]
        lines.append("will run " + ", ".join(self.project.arms))
        return lines


def merge_steps(steps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Steps counted by the part of their reason before the colon: what follows it differs by
    row."""
    found: dict[tuple[str, str, str], int] = {}
    for step in steps:
        key = (step["step"], step["action"], step["reason"].partition(":")[0])
        found[key] = found.get(key, 0) + step["rows"]
    return [{"step": s, "action": a, "reason": r, "rows": n} for (s, a, r), n in found.items()]


def leak_lines(audit: dict[str, Any], leaks: Any) -> list[str]:
    """The worst leaks with their texts, texts with two labels, and answers that stand in the
    input."""
    lines = []
    for pair in audit["pairs"][:SHOWN]:
        first, second = pair["left"], pair["right"]
        lines += [
            f"{pair['kind']} {pair['similarity']:.2f}  {second['sources'][0]}:"
            f" {one_line(second['text'])}"
        ]
        lines += [
            f"{'':>{len(pair['kind']) + 5}}  {first['sources'][0]}: {one_line(first['text'])}"
        ]
    lines += [
        f"labels {', '.join(found['labels'][:4])}: {one_line(found['text'])}"
        f" ({found['sources'][0]}, ...)"
        for found in audit["conflicts"][:SHOWN]
    ]
    return lines + answer_leak_sentences({"given_away": audit["given_away"]})


def paraphrase_line(audit: dict[str, Any]) -> str:
    """ "" where nothing was looked for."""
    return "" if audit.get("paraphrase") is None else "  " + paraphrase_sentence(audit)


def one_line(text: str) -> str:
    return cut(text, 70)


def balance_line(labels: dict[str, int]) -> str:
    """How evenly training rows are spread over labels."""
    order = sorted(labels.items(), key=lambda item: (-item[1], item[0]))
    (most, many), (least, few) = order[0], order[-1]
    share = 100 * many / max(1, sum(labels.values()))
    return (
        f"{len(order)} labels in train; most: {most} {many:,} ({share:.1f} %), fewest: {least}"
        f" {few:,}"
    )


def length_line(lengths: Sequence[int]) -> str:
    q = quantiles(lengths)
    return f"{q['median']:,} characters in the middle, {q['p95']:,} at 95 %, {q['max']:,} at most"


def extra_of(bench: Bench, exam: Exam, recommended: str | None) -> Extra:
    """What the page shows beside the numbers of report.json."""
    project, prepared = bench.project, bench.prepared
    note, audit = prepared.note, store.read_json(prepared.private_folder / "audit.json")
    train = prepared.examples("train")
    middle = sorted(train, key=lambda e: (len(e.text), e.id))[len(train) // 2]
    base = bench.models.get(project.model)
    return {
        "ledger": note["ledger"],
        "leaks": [leak(pair, project.split) for pair in audit["pairs"]],
        "labels": note["labels"],
        "given_away": audit["given_away"],
        "lengths": histogram(note["lengths"]),
        "rendered": render_example(prepared.task, middle),
        "base": project.model + (f", {base['note']}" if base and base["note"] else ""),
        "project_yaml": redact_file_names(project, project.to_yaml()),
        "commands": [
            "assay run",
            *([f"assay answer new.jsonl --with {recommended}"] if recommended else []),
        ],
        "hashes": {f"rows of {part}, hash": value[:16] for part, value in prepared.hashes.items()},
    }


def histogram(lengths: Sequence[int]) -> dict[str, Any]:
    """Lengths in equal bins from 0 to the greatest, the edges whole numbers."""
    width = max(1, -(-(max(lengths, default=0) + 1) // BINS))
    counts = Counter(n // width for n in lengths)
    edges = [width * i for i in range(max(counts, default=0) + 2)]
    return {
        "unit": "characters",
        "edges": edges,
        "counts": [counts[i] for i in range(len(edges) - 1)],
        "limit": None,
    }


def leak(pair: dict[str, Any], split: Split) -> dict[str, Any]:
    sides = {
        name: {"split": s["split"], "id": s["ids"][0], "source": s["sources"][0], "text": s["text"]}
        for name, s in (("first", pair["left"]), ("second", pair["right"]))
    }
    decision = "repaired" if split.leaks == "repair" else "accepted"
    if pair["kind"] == "paraphrase" and split.paraphrase == "auto":
        decision = "told"
    return {
        "id": pair["id"],
        "kind": pair["kind"],
        "similarity": pair["similarity"],
        "decision": decision,
        **sides,
    }
