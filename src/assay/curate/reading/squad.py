"""Files in SQuAD's own form as rows: articles hold paragraphs, a paragraph a context and its questions.

What it is for   one row a question, with `question`, `context`, `answers`, and the article's `title`, so that the
                 questions of one article can stay in one split
Watch out        questions that their context does not answer (SQuAD 2.0) have no target; they are left out and counted
Source           Rajpurkar et al. (2016), SQuAD, arxiv.org/abs/1606.05250
"""

from collections.abc import Iterator, Mapping
from typing import Any

from assay.curate.reading.findings import rows
from assay.curate.reading.read import RawRow, Read


def flattened(table: Read) -> Read:
    """The table with one row a question when it is in that form, else as it is."""
    if not table.rows or not all(_is_article(raw.fields) for raw in table.rows[:20]):
        return table
    made = [RawRow(raw.source, fields) for raw in table.rows for fields in _questions(raw.fields)]
    answered = [raw for raw in made if raw.fields["answers"]]
    notes = [
        *table.notes,
        f"{table.place}: read as SQuAD: {rows(len(table.rows))} of articles, {len(made):,} questions",
    ]
    if len(answered) < len(made):
        notes.append(
            f"{table.place}: {rows(len(made) - len(answered))} without an answer in their context were left out"
        )
    return Read(table.place, answered, ("id", "title", "context", "question", "answers"), notes)


def _is_article(row: Mapping[str, Any]) -> bool:
    paragraphs = row.get("paragraphs")
    return isinstance(paragraphs, list) and all(isinstance(p, Mapping) and "qas" in p for p in paragraphs)


def _questions(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for paragraph in row.get("paragraphs") or []:
        for one in paragraph["qas"] if isinstance(paragraph["qas"], list) else []:
            if not isinstance(one, Mapping):
                continue
            texts = [a.get("text") for a in one.get("answers") or [] if isinstance(a, Mapping)]
            yield {
                "id": one.get("id"),
                "title": row.get("title", ""),
                "context": paragraph.get("context"),
                "question": one.get("question"),
                "answers": [text for text in texts if isinstance(text, str)],
            }
