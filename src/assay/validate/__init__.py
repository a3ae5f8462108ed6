"""Stage 7: how good, and what broke. Metrics over test rows; the exam that keeps the targets from
the arms."""

from assay.validate.exam import Exam as Exam
from assay.validate.judge import METRICS as METRICS
from assay.validate.judge import Scores as Scores
from assay.validate.judge import judge as judge
from assay.validate.judge import metrics_for as metrics_for
