"""How well an arm's passages serve its answers, where people have noted which documents hold them.

Retrieval    recall: share of the noted documents among the passages; complete: all of them are
             there; reciprocal rank (MRR) and nDCG of the documents in the order of their first
             passages; precision: share of the passages that are of a noted document
Reading      right where the passages were complete, and where they were not: so a wrong answer is a
             retrieval error or a reading error, and a right one without its documents came from
             somewhere else
Faithful     support: share of the answer's words that stand in its passages; cited: share of the
             passages that it names that are of a noted document, and how often it names any;
             judged: where a model was asked
Not there    rows of which no document is noted, in a set where others have one: abstaining is right
             there, and wrong elsewhere
Source       Manning, Raghavan and Schütze (2008), Introduction to Information Retrieval, ch. 8;
             Järvelin and Kekäläinen (2002), nDCG, doi.org/10.1145/582415.582418; what to ask of an
             answer: Es et al. (2024), RAGAS, aclanthology.org/2024.eacl-demo.16
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from assay.core.types import Record
from assay.evaluation import rank_metrics

Value = Callable[[Record], float | None]  # None: the row does not count


def documents_of(record: Record) -> list[str]:
    """The documents of the answer's passages, in the order of their first passages."""
    return list(
        dict.fromkeys(passage.rpartition("#")[0] or passage for passage in record.answer.passages)
    )


def recall(record: Record) -> float | None:
    return (
        rank_metrics.recall(found := documents_of(record), record.found_in, len(found) + 1)
        if record.found_in
        else None
    )


def complete(record: Record) -> float | None:
    return float(set(record.found_in) <= set(documents_of(record))) if record.found_in else None


def reciprocal_rank(record: Record) -> float | None:
    found = documents_of(record)
    return (
        rank_metrics.reciprocal_rank(found, record.found_in, len(found) + 1)
        if record.found_in
        else None
    )


def ndcg(record: Record) -> float | None:
    """A document counts 1 or 0; the best order has all that are noted."""
    if not record.found_in:
        return None
    found = documents_of(record)
    return rank_metrics.ndcg_at_k(found, record.found_in, max(len(found), len(record.found_in)))


def precision(record: Record) -> float | None:
    """Of passages, where `ranking.precision` would count documents."""
    if not record.found_in:
        return None
    passages = record.answer.passages
    return (
        sum(p.rpartition("#")[0] in record.found_in for p in passages) / len(passages)
        if passages
        else 0.0
    )


def support(record: Record) -> float | None:
    return None if record.answer.abstained else record.answer.support


def judge_score(record: Record) -> float | None:
    return None if record.answer.abstained else record.answer.judged


def cites(record: Record) -> float | None:
    return None if record.answer.abstained else float(bool(record.answer.cited))


def citation(record: Record) -> float | None:
    cited = record.answer.cited
    return (
        sum(p.rpartition("#")[0] in record.found_in for p in cited) / len(cited)
        if cited and record.found_in
        else None
    )


def right_abstention(record: Record) -> float | None:
    return None if record.found_in else float(record.answer.abstained)


def wrong_abstention(record: Record) -> float | None:
    return float(record.answer.abstained) if record.found_in else None


VALUES: dict[str, Value] = {
    "recall": recall,
    "complete": complete,
    "mrr": reciprocal_rank,
    "ndcg": ndcg,
    "precision": precision,
    "support": support,
    "judged": judge_score,
    "cites": cites,
    "citation": citation,
    "abstained_rightly": right_abstention,
    "abstained_wrongly": wrong_abstention,
}
ERRORS = ("right", "right_elsewhere", "retrieval_error", "reading_error")


def retrieves(records: Sequence[Record]) -> bool:
    """Does the arm hand passages to its answers?"""
    return any(record.answer.passages for record in records)


def has_gold_documents(records: Sequence[Record]) -> bool:
    """Has anybody noted which documents hold the answers?"""
    return any(record.found_in for record in records)


def has_searched(record: Record) -> bool:
    """False where a router let an arm answer that looks nothing up: that is no miss of
    retrieval."""
    return bool(record.answer.passages) or not record.answer.by


def columns(records: Sequence[Record], right: Sequence[bool]) -> dict[str, np.ndarray]:
    """Name to (records, 2): the value, and 1 where the row counts. A mean is a sum over a sum, so
    it can be drawn.

    Args:
        right: whether each answer is right by the metric that decides.
    """
    known = has_gold_documents(records)
    found = {
        name: [value(r) if has_searched(r) else None for r in records]
        for name, value in VALUES.items()
    }
    if not known:
        found = {name: found[name] for name in ("support", "judged", "cites")}
    else:
        whole = found["complete"]
        found["right_when_complete"] = [
            float(r) if w == 1 else None for r, w in zip(right, whole, strict=True)
        ]
        found["right_when_missing"] = [
            float(r) if w == 0 else None for r, w in zip(right, whole, strict=True)
        ]
    return {
        name: _pairs(values) for name, values in found.items() if any(v is not None for v in values)
    }


def _pairs(values: Sequence[float | None]) -> np.ndarray:
    return np.array([(0.0, 0.0) if value is None else (value, 1.0) for value in values]).reshape(
        -1, 2
    )


def errors(records: Sequence[Record], right: Sequence[bool]) -> dict[str, int]:
    """Rows whose documents are noted, told apart: `right` with all of them at hand;
    `right_elsewhere` without; `retrieval_error`: wrong, and a document was missing;
    `reading_error`: wrong with all of them at hand."""
    counts: dict[str, int] = {name: 0 for name in ERRORS}
    for record, ok in zip(records, right, strict=True):
        whole = complete(record) if has_searched(record) else None
        if whole is not None:
            found, lost = ("right", "reading_error"), ("right_elsewhere", "retrieval_error")
            counts[(found if whole else lost)[0 if ok else 1]] += 1
    return counts


def share(sums: np.ndarray, n: np.ndarray) -> np.ndarray:
    """`Metric.total` of the columns above: the mean over the rows that count, NaN where none
    does."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan)
