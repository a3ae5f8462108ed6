"""Rewards that read an answer alone: rules, a form, its length.

check    1 where all rules of `answer` hold (tasks/answer_checks.py); `partial`: the share that does
form     1 for an answer that fits a JSON schema, or all of which matches a pattern; the task's own
         form where none is given
length   in words: `words` is the best, from 1 there down to 0 at none and at twice as many;
         `prefer: shorter` or `longer` counts hundreds of words, without an end
Watch out   what reads the answer alone is fooled by answers that say nothing: put it beside a
            reward that reads what is right
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

from pydantic import Field, model_validator

from assay.core.errors import Problem, TrainError
from assay.core.types import Answer, Example, Lesson
from assay.evaluation.metrics.json_valid import parse_json
from assay.evaluation.rewards.reward import AnswerScorer, RewardPart
from assay.tasks.answer_checks import AnswerCheck, count_words

HUNDRED = 100  # words that `prefer` counts as 1


class TextScorer(AnswerScorer):
    """A number for what was written, as it was written."""

    def __init__(self, number: Callable[[str], float]):
        self._number = number

    def score(self, rows: Sequence[Example], answers: Sequence[Answer]) -> list[float]:
        return [float(self._number(answer.raw)) for answer in answers]


class CheckReward(RewardPart):
    kind: Literal["check"] = "check"
    answer: AnswerCheck
    partial: bool = False

    def fit(self, lesson: Lesson) -> TextScorer:
        if not self.partial:
            return TextScorer(self.answer.holds)
        named = len(self.answer.non_defaults())
        return TextScorer(lambda text: 1 - len(list(self.answer.failures(text))) / named)


class FormReward(RewardPart):
    kind: Literal["form"] = "form"
    json_schema: dict[str, Any] | None = None
    regex: str = ""  # a pattern of Python's `re`

    @model_validator(mode="after")
    def _possible(self) -> FormReward:
        from jsonschema.exceptions import SchemaError
        from jsonschema.validators import validator_for

        if self.json_schema is not None and self.regex:
            raise ValueError("has a JSON schema and a regex; leave one of them out")
        try:
            re.compile(self.regex)
            if self.json_schema is not None:
                validator_for(self.json_schema).check_schema(self.json_schema)
        except re.error as error:
            raise ValueError(f"regex: {self.regex!r} is no pattern: {error}") from None
        except SchemaError as error:
            raise ValueError(f"json_schema: is no JSON schema: {error.message[:200]}") from None
        return self

    def fit(self, lesson: Lesson) -> TextScorer:
        """
        Raises:
            TrainError: T112, neither the reward nor the task has a form that can be checked.
        """
        form = lesson.task.form
        schema = self.json_schema
        if schema is None and not self.regex and form is not None and form.kind == "json":
            schema = json.loads(form.text)
        regex = self.regex or (form.text if form and form.kind == "regex" else "")
        if schema is not None:
            return TextScorer(valid_by(schema))
        if not regex:
            text = "the reward 'form' has no `json_schema` and no `regex`, and the task no form"
            raise TrainError(Problem("T112", text, help="give it one of them"))
        pattern = re.compile(regex)
        return TextScorer(lambda text: pattern.fullmatch(text.strip()) is not None)


def valid_by(schema: dict[str, Any]) -> Callable[[str], bool]:
    from jsonschema.validators import validator_for

    validator = validator_for(schema)(schema)

    def valid(text: str) -> bool:
        try:
            return validator.is_valid(parse_json(text))
        except (ValueError, RecursionError):
            return False

    return valid


class LengthReward(RewardPart):
    kind: Literal["length"] = "length"
    words: int = Field(default=0, ge=0, le=100_000)  # the best number of them; 0: see `prefer`
    prefer: Literal["", "shorter", "longer"] = ""

    @model_validator(mode="after")
    def _possible(self) -> LengthReward:
        if bool(self.words) == bool(self.prefer):
            raise ValueError(
                "length needs one of both: words, the best number of them, or prefer: shorter or"
                " longer"
            )
        return self

    def fit(self, lesson: Lesson) -> TextScorer:
        if self.prefer:
            sign = 1 if self.prefer == "longer" else -1
            return TextScorer(lambda text: sign * count_words(text) / HUNDRED)
        return TextScorer(
            lambda text: max(0.0, 1 - abs(count_words(text) - self.words) / self.words)
        )
