"""Rules, forms and lengths of an answer, by the answer alone."""

import json
from dataclasses import replace

import pytest

from assay.config import make_part
from assay.config.complaints import SettingsError
from assay.core.errors import TrainError
from assay.core.types import Answer, Form
from assay.evaluation.rewards.of_text import FormReward
from helpers.problems import problem

SCHEMA = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}


def scored(value, lesson, *texts):
    scorer = make_part(value, {}).fit(lesson)
    return scorer.score([None] * len(texts), [Answer(None, raw=text) for text in texts])


def test_rules_hold_all_or_in_part(lesson):
    rules = {"contains": ["red"], "max_words": 3}
    texts = ("a red ball", "a red ball and more", "a blue ball and more")
    own = {"kind": "check", "answer": rules}
    assert scored(own, lesson("answer"), *texts) == [1, 0, 0]
    assert scored({**own, "partial": True}, lesson("answer"), *texts) == [1, 0.5, 0]


def test_a_form_is_kept_or_not(lesson):
    texts = ('{"n": 1}', '{"n": "1"}', '{"n": 1', "41", "4x")
    by_schema = {"kind": "form", "json_schema": SCHEMA}
    assert scored(by_schema, lesson("answer"), *texts) == [1, 0, 0, 0, 0]
    assert scored({"kind": "form", "regex": "[0-9]+"}, lesson("answer"), *texts) == [0, 0, 0, 1, 0]
    given = lesson("answer")
    formed = given.task.model_copy(update={"form": Form("json", json.dumps(SCHEMA))})
    assert scored({"kind": "form"}, replace(given, task=formed), *texts) == [1, 0, 0, 0, 0]
    with problem(TrainError, "T112"):
        FormReward().fit(given)


def test_lengths(lesson):
    texts = ("one two", "one two three four", "", "a b c d e f g h i")
    assert scored({"kind": "length", "words": 4}, lesson("answer"), *texts) == [0.5, 1, 0, 0]
    longer = scored({"kind": "length", "prefer": "longer"}, lesson("answer"), *texts)
    assert longer == [0.02, 0.04, 0, 0.09]


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ({"kind": "length"}, "one of both"),
        ({"kind": "length", "words": 3, "prefer": "longer"}, "one of both"),
        ({"kind": "form", "regex": "("}, "no pattern"),
        ({"kind": "form", "json_schema": {"type": 3}}, "no JSON schema"),
        ({"kind": "form", "json_schema": {}, "regex": "a"}, "leave one"),
        ({"kind": "check"}, "answer"),
        ({"kind": "check", "answer": {"contain": ["a"]}}, "contain"),
        ({"kind": "chek"}, "check"),
    ],
)
def test_settings_that_cannot_be(value, part):
    with pytest.raises(SettingsError, match=part):
        make_part(value, {})
