"""YAML 1.2 in and out: words stay words, and what is written reads back."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay.config.yamlfile import dump, read


@pytest.mark.parametrize(
    "word", ["yes", "no", "on", "off", "y", "1:30", "2024-01-01", "0x1f", "1_000", ".nan", "NaN"]
)
def test_yaml_1_2_leaves_these_words_as_text(word: str):
    # YAML 1.1 makes booleans, 90, a date, 31, 1000 and a float of them.
    assert read(f"a: {word}").value == {"a": word}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("-3", -3),
        (".5", 0.5),
        ("3.", 3.0),
        ("true", True),
        ("~", None),
        ("", None),
        ("0.048740861088545896", 0.048740861088545896),
    ],
)
def test_core_scalars(text: str, value: object):
    found = read(f"a: {text}").value["a"]
    assert found == value
    assert type(found) is type(value)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


VALUES = st.recursive(
    SCALARS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
@example(
    {
        "a": [1e-7, "1e-7", "0123", "~", "yes", "\u2028", "\x85", "#", "a #b", "- x", ""],
        "on": {"": None},
    }
)
def test_what_is_written_is_read_back(value: object):
    source = read(dump(value))
    # Whole numbers longer than 18 characters are refused by the reader, as ids that a person wrote
    # without quotes.
    if not source.faults:
        assert source.value == value
    else:
        assert {fault.code for fault in source.faults} <= {"C068", "C069", "C081"}


@pytest.mark.parametrize(
    "text",
    [
        'data: {files: {data: "rows\\0x.jsonl"}}',
        'documents: ["a\\0b"]',
        'split: {manifest: "a\\x00b"}',
        'task: {"pol\\0icy": rules.yaml}',
    ],
)
def test_a_nul_that_is_written_as_an_escape_is_a_fault_with_its_line(text: str):
    source = read(f"version: 2\n{text}\n")
    assert [(fault.code, fault.line) for fault in source.faults] == [("C081", 2)]
    assert "NUL" in source.faults[0].text
