"""A fitted arm of a project, asked from Python or over a file: `load(folder, arm).answer([...])`, `answer_file`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from assay import store
from assay.differs import hearing, warned
from assay.errors import DataError, Problem, UsageError
from assay.frames import frame_of, is_frame, questions_of, shares, texts_of
from assay.here import with_project
from assay.nouns import (
    Adapted,
    Answer,
    Changed,
    Document,
    Dropped,
    Example,
    Lesson,
    Means,
    Message,
    RowStep,
    Tell,
)
from assay.opening import bench_of, fitted, notes_alone, silent
from assay.veiled import Veil, key_of, steps_of

if TYPE_CHECKING:
    import numpy as np

    from assay.bench import Bench
    from assay.config import Project
    from assay.prepared import Prepared
    from assay.prompt.retrieval.library import Library, Version


class Loaded:
    """A fitted arm in this process. Models are loaded once. `restore`, where given, takes the arm's folder and its
    lesson, and gives the arm in place of the strategy's own: on a network that several arms share."""

    def __init__(self, bench: Bench, strategy: Any, restore: Callable[[Path, Lesson], Adapted] | None = None):
        from assay.model.environment import threads
        from assay.model.machine import steady
        from assay.worker import Job

        steady(bench.project.seed, threads())
        stage = fitted(bench, strategy)
        job = Job(stage.folder, bench.request(strategy), notes_alone(bench.tell))
        self.project = bench.project
        self.task = bench.prepared.task
        self._prepared = bench.prepared
        self.adapted = (restore or strategy.restore)(stage.folder / "arm", job.lesson(rows=False))
        self._library = library_of(bench, strategy, self.adapted)

    @property
    def newest(self) -> Adapted:
        """The arm; of one that reads documents, over their newest version."""
        return self.adapted if self._library is None else self._library.arm()

    @property
    def documents(self) -> Shelf:
        """The documents that the arm reads: `put`, `drop`, `versions`.

        Raises:
            UsageError: C079, the arm reads none.
        """
        if self._library is None:
            text = "this arm reads no documents"
            raise UsageError(Problem("C079", text, str(self.project.folder), help="name an arm of kind rag"))
        return Shelf(self.project, self._library)

    @overload
    def answer(self, questions: str | Example, tell: Tell | None = None, *, at: int | None = None) -> Answer: ...

    @overload
    def answer(
        self, questions: Iterable[str | Example], tell: Tell | None = None, *, at: int | None = None
    ) -> list[Answer]: ...

    def answer(self, questions: Any, tell: Tell | None = None, *, at: int | None = None) -> Any:
        """One answer a question, in order. Questions get the same repairs as the training rows did.

        Args:
            questions: one text, and the answer to it is given; texts, or examples as the readers make them, and a list
                is given; a DataFrame with the columns of the project's rows (or one of texts), and a DataFrame with its
                index is given: answer, confidence, note, and passages where there are some.
            at: the version of the documents to answer from; the newest when None.

        Raises:
            UsageError: C079, the arm reads no documents. DataError: D110, there is no such version of them.
        """
        if at is not None or self._library is not None:
            self.adapted = self.documents.library.arm(at)
        if isinstance(questions, str | Example):
            return self.answer([questions], tell, at=at)[0]
        if is_frame(questions):
            rows, numbers = questions_of(questions, self._prepared, self.project)
            return frame_of(questions, numbers, self.adapted.answer(rows, tell))
        rows = [
            q if isinstance(q, Example) else Example(str(i), (Message("user", q),)) for i, q in enumerate(questions)
        ]
        return self.adapted.answer([repaired(self.project, row) for row in rows], tell)

    def predict(self, questions: Any) -> list[str | None]:
        """The text of each answer; None where none could be read."""
        return [one.text for one in self.answer(texts_of(questions))]

    def predict_proba(self, questions: Any) -> np.ndarray:
        """The share of each label of the task, shape (questions, labels), in the order of `task.labels`.

        Raises:
            UsageError: C211, the arm does not say how likely each label is.
        """
        return shares(self.answer(texts_of(questions)), self.task.labels)

    def stream(self, question: str | Example) -> Iterator[str]:
        """The answer piece by piece, as it is written; an arm that chooses among labels gives it in one piece."""
        from assay.talking import streamed

        row = question if isinstance(question, Example) else Example("0", (Message("user", question),))
        yield from streamed(self, row)


class Shelf:
    """The documents of a loaded arm, as files or texts; see `prompt.retrieval.library`."""

    def __init__(self, project: Project, library: Library):
        self.library = library
        self._project = project

    def put(self, documents: Sequence[str | Path | Document]) -> int:
        """Add documents, or replace those with the same id; the new version.

        Args:
            documents: files or folders, as `documents:` takes them, or documents. A file's id is its path from the
                project's folder.

        Raises:
            DataError: as `read_documents`; D107, D108. A file whose documents lack the fields of `where` is refused
                (D111); a Document in Python brings its own `fields`.
        """
        from assay.curate.reading.documents import read_documents

        paths = [Path(one).absolute() for one in documents if not isinstance(one, Document)]
        found = [one for one in documents if isinstance(one, Document)]
        fields = tuple(self.library.arm().settings.where)
        found += read_documents(paths, self._project.folder, fields) if paths else []
        with Veil(self._project, key_of(self._project)) as veil:
            return self.library.put(veil.documents(found))

    def drop(self, ids: Sequence[str]) -> int:
        """Take documents out by their ids; the new version.

        Raises:
            DataError: D109, there is no such document.
        """
        return self.library.drop(ids)

    def versions(self) -> list[Version]:
        """What was done when, oldest first; version 0 is what the arm was fitted on."""
        return self.library.versions()

    def ids(self, at: int | None = None) -> list[str]:
        """The ids of a version's documents, of the newest when None."""
        return self.library.ids(at)


def library_of(bench: Bench, strategy: Any, adapted: Any) -> Library | None:
    """The documents of an arm, with their changes; None for an arm that reads none."""
    from assay.prompt.rag import RagAnswers
    from assay.prompt.retrieval.library import Library

    if not isinstance(adapted, RagAnswers):
        return None
    return Library(adapted, log_of(bench, strategy))


def log_of(bench: Bench, strategy: Any) -> Path:
    """Where the changes of an arm's documents stand: beside the report, for they cannot be made again."""
    from assay.config.names import arm_name

    return bench.project.place("updates") / f"{arm_name(strategy)}-{fitted(bench, strategy).key[:8]}.jsonl"


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


def load(folder: str | Path, arm: str = "", *, offline: bool = False, tell: Tell | None = None) -> Loaded:
    """A fitted arm of the project, by its folder or file, ready to answer; the recommended one without a name.

    Args:
        tell: gets what differs from when the arm was measured (C170); None: it is a `Differs` warning.

    Raises:
        UsageError: there is no such project or arm, or it was not fitted yet.
    """
    return Loaded(*bench_of(Path(folder), arm or _recommended(Path(folder)), offline, tell or warned(silent)))


def _recommended(target: Path) -> str:
    from assay.config import load as load_project
    from assay.config.start import begin
    from assay.talking import recommended

    return recommended(load_project(begin(with_project(target))))


def answer_file(
    folder: Path, arm: str, file: Path, out: Path, *, offline: bool = False, tell: Tell = silent
) -> dict[str, Any]:
    """Answer every row of `file` with a fitted arm; a killed run goes on where it was. See `pieces`.

    Args:
        arm: the recommended one when "".
        file: any input shape that assay reads; the project's columns are used where the file has them.
        out: `.csv` gives a table, anything else JSON lines: id, question, answer, confidence, note (abstained, cut,
            refused, unreadable, or nothing), and passages where the arm reads documents. In the order of the file.

    Returns:
        {"rows", "unparseable", "again", "out", "differs"}; again: questions that were asked once more because a kill
        came before their answers were kept; differs: what is not as it was measured (C170), "" where nothing is.
    """
    from assay.flow import interruptible
    from assay.pieces import answered, rows_of

    heard: list[str] = []
    tell = hearing(tell, heard)
    arm = arm or _recommended(folder)
    with interruptible():
        bench, strategy = bench_of(folder, arm, offline, tell)
        with Veil(bench.project, key_of(bench.project)):
            questions = read_questions(bench.prepared, bench.project, file)
        tell({"event": "stage", "name": arm, "state": "start"})
        answers, again = answered(bench, arm, strategy, questions, file, out, tell)
        rows = rows_of(questions, answers, flat=out.suffix == ".csv")
        if out.suffix == ".csv":
            store.write_text(out, table(rows))
        else:
            store.write_lines(out, rows)
        tell({"event": "stage", "name": arm, "state": "done"})
    unread = sum(a.text is None for a in answers)
    return {"rows": len(rows), "unparseable": unread, "again": again, "out": str(out), "differs": " ".join(heard)}


def read_questions(prepared: Prepared, project: Project, file: Path) -> list[Example]:
    """The rows of a file as questions. The project's columns are used where the file has them; a file that has none of
    them is read as any new file is."""
    from assay.curate.reading.load import load as load_rows
    from assay.curate.reading.read import read
    from assay.curate.reading.shapes import fields_of
    from assay.curate.steps.dialogues import Dialogues
    from assay.prompt.retrieval.among import row_fields

    names = set(read(file.absolute(), head=1, base=Path.cwd()).names)
    asked = ("text", "question", "text_pair", "input", "system", "messages", "context", "choices", "candidates")
    asked += ("tests", "id")
    known = {r: c for r, c in prepared.note["columns"].items() if r in asked}
    columns = {r: c for r, c in known.items() if names.issuperset(f.partition(".")[0] for f in fields_of(r, c))}
    loaded = load_rows(
        {"data": [file.absolute()]},
        columns=columns,
        kind=prepared.task.kind,
        language=prepared.task.language,
        show_tests=prepared.task.show_tests,
        slices=tuple(name for name in row_fields(project.compare) if name.partition(".")[0] in names),
        group="",
        base=Path.cwd(),
        target=False,
        separator=prepared.task.separator,
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
        writer.writerow({k: f"'{v}" if isinstance(v, str) and _computed(v) else v for k, v in row.items()})
    return out.getvalue()


def _computed(cell: str) -> bool:
    """Whether a spreadsheet would run it: white space before the sign, and signs of full width, do not save it."""
    return cell[:1] in ("\t", "\r") or cell.lstrip()[:1] in tuple("=+-@＝＋－＠")
