"""What the looks at val say of a training on rewards: whether it learns, and whether the reward has
left what it stands for.

Rule     over-optimised: since the look where the task's metric was best, the metric has fallen and
         the reward has risen. Of equal metrics the look with the higher reward is the better one
Source   Gao et al. (2023), Scaling Laws for Reward Model Overoptimization,
         arxiv.org/abs/2210.10760
"""

from __future__ import annotations

from assay.training.evaluation_schedule import FitVerdict


def over_optimised(curve: list[dict[str, float]]) -> dict[str, float] | None:
    """The best look by the task's metric, where the last one has a lower metric and a higher
    reward; else None."""
    seen = [point for point in curve if "val" in point]
    if not seen:
        return None
    best = max(seen, key=lambda point: (point["val"], point["val_reward"]))
    last = seen[-1]
    worse = last["val"] < best["val"] and last["val_reward"] > best["val_reward"]
    return best if worse else None


def moved(curve: list[dict[str, float]], metric: str) -> str:
    """From where the metric was best to the last look, in words."""
    seen = [point for point in curve if "val" in point]
    best, last = max(seen, key=lambda point: (point["val"], point["val_reward"])), seen[-1]
    return (
        f"on val the reward went from {best['val_reward']:.3g} to {last['val_reward']:.3g} and"
        f" {metric} from {best['val']:.3g} to {last['val']:.3g}"
    )


def verdict(curve: list[dict[str, float]], metric: str) -> FitVerdict:
    """How the training went: a word, and a sentence with what to change."""
    seen = [point for point in curve if "val" in point]
    if len(seen) < 2:
        return FitVerdict("learning", "Val was not asked since the first step.")
    if found := over_optimised(curve):
        return FitVerdict(
            f"over-optimised since {found['step']:g}",
            f"After step {found['step']:g}, {moved(curve, metric)}. The weights of that step are"
            " kept. Another reward beside this one, or a higher beta, would help.",
        )
    first, best = seen[0], max(seen, key=lambda point: (point["val"], point["val_reward"]))
    if best["val_reward"] <= first["val_reward"] and best["val"] <= first["val"]:
        return FitVerdict(
            "nothing learnt",
            "Neither the reward nor the metric of val rose. Raise learning_rate or samples, or"
            " begin with a strategy that is right now and then.",
        )
    return FitVerdict(
        "learning",
        f"On val the reward went from {first['val_reward']:.3g} to {seen[-1]['val_reward']:.3g},"
        f" {metric} from {first['val']:.3g} to {seen[-1]['val']:.3g}.",
    )
