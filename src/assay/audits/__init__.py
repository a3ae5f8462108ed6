"""Asked beside the scores, once the arms have answered: what leaks cost, what was forgotten, what
breaks."""

from assay.audits.context import Seen as Seen
from assay.audits.registry import beside as beside
from assay.audits.registry import run_audits as run_audits
from assay.audits.registry import sentences as sentences
