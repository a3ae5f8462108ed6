"""The settings under `evaluate: {judge: ...}`."""

from pydantic import Field

from assay.config.audits.base import QuestionSettings


class Judge(QuestionSettings):
    """A name alone stands for `{model: name}`. Full depth does not ask it: small models judge
    badly."""

    model: str = ""  # that judges: a base or a `remote:` one; the project's own when empty
    rows: int = Field(default=100, ge=10, le=5000)  # test rows that are judged, drawn with the seed
    criteria: str = "Prefer the answer that is right, complete and to the point."
    policy: bool = False  # the judge reads the rules of the task's policy in place of `criteria`
    reference: bool = True  # the judge sees the accepted answer
    # JSON lines of what people said: {"id": row, "first": arm, "second": arm, "better": "first",
    # "second" or "tie"}
    ratings: str = ""

    def is_enabled(self, depth: str) -> bool:
        """Only where the project says something of it."""
        return super().is_enabled("quick")
