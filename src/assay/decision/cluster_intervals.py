"""What the report says where rows of one value of a field are right and wrong together, and no
group is declared.

What it is for   one warning (D194) with the setting that mends it, and the intervals as they are
                 with rows of a value drawn together, beside those that take rows for independent
Test             `evaluation/undeclared_clusters.py`; the fields come from `data/row_clusters.py`
Which field      of those that pass, the one with the largest design effect: it widens intervals
                 most
Watch out        the verdict stands on the plain intervals until `split.group` is set: only then
                 does the split keep a user's rows on one side as well
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assay.data.reading.slice_values import DAY, FILE
from assay.data.row_clusters import NEAR_COPIES
from assay.decision.comparison import Compared
from assay.decision.measured_scores import ArmScores, round_or_none
from assay.evaluation.undeclared_clusters import Clustered, find_clustering
from assay.presentation.number_format import count, equals_p, three
from assay.stats.intervals import Interval

CODE = "D194"
_PLAIN = re.compile(r"[A-Za-z_][\w.-]*")


def clustering(
    measured: ArmScores,
    metric: str,
    fields: Mapping[str, Sequence[int]],
    best: str | None,
    seed: int = 0,
) -> dict[str, Any] | None:
    """The block `certainty.clusters`; None where groups are declared or no field can be tested.

    Args:
        fields: from `data/row_clusters.py`: name -> the value of each test row as a number. best:
            arm to compare with.

    Raises:
        ValueError: a field has another number of rows than the arms have answers.
    """
    if measured.groups is not None or not measured.names or not fields:
        return None
    if any(len(codes) != measured.n for codes in fields.values()):
        raise ValueError(
            f"fields to cluster by are not of the {measured.n} test rows that were answered"
        )
    values = np.stack([measured.scores[name].of_rows(metric) for name in measured.names], axis=1)
    tested = find_clustering(
        values.astype(float), {name: np.asarray(codes) for name, codes in fields.items()}, seed
    )
    told = max(
        (one for one in tested if one.is_significant), key=lambda one: one.effect, default=None
    )
    block: dict[str, Any] = {
        "tested": [_cluster_json(one) for one in tested],
        "field": None,
        "setting": "",
        "text": "",
    }
    if told is None:
        return {**block, "best": best, "arms": []}
    others = [one.field for one in tested if one.is_significant and one is not told]
    said = {
        "field": told.field,
        "setting": setting(told.field),
        "text": sentence(told, others, measured.n),
    }
    return {
        **block,
        **said,
        "best": best,
        "arms": _arms(measured, metric, np.asarray(fields[told.field]), best),
    }


def _cluster_json(one: Clustered) -> dict[str, Any]:
    return {
        "field": one.field,
        "values": one.clusters,
        "shared": one.shared,
        "largest": one.largest,
        "score_effect": round_or_none(one.score),
        "difference_effect": round_or_none(one.difference),
        "p": float(f"{one.p:.6g}"),
        "p_holm": float(f"{one.p_holm:.6g}"),
        "found": one.is_significant,
    }


def setting(field: str) -> str:
    """What to write into the project file; empty where no field of the data says it yet."""
    if field in (NEAR_COPIES, FILE) or field.endswith(DAY):
        return ""
    return (
        "split.group:"
        f" {field if _PLAIN.fullmatch(field) else json.dumps(field, ensure_ascii=False)}"
    )


def sentence(found: Clustered, others: Sequence[str], n: int) -> str:
    """What clusters, by how much intervals are too narrow, and the way out: the text of D194."""
    by = _field_words(found.field)
    factor = math.sqrt(found.effect)
    told = (
        f"rows of one {by} are"
        f" right and wrong together: {count(n)} test rows have {count(found.clusters)}"
        f" of them, {count(found.largest)} rows at most each ({equals_p(found.p_holm)}),"
        f" and intervals that take rows for independent are up to {three(factor)} times too narrow"
    )
    also = f"; so are they by {', '.join(map(_field_words, others))}" if others else ""
    return f"{told}{also}. If new rows come from others than these: {_way(found.field)}"


def _field_words(field: str) -> str:
    if field == NEAR_COPIES:
        return "family of near copies"
    if field == FILE:
        return "file"
    return f"day of '{field.removesuffix(DAY)}'" if field.endswith(DAY) else f"'{field}'"


def _way(field: str) -> str:
    if said := setting(field):
        return f"set `{said}`"
    if field == NEAR_COPIES:
        return (
            "drop copies (`prepare: [{kind: near}]`), or number the families in a field and name"
            " it in `split.group`"
        )
    what = "file" if field == FILE else "day"
    return f"add a field with the {what} to the rows, and name it in `split.group`"


def _arms(
    measured: ArmScores, metric: str, codes: np.ndarray, best: str | None
) -> list[dict[str, Any]]:
    """Each arm: score and difference to the best, with plain ends and those with rows of a value
    together."""
    plain = measured.compared
    groups = np.unique(codes, return_inverse=True)[1]
    rows = {name: {metric: of[metric]} for name, of in plain.rows.items()}
    shown = [plain.metrics[metric]]
    wide = Compared(
        rows, shown, groups=groups, level=plain.level, draws=plain.draws, seed=plain.seed
    )
    behind = [one.against(best, metric) if best and measured.n > 1 else {} for one in (plain, wide)]
    found = []
    for name in measured.names:
        score = _ends(plain.score(name, metric), wide.score(name, metric))
        gap = None
        if name in behind[0]:
            (near, _, p), (far, _, wider) = (one[name] for one in behind)
            gap = _ends(near, far)
            gap["plain"]["p_holm"], gap["together"]["p_holm"] = (
                float(f"{p:.6g}"),
                float(f"{wider:.6g}"),
            )
        found.append({"name": name, "score": score, "to_best": gap})
    return found


def _ends(plain: Interval, wide: Interval) -> dict[str, Any]:
    ends = {"plain": plain, "together": wide}
    both = {
        name: {"low": round_or_none(one.low), "high": round_or_none(one.high)}
        for name, one in ends.items()
    }
    return {"value": round_or_none(plain.value), **both}


def warning(block: dict[str, Any] | None) -> list[dict[str, Any]]:
    """D194, where something clusters."""
    if not block or not block["field"]:
        return []
    shared = next(one["shared"] for one in block["tested"] if one["field"] == block["field"])
    return [{"code": CODE, "count": shared, "text": block["text"]}]


# --- read from report.json ------------------------------------------------------------------------


def cluster_block(data: dict[str, Any]) -> dict[str, Any] | None:
    """The block where something clusters; None otherwise, and of a report from before this was
    tested."""
    block = (data.get("certainty") or {}).get("clusters")
    return block if block and block["field"] else None


def heading(block: dict[str, Any]) -> str:
    """Over the table of both intervals."""
    return (
        "Intervals that take rows for independent, and with rows of one"
        f" {_field_words(block['field'])} together"
    )


def short(data: dict[str, Any]) -> str:
    """A line for the terminal; empty where nothing clusters."""
    block = cluster_block(data)
    if block is None:
        return ""
    one = next(one for one in block["tested"] if one["field"] == block["field"])
    effect = max(one["score_effect"], one["difference_effect"])
    way = f"set {block['setting']}" if block["setting"] else f"see {CODE}"
    by = _field_words(block["field"])
    return (
        f"rows of one {by} go right and wrong together: intervals up to"
        f" {three(math.sqrt(effect))} times wider; {way}"
    )
