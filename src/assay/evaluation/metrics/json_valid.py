"""Share of the answers that are JSON, and fit the task's JSON schema where it has one.

What it counts   all that the arm wrote, white space at both ends aside, must be one JSON value (RFC
                 8259: no NaN, no comma at the end). With `task: {form: {json: schema}}` it must fit
                 the schema as well
Targets          are not looked at: valid is not right. exact_match says whether it is the same text
Unreadable       an answer that was cut off, or stands in a code fence, is not valid
Source           RFC 8259; JSON Schema 2020-12 (or what `$schema` names), by the library jsonschema
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.evaluation.metrics.accuracy import mean


def parse_json(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is none.
    """
    return json.loads(text, parse_constant=_refuse)


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def fits(task: Task) -> Callable[[Any], bool]:
    """Whether a value fits the task's schema; any does where there is none."""
    if task.form is None or task.form.kind != "json":
        return lambda value: True
    from jsonschema.validators import validator_for

    schema = json.loads(task.form.text)
    return validator_for(schema)(schema).is_valid


class JsonValid(Metric):
    """One column: 1 for a valid answer, else 0."""

    name = "json_valid"
    about = "share of the answers that are JSON, and fit the task's schema where it has one"

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        fit = fits(task)
        return np.array([self._valid(record, fit) for record in records], dtype=np.float64).reshape(
            -1, 1
        )

    def _valid(self, record: Record, fit: Callable[[Any], bool]) -> bool:
        try:
            return fit(parse_json(record.answer.raw or record.answer.text or ""))
        # brackets inside brackets by the thousand are no answer either
        except (ValueError, RecursionError):
            return False

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        return mean(sums[..., 0], n)
