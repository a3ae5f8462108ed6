"""The settings under `validate: {learning_curve: ...}`."""

from assay.validate.question import QuestionSettings


class LearningCurve(QuestionSettings):
    """The score against the number of labelled rows."""
