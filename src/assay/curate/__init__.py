"""Raw files to clean, deduplicated, split and audited examples.

`load` reads the files; `run` applies the steps, splits, audits for leaks, and makes training rows.
Every row that does not arrive has a line in the ledger.
"""

from assay.curate.audit import Audit
from assay.curate.augment.adversarial import Adversarial
from assay.curate.augment.balance import Balance
from assay.curate.augment.counterfactual import Counterfactual
from assay.curate.augment.noise import Noise
from assay.curate.augment.paraphrase import Paraphrase
from assay.curate.augment.qa_pairs import QaPairs
from assay.curate.curated import Curated, Step, run
from assay.curate.reading.documents import read_documents
from assay.curate.reading.load import Loaded, load
from assay.curate.split import Split
from assay.curate.steps import STEPS
from assay.curate.steps.anonymise import Anonymise
from assay.curate.steps.boilerplate import Boilerplate
from assay.curate.steps.dedupe import Dedupe
from assay.curate.steps.dialogues import Dialogues
from assay.curate.steps.gibberish import Gibberish
from assay.curate.steps.label_errors import LabelErrors
from assay.curate.steps.language import Language
from assay.curate.steps.length import Length
from assay.curate.steps.near import Near
from assay.curate.steps.off_topic import OffTopic
from assay.curate.steps.repair import Repair
from assay.curate.steps.repetition import Repetition
from assay.curate.steps.rules import Rules
from assay.curate.steps.symbols import Symbols
from assay.curate.steps.triggers import Triggers

AUGMENTATIONS = (Noise, Paraphrase, Adversarial, Counterfactual, Balance, QaPairs)

__all__ = [
    "AUGMENTATIONS",
    "STEPS",
    "Adversarial",
    "Anonymise",
    "Audit",
    "Balance",
    "Boilerplate",
    "Counterfactual",
    "Curated",
    "Dedupe",
    "Dialogues",
    "Gibberish",
    "LabelErrors",
    "Language",
    "Length",
    "Loaded",
    "Near",
    "Noise",
    "OffTopic",
    "Paraphrase",
    "QaPairs",
    "Repair",
    "Repetition",
    "Rules",
    "Split",
    "Step",
    "Symbols",
    "Triggers",
    "load",
    "read_documents",
    "run",
]
