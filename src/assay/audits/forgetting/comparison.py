"""Before and after, item by item: what changed on each probe, and over all probes together.

Probe       right answers as a share, or bits a byte of texts; the difference is paired by item. Its
            interval: of shares Bonett and Price's, which is no point where no item has flipped; of
            texts that of `standard_error.py`
At chance   where the base is not better than guessing (its exact interval reaches the chance
            level), or less than `LEAST` above it, a probe cannot show forgetting: it is marked, and
            left out of what is combined
Combined    the mean over the probes of right and wrong answers that can show forgetting, each with
            the same weight, in points (hundredths). Texts have another unit and stand beside it
Watch out   choosing probes by the base's own score favours those it was lucky on; with the exact
            interval as the bar that is one probe in forty
Source      exact interval: Clopper and Pearson (1934), doi.org/10.1093/biomet/26.4.404; pairs:
            Bonett and Price (2012), Adjusted Wald confidence interval for a difference of binomial
            proportions based on paired data, doi.org/10.3102/1076998611411915
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np

from assay.audits.forgetting.items import ProbeItem
from assay.audits.forgetting.measure import ProbeResult
from assay.stats.standard_error import paired_difference

LEAST = 0.05  # above chance: what a probe must be able to lose
SHOWN = 40  # flipped items of an arm that are kept, lost ones first
LETTERS = 300  # of a written answer that are kept


def share(sums: Any, n: Any) -> Any:
    return sums[..., 0] / n


def bits_a_byte(sums: Any, n: Any) -> Any:
    """From sums of bits and bytes (..., 2)."""
    return sums[..., 0] / np.maximum(sums[..., 1], 1)


def group_by_probe(items: Sequence[ProbeItem]) -> dict[str, list[int]]:
    """Probe -> the places of its items."""
    found: dict[str, list[int]] = {}
    for at, item in enumerate(items):
        found.setdefault(item.probe, []).append(at)
    return found


def level_of(
    items: Sequence[ProbeItem], asked: Sequence[ProbeResult], level: float
) -> dict[str, dict[str, Any]]:
    """How a model does on each probe: value (a share, or bits a byte), n, unit, at_chance; of
    shares low and high (exact) and chance (the share by guessing)."""
    out: dict[str, dict[str, Any]] = {}
    for probe, places in group_by_probe(items).items():
        n = len(places)
        if items[places[0]].kind == "text":
            bits, size = (
                sum(getattr(asked[at], name) for at in places) for name in ("bits", "bytes")
            )
            out[probe] = {
                "value": round_or_none(bits / max(1, size)),
                "n": n,
                "unit": "bits a byte",
                "at_chance": False,
            }
            continue
        right = sum(asked[at].right or 0 for at in places)
        guess = sum(items[at].chance for at in places) / n
        low, high = exact(right, n, level)
        stuck = low <= guess or right / n - guess < LEAST
        values = {"value": right / n, "low": low, "high": high, "chance": guess}
        out[probe] = {
            **{k: round_or_none(v) for k, v in values.items()},
            "n": n,
            "unit": "share",
            "at_chance": stuck,
        }
    return out


def exact(right: int, n: int, level: float) -> tuple[float, float]:
    """The interval of Clopper and Pearson for a share."""
    # `binomtest` finds the same by search, and takes most of a second to import.
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = float(betaincinv(right, n - right + 1, tail)) if right else 0.0
    return low, float(betaincinv(right + 1, n - right, 1 - tail)) if right < n else 1.0


def compare_probes(
    items: Sequence[ProbeItem],
    before: Sequence[ProbeResult],
    after: Sequence[ProbeResult],
    level: float,
    seed: int,
) -> dict[str, Any]:
    """What an arm can no longer do.

    Returns:
        plain JSON: probes, probe to before, after, difference (after less before), low, high, n,
        unit and chance (whether it cannot show forgetting); combined, difference, low and high in
        points, probes and n, or None where no probe can show it; flips, lost and gained items;
        flipped, items with both answers.
    """
    base = level_of(items, before, level)
    probes: dict[str, dict[str, Any]] = {}
    gaps: list[np.ndarray] = []
    for probe, places in group_by_probe(items).items():
        unit, stuck = base[probe]["unit"], base[probe]["at_chance"]
        pair = [items_rows([some[at] for at in places], unit) for some in (before, after)]
        values = probe_change(pair[0], pair[1], unit, level, seed)
        probes[probe] = {k: round_or_none(v) for k, v in values.items()} | {
            "n": len(places),
            "unit": unit,
            "chance": stuck,
        }
        probes[probe] |= ranks(items, before, after, places)
        if unit == "share" and not stuck:
            gaps.append((pair[1] - pair[0])[:, 0])
    return {"probes": probes, "combined": combine_gaps(gaps, level), **flips(items, before, after)}


def items_rows(asked: Sequence[ProbeResult], unit: str) -> np.ndarray:
    """Of each item, right or wrong (items, 1), or bits and bytes (items, 2)."""
    if unit == "share":
        return np.array([[float(one.right or 0)] for one in asked])
    return np.array([[one.bits, one.bytes] for one in asked])


def probe_change(
    one: np.ndarray, two: np.ndarray, unit: str, level: float, seed: int
) -> dict[str, float]:
    """A probe before and after, and the difference with its interval."""
    total = share if unit == "share" else bits_a_byte
    before, after = (float(total(rows.sum(0), len(rows))) for rows in (one, two))
    if unit == "share":
        low, high = bounds([(two - one)[:, 0]], level)
    elif len(one) > 1:
        found = paired_difference(two, one, total, level=level, seed=seed, size=math.inf)
        low, high = found.low, found.high
    else:
        low = high = float("nan")
    return {
        "before": before,
        "after": after,
        "difference": after - before,
        "low": low,
        "high": high,
    }


def bounds(gaps: Sequence[np.ndarray], level: float) -> tuple[float, float]:
    """The interval of the mean over probes of their mean gaps, each gap -1, 0 or 1: one item more
    is lost and one more is gained in each probe (Bonett and Price)."""
    centre = variance = 0.0
    for gap in gaps:
        up, down = (((gap * sign > 0).sum() + 1) / (len(gap) + 2) for sign in (1, -1))
        centre += (up - down) / len(gaps)
        variance += (up + down - (up - down) ** 2) / (len(gap) + 2) / len(gaps) ** 2
    half = NormalDist().inv_cdf((1 + level) / 2) * variance**0.5
    return max(-1.0, centre - half), min(1.0, centre + half)


def combine_gaps(gaps: Sequence[np.ndarray], level: float) -> dict[str, Any] | None:
    """The mean over probes of their mean gaps, in points; None without a probe."""
    if not gaps:
        return None
    low, high = bounds(gaps, level)
    ends = {"difference": float(np.mean([gap.mean() for gap in gaps])), "low": low, "high": high}
    return {k: round_or_none(100 * v, 4) for k, v in ends.items()} | {
        "probes": len(gaps),
        "n": sum(map(len, gaps)),
    }


def ranks(
    items: Sequence[ProbeItem],
    before: Sequence[ProbeResult],
    after: Sequence[ProbeResult],
    places: Sequence[int],
) -> dict[str, Any]:
    """Of last words: the mean of 1 / (1 + how many first tokens are likelier), before and after."""
    if items[places[0]].kind != "last_word":
        return {}
    mean = [
        float(np.mean([1 / (1 + (some[at].rank or 0)) for at in places]))
        for some in (before, after)
    ]
    return {"reciprocal_rank": {"before": round_or_none(mean[0]), "after": round_or_none(mean[1])}}


def flips(
    items: Sequence[ProbeItem], before: Sequence[ProbeResult], after: Sequence[ProbeResult]
) -> dict[str, Any]:
    """Items that were right and are wrong now, or the other way round."""
    lost = [at for at in range(len(items)) if before[at].right == 1 and after[at].right == 0]
    gained = [at for at in range(len(items)) if before[at].right == 0 and after[at].right == 1]
    shown = [
        {
            "probe": items[at].probe,
            "source": items[at].source,
            "text": items[at].text,
            "target": items[at].target or ", ".join(check["check"] for check in items[at].checks),
            "before": before[at].answer[:LETTERS],
            "after": after[at].answer[:LETTERS],
            "now": "wrong" if at in set(lost) else "right",
        }
        for at in (*lost, *gained)[:SHOWN]
    ]
    return {"flips": {"lost": len(lost), "gained": len(gained)}, "flipped": shown}


def round_or_none(value: float, digits: int = 6) -> float | None:
    """None for what is not a number."""
    return round(value, digits) if np.isfinite(value) else None
