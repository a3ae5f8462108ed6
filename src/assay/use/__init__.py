"""After training: make it smaller, take adapters apart and together, give it away, serve it."""

from assay.use.blend import Blend

# Strategies around fitted arms, named in `assay.strategies`.
AROUND = (Blend,)

__all__ = ["AROUND", "Blend"]
