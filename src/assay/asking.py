"""A fitted arm of a project, asked from Python or over a file: `load(folder, arm).answer([...])`, `answer_file`."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay import store
from assay.errors import DataError, Problem, UsageError, did_you_mean
from assay.nouns import Answer, Changed, Dropped, Example, Means, Message, RowStep, Tell
from assay.veiled import Veil, key_of, steps_of

if TYPE_CHECKING:
    from assay.bench import Bench
    from assay.config import Project
    from assay.prepared import Prepared


def silent(event: dict) -> None:
    """The `tell` of a caller that does not watch."""


def bench_of(folder: Path, arm: str, offline: bool, tell: Tell) -> tuple[Bench, Any]:
    """The bench of a project that has run, and the arm's strategy.

    Raises:
        UsageError: C083 there is no such arm; C062 it was not fitted yet.
    """
    from assay.bench import Bench
    from assay.config import load as load_project
    from assay.flow import models
    from assay.prepared import prepare

    project = load_project(folder / "project.yaml")
    arms = project.arms
    if arm not in arms:
        raise UsageError(
            Problem("C083", f"there is no arm '{arm}'{did_you_mean(arm, arms)}", str(folder), help=", ".join(arms))
        )
    prepared = prepare(project, silent, offline=offline, new_key=False)
    bench = Bench(project, prepared, models(project, [arms[arm]], offline, tell), tell)
    if bench.fit_stage(arms[arm]).done() is None:
        raise UsageError(
            Problem("C062", f"'{arm}' is not fitted yet", str(folder), help=f"assay run {folder} --only {arm}")
        )
    return bench, arms[arm]


class Loaded:
    """A fitted arm in this process. Models are loaded once, on the first question."""

    def __init__(self, bench: Bench, strategy: Any):
        from assay.model.environment import threads
        from assay.model.machine import steady
        from assay.worker import Job

        steady(bench.project.seed, threads())
        stage = bench.fit_stage(strategy)
        request = bench.request(strategy)
        store.write_json(stage.folder / "request.json", request)
        job = Job(stage.folder)
        self.project = bench.project
        self.adapted = strategy.restore(stage.folder / "arm", job.lesson(rows=False))

    def answer(self, questions: Sequence[str | Example], tell: Tell | None = None) -> list[Answer]:
        """One answer a question, in order. Questions get the same repairs as the training rows did.

        Args:
            questions: texts, or examples as the readers make them.
        """
        rows = [
            q if isinstance(q, Example) else Example(str(i), (Message("user", q),)) for i, q in enumerate(questions)
        ]
        return self.adapted.answer([repaired(self.project, row) for row in rows], tell)


def repaired(project: Project, example: Example) -> Example:
    """The example after the steps that every question goes through."""
    means = Means(seed=project.seed, key=key_of(project))
    for step in steps_of(project, "classify"):  # a question has no target to rewrite
        if isinstance(step, RowStep) and step.always:
            result = step.one(example, means)
            if isinstance(result, Changed):
                example = result.example
            elif not isinstance(result, Dropped):
                example = result
    return example


def load(folder: str | Path, arm: str, *, offline: bool = False) -> Loaded:
    """A fitted arm of the project in `folder`, ready to answer.

    Raises:
        UsageError: there is no such project or arm, or it was not fitted yet.
    """
    return Loaded(*bench_of(Path(folder), arm, offline, silent))


def answer_file(
    folder: Path, arm: str, file: Path, out: Path, *, offline: bool = False, tell: Tell = silent
) -> dict[str, Any]:
    """Answer every row of `file` with a fitted arm, in a process of its own; a killed run goes on where it was.

    Args:
        file: any input shape that assay reads; the project's columns are used where the file has them.
        out: `.csv` gives a table, anything else JSON lines: id, question, answer, confidence.

    Returns:
        {"rows", "unparseable", "out"}.
    """
    bench, strategy = bench_of(folder, arm, offline, tell)
    with Veil(bench.project, key_of(bench.project)):
        questions = read_questions(bench.prepared, bench.project, file)
    digest = store.digest([q.to_json() for q in questions])[:16]
    stage = bench.stage(strategy, digest)
    if stage.done() is None:
        tell({"event": "stage", "name": arm, "state": "start"})
        bench.run(arm, strategy, questions, digest)
    from assay.bench import answers_in

    answers = answers_in(bench, strategy, digest)
    rows = [
        {"id": q.id, "question": q.text, "answer": a.text, "confidence": a.confidence}
        for q, a in zip(questions, answers, strict=True)
    ]
    if out.suffix == ".csv":
        store.write_text(out, table(rows))
    else:
        store.write_lines(out, rows)
    tell({"event": "stage", "name": arm, "state": "done"})
    return {"rows": len(rows), "unparseable": sum(a.text is None for a in answers), "out": str(out)}


def read_questions(prepared: Prepared, project: Project, file: Path) -> list[Example]:
    """The rows of a file as questions. The project's columns are used where the file has them; a file that has none of
    them is read as any new file is."""
    from assay.curate.reading.load import load as load_rows
    from assay.curate.reading.read import read
    from assay.curate.steps.dialogues import Dialogues

    names = set(read(file.absolute(), head=1, base=Path.cwd()).names)
    asked = ("text", "question", "input", "system", "messages", "context", "id")
    columns = {r: c for r, c in prepared.note["columns"].items() if r in asked and c.partition(".")[0] in names}
    loaded = load_rows(
        {"data": [file.absolute()]},
        columns=columns,
        kind=prepared.task.kind,
        slices=(),
        group="",
        base=Path.cwd(),
        target=False,
        mend_turns=any(isinstance(step, Dialogues) for step in project.curate),
    )
    if not loaded.train:
        raise DataError(Problem("D005", "there are no questions in it", str(file)))
    return [repaired(project, example).question for example in loaded.train]


def table(rows: Sequence[dict[str, Any]]) -> str:
    """CSV that a spreadsheet opens without running a cell: one that begins like a formula gets a quote before it."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else ["id"])
    writer.writeheader()
    for row in rows:
        writer.writerow({k: f"'{v}" if isinstance(v, str) and v[:1] in "=+-@\t\r" and v else v for k, v in row.items()})
    return out.getvalue()
