"""`assay.runtime.events.log` under its earlier name, which goes with version 0.3."""

import warnings

from assay.runtime.events.log import *  # noqa: F403

warnings.warn(
    "assay.events is called assay.runtime.events.log now", DeprecationWarning, stacklevel=2
)
