"""Numbers for answers, that a model is trained towards or the best of several is chosen by: all
kinds, in the order of docs/rewards.md. A new one is one more name here."""

from assay.evaluation.rewards.against_target import ExactReward, MetricReward, TestsReward
from assay.evaluation.rewards.judged import JudgeReward, ModelReward
from assay.evaluation.rewards.of_policy import PolicyReward
from assay.evaluation.rewards.of_text import CheckReward, FormReward, LengthReward
from assay.evaluation.rewards.python_function import PythonReward
from assay.evaluation.rewards.reward import RewardPart

REWARDS: tuple[type[RewardPart], ...] = (
    MetricReward,
    ExactReward,
    TestsReward,
    CheckReward,
    FormReward,
    LengthReward,
    PolicyReward,
    JudgeReward,
    ModelReward,
    PythonReward,
)
