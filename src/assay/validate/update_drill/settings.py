"""The settings under `validate: {update_drill: ...}`."""

from assay.validate.question import QuestionSettings


class UpdateDrill(QuestionSettings):
    """How long an arm takes until it answers by a change, and what it loses."""
