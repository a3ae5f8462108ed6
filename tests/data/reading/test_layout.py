import re

import pytest

from assay.data.reading import layout
from assay.data.reading.layout import ROLES, TARGETS, RowLayout, fields_of


def test_each_role_stands_once_and_is_explained():
    assert len(set(ROLES)) == len(ROLES) and set(TARGETS) <= set(ROLES)
    explained = set(re.findall(r"\w+", layout.__doc__))
    assert set(ROLES) - explained == set()


@pytest.mark.parametrize(
    ("role", "name", "fields"),
    [
        ("choices", "A, B,C", ("A", "B", "C")),
        ("choices", "options", ("options",)),
        ("text", "name, first", ("name, first",)),  # a field may be called so
        ("choices", "", ()),
        ("text", "", ()),
    ],
)
def test_the_options_alone_may_be_several_fields(role, name, fields):
    assert fields_of(role, name) == fields


def test_text_and_question_are_one_role_and_so_are_targets():
    asked = RowLayout({"question": "q", "answer": "a", "choices": "A, B", "group": "g"}, "choose")
    assert (asked.text_field, asked.target_field, asked.choices) == ("q", "a", ("A", "B"))
    # Rows may share a group, so it is no field of one row alone.
    assert asked.exclusive_fields == {"q", "a", "A", "B"}
    assert RowLayout({"text": "t"}, "answer").target_field is None


def test_a_target_need_not_be_there_for_questions_and_for_rows_to_be_annotated():
    columns = {"text": "t", "label": "l"}
    assert RowLayout(columns, "classify", "g", ("s",)).mandatory_fields == ["t", "l", "g", "s"]
    assert RowLayout(columns, "classify", target=False).mandatory_fields == ["t"]
    assert RowLayout(columns, "classify", open=True, time="w").mandatory_fields == ["t", "w"]
