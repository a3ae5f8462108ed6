"""Equality of written answers, by SQuAD's own rule."""

import string

from hypothesis import given
from hypothesis import strategies as st

from assay.core.types import Task
from assay.evaluation.metrics.exact_match import ExactMatch, normalise
from helpers.answer_records import record, squad

ascii_text = st.text(alphabet=string.ascii_letters + string.digits + " .,-'$%the", max_size=40)


@given(ascii_text)
def test_answers_are_normalised_as_in_squad_on_ascii(text):
    assert normalise(text) == squad(text)


def test_normalisation_reaches_all_of_unicode():
    assert normalise("The “Eiffel” Tower…") == "eiffel tower"
    assert normalise("Ｎｏ．５") == "no5"
    assert normalise("Ünïcode—dash") == "ünïcodedash"


def test_objects_are_the_same_whatever_the_order_of_their_fields():
    one = record('{"name": "Ann", "age": "7"}', '{"age": "7", "name": "Ann"}')
    rows = [one, record(one.target, '{"name": "Ann"}')]
    assert ExactMatch().rows(rows, Task(kind="extract")).tolist() == [[1], [0]]
