"""How good the answers are: metrics over test rows, and the held-out test that keeps the targets
from the arms."""

from assay.evaluation.held_out_test import Exam as Exam
from assay.evaluation.scoring import METRICS as METRICS
from assay.evaluation.scoring import Scores as Scores
from assay.evaluation.scoring import judge as judge
from assay.evaluation.scoring import metrics_for as metrics_for
