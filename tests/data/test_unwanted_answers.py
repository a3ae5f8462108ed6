"""Answers that nobody wants: what of them may be learnt without giving a test row away."""

import numpy as np
import pytest

from assay.core.types import Example, Means, Message
from assay.data.split import Split
from assay.data.steps.repair import Repair
from assay.data.unwanted_answers import curate_unwanted


def bad(id, question, answer="Go away.", **more):
    return Example(id, (Message("user", question),), rejected=answer, **more)


def held(question, **more):
    return Example("held", (Message("user", question),), target="The Baltic.", **more)


def curate(rows, *, val=(), test=(), split=None, steps=(), means=None):
    split = split or Split(near=0.9)
    return curate_unwanted(rows, val, test, steps=steps, split=split, means=means or Means())


SEA = "Which sea lies between Sweden and Estonia, and how deep is it?"


@pytest.mark.parametrize("part", ["val", "test"])
def test_questions_of_val_and_test_are_dropped(part):
    rows = [bad("a", SEA), bad("b", f"{SEA} "), bad("c", "Name a lake."), bad("d", SEA.upper())]
    kept = curate(rows, **{part: [held(SEA)]})
    assert [row.id for row in kept] == ["c"]
    assert (kept[0].target, kept[0].rejected) == (None, "Go away.")


def test_groups_of_test_are_dropped():
    rows = [bad("a", "Name a lake.", group="x"), bad("b", "Name a river.", group="y")]
    assert [row.id for row in curate(rows, test=[held(SEA, group="x")])] == ["b"]


def test_what_is_as_new_as_test_is_dropped():
    rows = [bad(str(at), f"Name lake number {at}.", time=float(at)) for at in range(4)]
    split = Split(near=0.9, by="time", time="when")
    kept = curate(rows, test=[held(SEA, time=2.0)], split=split)
    assert [row.id for row in kept] == ["0", "1"]


def test_they_get_the_repairs_that_every_question_gets():
    rows = [bad("a", "Name a cafÃ©.", "No cafÃ©."), bad("b", "Name a café.", "No café.")]
    (row,) = curate(rows, steps=[Repair()])  # and then they are one
    assert (row.id, row.text, row.rejected) == ("a", "Name a café.", "No café.")


def test_several_bad_answers_to_one_question_stay():
    rows = [bad("a", SEA, "No."), bad("b", SEA, "Never."), bad("c", SEA, "No.")]
    assert [row.id for row in curate(rows)] == ["a", "b"]


def test_other_words_for_a_question_of_test_are_dropped_where_a_threshold_is_given():
    rows = [bad("a", "Between Sweden and Estonia, what water?"), bad("b", "Name a lake.")]
    rows += [bad(f"more-{at}", f"Name river number {at}.") for at in range(8)]

    def embed(texts):
        seas = [float("Sweden" in text) for text in texts]
        return np.array([[sea, 1 - sea] for sea in seas], dtype=np.float32)

    split = Split(near=0.9, leaks="repair", paraphrase=0.8)
    kept = curate(rows, test=[held(SEA)], split=split, means=Means(embed=embed))
    assert [row.id for row in kept] == ["b", *(f"more-{at}" for at in range(8))]
