"""Objects of fields: read from model text, compared field by field, described by a schema, put
together again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from assay.core.types import Example, Message
from assay.tasks import output_forms
from assay.tasks.json_objects import (
    build_object,
    dump_object,
    extract_object,
    form_of,
    leaves,
    of_field,
    parse_object,
    same,
    schema_of,
)

ORDERS = [
    {
        "customer": {"name": "Ann", "vip": True},
        "items": [{"what": "pump", "n": 2}, {"what": "hose", "n": 1}],
    },
    {"customer": {"name": "Bo", "vip": False}, "items": [], "note": None},
    {
        "customer": {"name": "Cy", "vip": False},
        "items": [{"what": "seal", "n": 4}],
        "note": "by Friday",
    },
]

scalars = (
    st.none() | st.booleans() | st.integers(-999, 999) | st.text("ab c", min_size=1, max_size=4)
)
objects = st.recursive(
    st.dictionaries(st.sampled_from("pqr"), scalars, max_size=3),
    lambda inner: st.dictionaries(
        st.sampled_from("pqr"), inner | st.lists(scalars, max_size=2), max_size=3
    ),
    max_leaves=6,
)


def test_fields_have_a_path_and_a_value_and_what_is_empty_is_no_field():
    assert leaves(ORDERS[0]) == [
        ("customer.name", "Ann"),
        ("customer.vip", "true"),
        ("items.what", "pump"),
        ("items.n", "2"),
        ("items.what", "hose"),
        ("items.n", "1"),
    ]
    assert leaves({"a": None, "b": "", "c": [], "d": {}, "e": 4.0}) == [("e", "4")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}', {"a": 1}),
        ('Here it is:\n```json\n{"a": {"b": [1, 2]}}\n```\nDone.', {"a": {"b": [1, 2]}}),
        ('{"a": 1} {"b": 2}', {"a": 1}),
        ('{"a": "x", "b": "cut of', {"a": "x"}),  # without its unfinished field
        ('{"a": {"b": 1, "c": [2, 3', {"a": {"b": 1, "c": [2]}}),
        ('{"a": "brackets } ] in \\" text", "b": 2', {"a": 'brackets } ] in " text'}),
        ("no object", None),
        ("{not json}", None),
        ('{"a": NaN}', None),
    ],
)
def test_an_object_is_found_in_what_a_model_writes(text, found):
    assert extract_object(text) == found


def test_what_a_file_may_hold():
    assert of_field(None) == of_field("") == of_field([]) == of_field("{}") == {}
    assert of_field('{"a": 1}') == of_field({"a": 1}) == {"a": 1}
    for wrong in ("text", "[1]", [1], 3, "{'a': 1}"):
        with pytest.raises(ValueError, match="no JSON object"):
            of_field(wrong)


def test_objects_are_the_same_whatever_the_order_of_their_fields_and_their_writing():
    assert same('{"a": "Oslo ", "b": 4}', '{"b": 4.0, "a": "oslo", "c": null, "d": []}')
    assert not same('{"a": [1, 2]}', '{"a": [2, 1]}')
    assert not same('{"a": 1}', '{"a": 1, "b": 2}')
    assert not same("a: 1", "a: 1")


def test_the_schema_of_rows():
    made = schema_of(ORDERS)
    assert made["required"] == ["customer", "items"]
    assert made["properties"]["note"]["type"] == ["null", "string"]
    assert made["properties"]["customer"]["properties"]["vip"] == {"type": "boolean"}
    assert made["properties"]["items"]["items"]["required"] == ["what", "n"]
    # A field that stands between two others stands there in the schema too, which is the order
    # answers are written in.
    assert list(schema_of([{"a": 1, "c": 1}, {"a": 1, "b": 1, "c": 1}])["properties"]) == [
        "a",
        "b",
        "c",
    ]


def test_values_are_listed_where_none_was_seen_once_only():
    twenty = [{"state": state} for state in ("open", "closed") for _ in range(10)]
    assert schema_of(twenty)["properties"]["state"]["enum"] == ["closed", "open"]
    assert "enum" not in schema_of([*twenty, {"state": "lost"}])["properties"]["state"]
    assert "enum" not in schema_of(twenty[:19])["properties"]["state"]


@given(st.lists(objects, min_size=1, max_size=4))
def test_every_object_fits_the_schema_of_its_rows(rows):
    # By the library jsonschema, which has read none of this.
    schema = schema_of(rows)
    Draft202012Validator.check_schema(schema)
    assert all(Draft202012Validator(schema).is_valid(row) for row in rows)


def test_an_object_comes_back_from_its_fields():
    schema = schema_of(ORDERS)
    for order in ORDERS:
        made = build_object(leaves(order), schema)
        assert same(dump_object(made), dump_object(order))
        assert Draft202012Validator(schema).is_valid(made)
    assert build_object([("items.n", "1,200"), ("customer.vip", "maybe")], schema)["items"] == [
        {"n": 1200}
    ]


def row(target):
    return Example("a", (Message("user", "x"),), target)


def test_a_form_is_made_of_rows_that_are_objects_and_a_model_can_be_held_to_it():
    form = form_of([row(dump_object(order)) for order in ORDERS])
    assert json.loads(form.text) == schema_of(ORDERS)
    assert output_forms.grammar(form)
    assert form_of([row("city: Oslo")]) is None is form_of([])
    wide = form_of([row(json.dumps({f"{i} {'long name ' * 40}": 1 for i in range(60)}))])
    assert parse_object(wide.text) == {"type": "object"}  # larger than a form may be
