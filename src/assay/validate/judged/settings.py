"""The settings under `validate: {judge: ...}`."""

from typing import Any, Literal

from pydantic import Field, model_validator

from assay.validate.question import QuestionSettings


class Judge(QuestionSettings):
    """A name alone stands for `{model: name}`. It is asked only where the project says so: small models judge badly."""

    when: Literal["full", "always", "never"] = "never"
    model: str = ""  # that judges: a base or a `remote:` one; the project's own when empty
    rows: int = Field(default=100, ge=10, le=5000)  # test rows that are judged, drawn with the seed
    criteria: str = "Prefer the answer that is right, complete and to the point."
    reference: bool = True  # the judge sees the accepted answer
    # JSON lines of what people said: {"id": row, "first": arm, "second": arm, "better": "first", "second" or "tie"}
    ratings: str = ""

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return {"when": "always", "model": value} if isinstance(value, str) else value
