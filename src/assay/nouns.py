"""`assay.core.types` under its earlier name, which goes with version 0.3."""

import warnings

from assay.core.types import *  # noqa: F403

warnings.warn("assay.nouns is called assay.core.types now", DeprecationWarning, stacklevel=2)
