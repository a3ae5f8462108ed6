"""Raw files to clean, deduplicated, split and audited examples.

`load` reads the files; `run` applies the steps, splits, and audits for leaks. Every row that does not arrive has a line
in the ledger.
"""

from assay.curate.audit import Audit
from assay.curate.curated import Curated, Step, run
from assay.curate.reading.documents import read_documents
from assay.curate.reading.load import Loaded, load
from assay.curate.split import Split
from assay.curate.steps.dedupe import Dedupe
from assay.curate.steps.label_errors import LabelErrors
from assay.curate.steps.language import Language
from assay.curate.steps.length import Length
from assay.curate.steps.near import Near
from assay.curate.steps.repair import Repair

STEPS = (Repair, Length, Language, Dedupe, Near, LabelErrors)

__all__ = [
    "STEPS",
    "Audit",
    "Curated",
    "Dedupe",
    "LabelErrors",
    "Language",
    "Length",
    "Loaded",
    "Near",
    "Repair",
    "Split",
    "Step",
    "load",
    "read_documents",
    "run",
]
