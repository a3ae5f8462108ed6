"""After training: make it smaller, take adapters apart and together, give it away, serve it."""

from assay.use.blend import Blend
from assay.use.distil import Distil
from assay.use.prune import Prune
from assay.use.quantise import Quantise
from assay.use.shrink import Shrink

# Strategies around fitted arms, named in `assay.config.strategies`.
AROUND = (Blend, Quantise, Distil, Prune)

__all__ = ["AROUND", "Blend", "Distil", "Prune", "Quantise", "Shrink"]
