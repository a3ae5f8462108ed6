"""What ends a trial early: it looks at how far the trial has come, in percent of its training or of
the val rows it is asked, and how others did at that point: by their losses on val where a training
has them, else by their scores.

median       below the median of the others: Golovin et al. (2017), Google Vizier,
             doi.org/10.1145/3097983.3098043
asha         asynchronous successive halving, the best third goes on: Li et al. (2020),
             arxiv.org/abs/1810.05934
hyperband    halving that begins at several points: Li et al. (2018), arxiv.org/abs/1603.06560
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.search.settings import Pruner

if TYPE_CHECKING:
    from optuna.pruners import BasePruner

WHOLE = 100  # percent
FIRST = 11  # percent before the first halving: a third of a third
KEPT = 3  # one in so many goes on
WARM_UP = 3  # trials that are never ended: a median needs some


def make_pruner(name: Pruner) -> BasePruner:
    from optuna import pruners

    if name == "median":
        return pruners.MedianPruner(n_startup_trials=WARM_UP)
    if name == "asha":
        return pruners.SuccessiveHalvingPruner(min_resource=FIRST, reduction_factor=KEPT)
    if name == "hyperband":
        return pruners.HyperbandPruner(
            min_resource=FIRST, max_resource=WHOLE, reduction_factor=KEPT
        )
    return pruners.NopPruner()
