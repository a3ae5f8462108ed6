"""Answers that are JSON, and that fit a schema."""

import json

from assay.core.types import Answer, Form, Record, Task
from assay.evaluation.scoring import judge
from helpers.answer_records import QUESTION

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name"],
    "additionalProperties": False,
}


TEXTS = {
    '{"name": "Ann", "age": 7}': (True, True),
    ' {"age": 7,\n "name": "Ann"} ': (True, True),
    '{"age": 7}': (True, False),
    '{"name": "Ann", "age": -1}': (True, False),
    "[1, 2]": (True, False),
    '{"name": "Ann",}': (False, False),
    "{'name': 'Ann'}": (False, False),
    '{"name": NaN}': (False, False),
    '```json\n{"name": "Ann"}\n```': (False, False),
    '{"name": "Ann"': (False, False),
    "": (False, False),
    "[" * 100_000: (False, False),
}


def test_json_is_valid_and_fits_its_schema():
    rows = [Record(QUESTION, "x", (), Answer(text or None, raw=text)) for text in TEXTS]
    plain = judge(rows, Task(kind="answer", metrics=("json_valid",)))
    assert plain.of_rows("json_valid").tolist() == [float(valid) for valid, _ in TEXTS.values()]
    form = Form("json", json.dumps(SCHEMA))
    fitting = judge(rows, Task(kind="answer", metrics=("json_valid",), form=form))
    assert fitting.of_rows("json_valid").tolist() == [float(fits) for _, fits in TEXTS.values()]
