"""What running the answers of a code task came to, one outcome an answer.

Once       an outcome stays with its answer (`Answer.ran`). `flow` and the workers fill it in from
           what the project keeps (`assay.runtime.execution`); an answer that has none yet is run
           here
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from assay.core.types import Answer, Record, Task
from assay.evaluation.sandbox import python, sql
from assay.evaluation.sandbox.cage import Cage, find_cage
from assay.evaluation.sandbox.python import ExecutionOutcome

NO_CODE = ExecutionOutcome("not parsed", -1, "there is no code in the answer")


def outcomes(records: Sequence[Record], task: Task) -> list[ExecutionOutcome]:
    """Of each record's answer, in order.

    Raises:
        ResourceError: as `find_cage`, where something has to be run.
    """
    known = {
        at: ExecutionOutcome(*record.answer.ran)
        for at, record in enumerate(records)
        if record.answer.ran
    }
    left = [at for at in range(len(records)) if at not in known]
    if left:
        known |= dict(zip(left, ran([records[at] for at in left], task), strict=True))
    return [known[at] for at in range(len(records))]


def count_passes(records: Sequence[Record], task: Task) -> list[tuple[int, int]]:
    """(programs, those that pass) of each record's drawn programs; of its answer where none were
    drawn.

    Raises:
        ResourceError: as `outcomes`.
    """
    if any(len(r.answer.sampled) < len(r.answer.samples) for r in records):
        records = with_outcomes(records, list(ran(spread(records), task)))
    rest = iter(outcomes([record for record in records if not record.answer.samples], task))
    counts = []
    for record in records:
        kinds = record.answer.sampled if record.answer.samples else (next(rest).kind,)
        counts.append((len(kinds), sum(kind == "passed" for kind in kinds)))
    return counts


def spread(records: Sequence[Record]) -> list[Record]:
    """Each record, followed by one for each of its drawn answers."""
    every = []
    for record in records:
        every.append(record)
        every += [replace(record, answer=Answer(text)) for text in record.answer.samples]
    return every


def with_outcomes(records: Sequence[Record], found: Sequence[ExecutionOutcome]) -> list[Record]:
    """The records with their outcomes; `found` has those of `spread(records)`."""
    rest, made = iter(found), []
    for record in records:
        one = next(rest)
        sampled = tuple(next(rest).kind for _ in record.answer.samples)
        answer = replace(record.answer, ran=(one.kind, one.at, one.text), sampled=sampled)
        made.append(replace(record, answer=answer))
    return made


def ran(
    records: Sequence[Record], task: Task, cage: Cage | None = None
) -> Iterator[ExecutionOutcome]:
    """Run the answers, as many at a time as there are processors; in order, each as soon as it is
    there."""
    from concurrent.futures import ThreadPoolExecutor

    if all(record.answer.text is None for record in records):
        yield from (NO_CODE for _ in records)
        return
    cage = cage or find_cage()
    pool = ThreadPoolExecutor(python.processors())
    try:
        yield from pool.map(lambda job: job(), [_job(cage, record, task) for record in records])
    finally:  # of a run that is stopped, only what is running now is waited for
        pool.shutdown(cancel_futures=True)


def _job(cage: Cage, record: Record, task: Task) -> Callable[[], ExecutionOutcome]:
    text = record.answer.text
    if text is None:
        return lambda: NO_CODE
    if task.language == "sql":
        database = sql.database_of(task.database, record.checks.database if record.checks else "")
        return lambda: sql.run(cage, sql.Query(text, record.target, database))
    program = program_of(record)
    plan = python.plan_program(program)  # here, in one thread: see `tasks/python_syntax.py`
    return lambda: python.run(cage, program, plan=plan)


def program_of(record: Record) -> python.Program:
    """Raises: ValueError: the record has no tests."""
    if record.checks is None or not record.checks.tests:
        raise ValueError(f"row {record.question.id} has no tests to run its program with")
    return python.Program(
        record.answer.text or "", record.checks.tests, record.checks.setup, record.target
    )
