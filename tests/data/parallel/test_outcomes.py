from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from assay.core.types import Document, Example, Means, Message
from assay.data.parallel.outcomes import (
    Fate,
    Note,
    decode_line,
    encode_line,
    from_json,
    of_rows,
    of_set,
    to_json,
)
from assay.data.steps.dedupe import Dedupe
from assay.data.steps.length import Length
from assay.data.steps.repair import Repair

# Every character there is, halves of surrogate pairs among them.
texts = st.text(st.characters(codec=None), max_size=8)
maybe = st.none() | texts
examples = st.builds(
    Example,
    id=texts,
    messages=st.lists(
        st.builds(Message, st.sampled_from(("system", "user", "assistant")), texts)
    ).map(tuple),
    target=maybe,
    also=st.lists(texts, max_size=2).map(tuple),
    rejected=maybe,
    context=st.lists(st.builds(Document, texts, texts, texts, texts), max_size=2).map(tuple),
    group=maybe,
    slices=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
    source=texts,
)
notes = st.lists(
    st.builds(Note, st.integers(0, 9), st.sampled_from(("changed", "dropped")), texts, texts)
).map(tuple)
fates = st.builds(Fate, st.integers(0, 10**7), notes, st.none() | examples, st.none() | examples)


@given(fates)
def test_a_fate_comes_back_as_it_was(fate):
    line = encode_line(to_json(fate))
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert from_json(decode_line(line)) == fate


@given(examples)
def test_a_row_that_is_the_same_twice_is_sent_once(example):
    fate = Fate(3, (), example, example)
    assert to_json(fate)[-1] is True
    back = from_json(decode_line(encode_line(to_json(fate))))
    assert back == fate and back.firm is back.row


def test_a_pass_takes_a_row_through_all_steps_and_stops_where_it_is_dropped(make):
    rows = make([("fine as it is", "a"), ("two   spaces", "a"), ("  ", "a"), ("x" * 30, "a")])
    found = list(of_rows((Repair(), Length(max_chars=20)), rows, Means(), official=False))
    assert [(fate.at, fate.notes, fate.row and fate.row.text) for fate in found] == [
        (1, (Note(0, "changed", "white space"),), "two spaces"),
        (2, (Note(0, "changed", "white space"), Note(1, "dropped", "empty")), None),
        (3, (Note(0, "dropped", "too long")._replace(step=1),), None),
    ]
    assert {fate.firm for fate in found} == {None}


def test_of_an_official_row_it_says_what_the_steps_of_every_question_made_of_it(make):
    rows = make([("  ", "a"), ("a  b", "a")])
    found = list(of_rows((Repair(), Length()), rows, Means(), official=True))
    assert [(fate.row and fate.row.text, fate.firm and fate.firm.text) for fate in found] == [
        (None, ""),
        ("a b", "a b"),
    ]


def test_a_set_step_has_a_place_for_every_row(make):
    rows = make([("one", "a"), ("ONE", "a"), ("two", "a")])
    assert list(of_set(Dedupe(), rows, Means())) == [
        None,
        Fate(1, (Note(0, "dropped", "same text", "rows-1"),), None),
        None,
    ]


def test_an_empty_text_and_no_text_stay_apart():
    row = Example("r", (Message("user", "?"),), rejected="", group="")
    assert (
        Example.from_json(row.to_json())
        == row
        != Example.from_json(replace(row, rejected=None).to_json())
    )
