"""The settings under `validate: {forgetting: ...}`."""

from assay.validate.question import QuestionSettings


class Forgetting(QuestionSettings):
    """What a trained arm can no longer do: general probes before and after."""
