"""What draws the next trial: optuna's samplers, made anew for each trial with a seed of its number,
so that a search that was killed goes on to the same trials.

grid, random    Bergstra and Bengio (2012), Random Search for Hyper-Parameter Optimization,
                jmlr.org/papers/v13/bergstra12a.html
tpe             tree-structured Parzen estimator: Bergstra et al. (2011), Algorithms for
                Hyper-Parameter Optimization; the settings of one trial drawn together
                ("multivariate"): Falkner, Klein and Hutter (2018), arxiv.org/abs/1807.01774
gp              Gaussian process with expected improvement: Jones, Schonlau and Welch (1998),
                doi.org/10.1023/A:1008306431147
evolutionary    a genetic algorithm: NSGA-II (Deb et al. 2002, doi.org/10.1109/4235.996017) of one
                objective
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from assay.core.sampling import random_stream
from assay.search.settings import Sampler

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

POPULATION = (
    8  # of a generation, or of `pbt`; optuna's 50 would be more than most searches have trials
)
WARM_UP = 4  # trials drawn at random before a model of them is worth something


def make_sampler(name: Sampler, seed: int, number: int) -> BaseSampler:
    """
    Args:
        number: of the trial that is drawn.
    """
    from optuna import samplers
    from optuna.exceptions import ExperimentalWarning

    own = random_stream(seed, number, sep="-").getrandbits(31)
    if name == "tpe":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            return samplers.TPESampler(
                seed=own, n_startup_trials=WARM_UP, multivariate=True, group=True
            )
    if name == "gp":
        return samplers.GPSampler(seed=own, n_startup_trials=WARM_UP)
    if name == "evolutionary":
        return samplers.NSGAIISampler(seed=own, population_size=POPULATION)
    return samplers.RandomSampler(seed=own)
