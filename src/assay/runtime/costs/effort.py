"""What an arm needs before it can answer: labelled rows, and the pieces that are kept and run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.core.types import Learner, Part, Strategy
from assay.strategies.compression.quantise import Quantise
from assay.strategies.prompting.few_shot import Shots
from assay.strategies.retrieval.rag import Rag
from assay.strategies.search.hyperparameter_search import HyperparameterSearch


def needs_labels(learner: Learner) -> bool:
    """Whether it learns from labelled rows, or is chosen by them. Not so: asking with no examples,
    rounded weights or not, and retrieval around that, whose parts are not trained."""
    if isinstance(learner, Shots):
        return learner.k > 0 or learner.asks_val
    if isinstance(learner, Quantise):
        return needs_labels(learner.inner)
    if isinstance(learner, Rag):
        inside = [value for _, value in learner.inside() if isinstance(value, Strategy | Part)]
        return learner.abstain_below == "val" or any(needs_labels(one) for one in inside)
    return bool({"train", "val"} & set(learner.reads))


def count_labelled(rows: Mapping[str, int], strategy: Strategy) -> int:
    """Rows of train and val that people have labelled and that the arm needs; those that
    augmentation made are none. `rows`: of each split, and how many were made."""
    return rows["train"] - rows.get("made", 0) + rows["val"] if needs_labels(strategy) else 0


def pieces(
    base: str, strategy: Strategy, inside: list[dict[str, Any]], seconds: float
) -> list[dict[str, Any]]:
    """What is kept and run: the models that it asks, the arm itself, and the fitted arms and parts
    inside it.

    Args:
        base: the project's model. inside: of the note of its fit. seconds: of fitting it all.
    """
    inside = [] if strategy.discards_parts else inside
    own = seconds - sum(part["fit_seconds"] for part in inside)
    parts = [
        {"name": part["name"], "fit_seconds": round(part["fit_seconds"], 3)} for part in inside
    ]
    models = [{"name": name, "fit_seconds": 0.0} for name in strategy.needs(base)]
    # What a search has chosen is kept, not the search.
    kept = strategy.inner.kind if isinstance(strategy, HyperparameterSearch) else strategy.kind
    return [*models, {"name": kept, "fit_seconds": round(own, 3)}, *parts]
