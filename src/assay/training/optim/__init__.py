"""Optimisers and schedules by name, factors on the rate, the parameters that are awake, fp32
masters, noise."""

from assay.training.optim.embedding_noise import EmbeddingNoise, noise
from assay.training.optim.groups import awake, factors, layers
from assay.training.optim.master_weights import Masters
from assay.training.optim.optimisers import OPTIMISERS, Lamb, Lion, build
from assay.training.optim.schedules import SCHEDULES, rate

__all__ = [
    "OPTIMISERS",
    "SCHEDULES",
    "EmbeddingNoise",
    "Lamb",
    "Lion",
    "Masters",
    "awake",
    "build",
    "factors",
    "layers",
    "noise",
    "rate",
]
