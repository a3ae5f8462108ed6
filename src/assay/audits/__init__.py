"""Asked beside the scores, once the arms have answered: what leaks cost, what was forgotten, what
breaks."""

from assay.audits.asked import asked as asked
from assay.audits.asked import beside as beside
from assay.audits.asked import sentences as sentences
from assay.audits.seen import Seen as Seen
