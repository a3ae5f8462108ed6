"""`assay.deployment.adapters` under its earlier name, which goes with version 0.3."""

import warnings

from assay.deployment.adapters import *  # noqa: F403

warnings.warn(
    "assay.adapters is called assay.deployment.adapters now", DeprecationWarning, stacklevel=2
)
