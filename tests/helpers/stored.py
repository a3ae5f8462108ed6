"""Passages and vectors that tests keep in stores."""

import numpy as np

from assay.core.types import Document


def documents(*ids: str) -> list[Document]:
    return [Document(name, f"the text of {name}", "file.md:1", "2024-05-01") for name in ids]


def axes(*numbers: int, width: int = 4) -> np.ndarray:
    """Unit vectors along these axes."""
    return np.eye(width, dtype=np.float32)[list(numbers)]
