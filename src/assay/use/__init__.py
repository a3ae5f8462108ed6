"""After training: make it smaller, take adapters apart and together, give it away, serve it."""

# Strategies around fitted arms, named in `assay.strategies`.
AROUND = ()

__all__ = ["AROUND"]
