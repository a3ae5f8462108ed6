"""The steps of curation, a module each. `STEPS` has all of them; its order is the order in `assay
list`."""

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

STEPS = (
    Repair,
    Anonymise,
    Dialogues,
    Length,
    Rules,
    Symbols,
    Repetition,
    Language,
    Boilerplate,
    Dedupe,
    Near,
    Gibberish,
    OffTopic,
    LabelErrors,
    Triggers,
)
