"""Raw files to clean, deduplicated, split and audited examples.

`load` reads the files; `run` applies the steps, splits, and audits for leaks. Every row that does not arrive has a line
in the ledger.
"""

from assay.curate.audit import Audit
from assay.curate.curated import Curated, Step, run
from assay.curate.dedupe import Dedupe
from assay.curate.documents import read_documents
from assay.curate.language import Language
from assay.curate.length import Length
from assay.curate.load import Loaded, load
from assay.curate.near import Near
from assay.curate.repair import Repair
from assay.curate.split import Split

STEPS = (Repair, Length, Language, Dedupe, Near)

__all__ = [
    "STEPS",
    "Audit",
    "Curated",
    "Dedupe",
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
