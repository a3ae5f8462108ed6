"""Asked beside the scores, once the arms have answered: what leaks cost, what was forgotten, what breaks."""

from assay.beside.asked import asked as asked
from assay.beside.asked import beside as beside
from assay.beside.asked import sentences as sentences
from assay.beside.seen import Seen as Seen
