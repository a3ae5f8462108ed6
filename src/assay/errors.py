"""`assay.core.errors` under its earlier name, which goes with version 0.3."""

import warnings

from assay.core.errors import *  # noqa: F403

warnings.warn("assay.errors is called assay.core.errors now", DeprecationWarning, stacklevel=2)
