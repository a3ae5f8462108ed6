"""Giving a fitted arm away: one module a family of formats, each with `Format` values that `FORMATS` names."""

from assay.use.export.adapter import PEFT
from assay.use.export.index import INDEX
from assay.use.export.merged import MERGED
from assay.use.export.source import Format

# In the order in which `assay list formats` shows them.
FORMATS: tuple[Format, ...] = (PEFT, MERGED, INDEX)

__all__ = ["FORMATS", "Format"]
