"""Raw files to clean, deduplicated, split and audited examples.

`load` reads the files; `run` applies the steps, splits, audits for leaks, and makes training rows.
Every row that does not arrive has a line in the ledger.
"""

from assay.data.augment.adversarial import Adversarial
from assay.data.augment.balance import Balance
from assay.data.augment.counterfactual import Counterfactual
from assay.data.augment.noise import Noise
from assay.data.augment.paraphrase import Paraphrase
from assay.data.augment.qa_pairs import QaPairs
from assay.data.augment.revise import Revise
from assay.data.leak_audit import Audit
from assay.data.pipeline import Curated, Step, run
from assay.data.reading.documents import read_documents
from assay.data.reading.load import LoadedExamples, load
from assay.data.split import Split
from assay.data.steps import STEPS
from assay.data.steps.anonymise import Anonymise
from assay.data.steps.boilerplate import Boilerplate
from assay.data.steps.dedupe import Dedupe
from assay.data.steps.dialogues import Dialogues
from assay.data.steps.gibberish import Gibberish
from assay.data.steps.label_errors import LabelErrors
from assay.data.steps.language import Language
from assay.data.steps.length import Length
from assay.data.steps.near import Near
from assay.data.steps.off_topic import OffTopic
from assay.data.steps.repair import Repair
from assay.data.steps.repetition import Repetition
from assay.data.steps.rules import Rules
from assay.data.steps.symbols import Symbols
from assay.data.steps.triggers import Triggers

AUGMENTATIONS = (Noise, Paraphrase, Adversarial, Counterfactual, Balance, QaPairs, Revise)

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
    "LoadedExamples",
    "Near",
    "Noise",
    "OffTopic",
    "Paraphrase",
    "QaPairs",
    "Repair",
    "Repetition",
    "Revise",
    "Rules",
    "Split",
    "Step",
    "Symbols",
    "Triggers",
    "load",
    "read_documents",
    "run",
]
