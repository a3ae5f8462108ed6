"""The settings under `validate: {bias: ...}`."""

from assay.validate.question import QuestionSettings


class Bias(QuestionSettings):
    """Whether answers change with who is spoken of."""
