"""Answers of an arm in a file that survives a kill: `answers.jsonl` of a stage, line by line under
a seal.

What it is for   who asks, and who reads what was asked, agree on names, version and what an
                 interrupted file is worth
"""

from __future__ import annotations

from pathlib import Path

from assay.core import checksummed_lines, store
from assay.core.types import Answer, Tell

ASKED = "asked.jsonl"  # a line a piece, before it is asked
VERSION = 3  # raise it when the same arm answers differently


def answers_of(path: Path) -> list[Answer]:
    """Of a finished stage."""
    return [Answer.from_json(row) for row in checksummed_lines.rows_without_seal(path)]


def recover_lines(file: Path, all_: int, chunk: int, tell: Tell) -> int:
    """How many of `all_` results an earlier run has left in `file`, as `checksummed_lines`: whole
    chunks, or all. What is more is cut off, so that what follows stands in its place: results
    depend on the chunk that they were made in."""
    found = checksummed_lines.beginning(file, tell)
    done = all_ if len(found) >= all_ else len(found) - len(found) % chunk
    if done < len(found):
        store.write_lines(file, map(checksummed_lines.seal, found[:done]))
    return done
