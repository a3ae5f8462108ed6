"""The settings under `validate: {robustness: ...}`."""

from assay.validate.question import QuestionSettings


class Robustness(QuestionSettings):
    """What changes of the questions do to the answers, where the label stays."""
