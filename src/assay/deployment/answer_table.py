"""Answers as the lines of a file or the rows of a table: what is said of each, and how a
spreadsheet opens it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from assay.core.store import to_json
from assay.core.types import Answer, Example

OWN = ("id", "question", "answer", "confidence", "note", "passages")
GIVEN = "given_"  # before a column of the file that is called as one of these


def rows_of(
    questions: Sequence[Example],
    answers: Sequence[Answer],
    *,
    flat: bool,
    given: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """The lines of the output.

    Args:
        flat: a list or an object becomes one cell. given: the columns that the rows of the file
            have, by their place; they stand behind the answer's.
    """
    reads = any(answer.passages for answer in answers)
    rows = []
    for question, answer in zip(questions, answers, strict=True):
        row: dict[str, Any] = {"id": question.id, "question": question.text, "answer": answer.text}
        row |= {"confidence": answer.confidence, "note": answer_note(answer)}
        if reads:
            row["passages"] = " | ".join(answer.passages) if flat else list(answer.passages)
        for name, value in given.get(question.source, {}).items():
            nested = flat and isinstance(value, list | dict)
            row[f"{GIVEN}{name}" if name in OWN else name] = to_json(value) if nested else value
        rows.append(row)
    return rows


def answer_note(answer: Answer) -> str:
    """What is to be known of an answer, in words; empty for most."""
    unread = answer.text is None and not (answer.refused or answer.abstained)
    said = {
        "abstained": answer.abstained,
        "cut": answer.truncated,
        "refused": answer.refused,
        "unreadable": unread,
    }
    return " ".join(word for word, true in said.items() if true)


def table(rows: Sequence[dict[str, Any]]) -> str:
    """CSV that a spreadsheet opens without running a cell: one that begins like a formula gets a
    quote before it."""
    out = io.StringIO()
    # a row of JSON lines may lack a column
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, fieldnames=names or ["id"])
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {k: f"'{v}" if isinstance(v, str) and _is_formula(v) else v for k, v in row.items()}
        )
    return out.getvalue()


def _is_formula(cell: str) -> bool:
    """Whether a spreadsheet would run it: white space before the sign, and signs of full width, do
    not save it."""
    return cell[:1] in ("\t", "\r") or cell.lstrip()[:1] in tuple("=+-@＝＋－＠")
