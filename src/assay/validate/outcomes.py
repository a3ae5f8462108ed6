"""What running the answers of a code task came to, one outcome an answer.

Once       an outcome stays with its answer (`Answer.ran`). `flow` and the workers fill it in from what the project
           keeps (`assay.executed`); an answer that has none yet is run here
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from assay.nouns import Record, Task
from assay.validate.sandbox import python, sql
from assay.validate.sandbox.cage import Cage, find_cage
from assay.validate.sandbox.python import Outcome

NO_CODE = Outcome("not parsed", -1, "there is no code in the answer")


def outcomes(records: Sequence[Record], task: Task) -> list[Outcome]:
    """Of each record's answer, in order.

    Raises:
        ResourceError: as `find_cage`, where something has to be run.
    """
    known = {at: Outcome(*record.answer.ran) for at, record in enumerate(records) if record.answer.ran}
    left = [at for at in range(len(records)) if at not in known]
    if left:
        known |= dict(zip(left, ran([records[at] for at in left], task), strict=True))
    return [known[at] for at in range(len(records))]


def with_outcomes(records: Sequence[Record], found: Sequence[Outcome]) -> list[Record]:
    """The records with their outcomes."""
    return [
        replace(record, answer=replace(record.answer, ran=(one.kind, one.at, one.text)))
        for record, one in zip(records, found, strict=True)
    ]


def ran(records: Sequence[Record], task: Task, cage: Cage | None = None) -> Iterator[Outcome]:
    """Run the answers, as many at a time as there are processors; in order, each as soon as it is there."""
    from concurrent.futures import ThreadPoolExecutor

    if all(record.answer.text is None for record in records):
        yield from (NO_CODE for _ in records)
        return
    cage = cage or find_cage()
    with ThreadPoolExecutor(python.processors()) as pool:
        yield from pool.map(lambda job: job(), [_job(cage, record, task) for record in records])


def _job(cage: Cage, record: Record, task: Task) -> Callable[[], Outcome]:
    text = record.answer.text
    if text is None:
        return lambda: NO_CODE
    if task.language == "sql":
        database = sql.database_of(task.database, record.checks.database if record.checks else "")
        return lambda: sql.run(cage, sql.Query(text, record.target, database))
    program = program_of(record)
    return lambda: python.run(cage, program)


def program_of(record: Record) -> python.Program:
    """Raises: ValueError: the record has no tests."""
    if record.checks is None or not record.checks.tests:
        raise ValueError(f"row {record.question.id} has no tests to run its program with")
    return python.Program(record.answer.text or "", record.checks.tests, record.checks.setup, record.target)
