"""The strategy that a search has chosen, which is asked, kept and fitted again in its place."""

from __future__ import annotations

from typing import Any

from assay.core import store
from assay.runtime.arms.runner import Bench
from assay.strategies.search.hyperparameter_search import FILE, HyperparameterSearch


def resolve_search(bench: Bench, strategy: Any) -> Any:
    """The strategy itself; of a search that is done the one that it chose, whose own fit is kept
    too."""
    if not isinstance(strategy, HyperparameterSearch):
        return strategy
    note = bench.fit_stage(strategy).folder / "arm" / FILE
    if not note.exists():
        return strategy
    chosen = strategy.strategy_of(store.read_json(note)["values"])
    return chosen if bench.fit_stage(chosen).completion_note() is not None else strategy
