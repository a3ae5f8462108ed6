"""Base models: find, load, generate, score; the embedder. Heavy libraries are imported on first
use."""

from assay.models.open import embedder, open_model

__all__ = ["embedder", "open_model"]
