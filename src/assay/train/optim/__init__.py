"""Optimisers and schedules by name, factors on the rate, the parameters that are awake, fp32
masters, noise."""

from assay.train.optim.groups import awake, factors, layers
from assay.train.optim.masters import Masters
from assay.train.optim.noise import Noise, noise
from assay.train.optim.optimisers import OPTIMISERS, Lamb, Lion, build
from assay.train.optim.schedules import SCHEDULES, rate

__all__ = [
    "OPTIMISERS",
    "SCHEDULES",
    "Lamb",
    "Lion",
    "Masters",
    "Noise",
    "awake",
    "build",
    "factors",
    "layers",
    "noise",
    "rate",
]
