"""The steps of curation, a module each. `STEPS` has all of them; its order is the order in `assay
list`."""

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
