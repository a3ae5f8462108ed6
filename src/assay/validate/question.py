"""The settings of a question that is asked beside the scores: when it is asked, and what each question adds."""

from typing import Any, Literal

from pydantic import model_validator

from assay.nouns import Settings


class QuestionSettings(Settings):
    """`true` and a mapping of settings ask in every run, `false` in none. Left out, it is asked in full depth."""

    when: Literal["full", "always", "never"] = "full"

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, bool):
            return {"when": "always" if value else "never"}
        return {"when": "always", **value} if isinstance(value, dict) and value else value

    def asked(self, depth: str) -> bool:
        """Whether it is asked in a run of this depth, "quick" or "full"."""
        return self.when == "always" or (self.when == "full" and depth == "full")
