"""Whether the labels are imbalanced: one of them has so many rows that always answering with it is
right nearly everywhere, and accuracy hardly tells strategies apart.

Source   four fifths: Google's course on machine learning calls it a moderate imbalance where the
         rarer labels have 1 to 20 % of the rows, a mild one up to 40 %
         (developers.google.com/machine-learning/crash-course/overfitting/imbalanced-datasets)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.core.plain_text import plain
from assay.core.types import Task

MOST = 0.8  # of the rows
INSTEAD = "macro_f1"  # the plain mean of the labels' F1, which no constant answer can game


def dominant_label(rows: Mapping[str, int]) -> tuple[str, float] | None:
    """The label that has at least MOST of the rows, and its share; None where none has, or where
    there is no other."""
    if len(rows) < 2:
        return None
    label = max(rows, key=rows.__getitem__)
    share = rows[label] / sum(rows.values())
    return (label, share) if share >= MOST else None


def warn_of_accuracy(task: Task, rows: Mapping[str, int]) -> list[dict[str, Any]]:
    """D254, where accuracy decides because nobody said what should, and one label has most of the
    rows. `rows`: of each label."""
    found = dominant_label(rows) if task.kind == "classify" and not task.metric else None
    if found is None:
        return []
    label, share = found
    text = (
        f"accuracy decides, and '{plain(label)[:40]}' has {share:.0%} of the rows: always answering"
        f" so is right as often; `task.metric: {INSTEAD}` counts every label the same"
    )
    return [{"code": "D254", "count": 1, "text": text}]
