"""Facts in documents: where a value stands as itself, and what may stand in its place."""

import random

import pytest

from assay.audits.update_drill.facts import Fact, find_facts, home, instead, is_name, shape
from assay.core.types import Document, Example, Message

PAGES = [
    Document(
        "fees.md", "A copy costs 40 cents. The card costs 7.50 euros, and 140 cents are a fine."
    ),
    Document("rooms.md", "The hall is named after Ada Holm. It opens at 9:30."),
    Document("both.md", "Ada Holm paid 40 cents."),
]


def row(name, target, *found_in, also=()):
    return Example(
        name, (Message("user", f"question {name}"),), target, also=also, found_in=found_in
    )


def test_a_value_is_found_as_itself_and_not_inside_another():
    assert Fact("fees.md", "40 cents", "65 cents").apply_to_document(PAGES[0]).text == (
        "A copy costs 65 cents. The card costs 7.50 euros, and 140 cents are a fine."
    )
    assert Fact("fees.md", "50 euros", "x").apply_to_document(PAGES[0]).text == PAGES[0].text


def test_the_document_of_a_row_is_the_noted_one_or_the_only_one_with_its_answer():
    assert home(row("a", "40 cents", "fees.md"), PAGES) == "fees.md"
    assert home(row("a", "40 cents", "fees.md", "both.md"), PAGES) is None
    assert home(row("a", "40 cents"), PAGES) is None  # it stands in two
    assert home(row("a", "7.50 euros"), PAGES) == "fees.md"
    assert home(row("a", "nowhere"), PAGES) is None


def test_a_number_becomes_one_of_its_shape_and_a_name_another_name():
    draw = random.Random(1)
    assert (
        instead("40 cents", ["65 cents", "40 cents", "5 cents", "65 euros"], PAGES[0].text, draw)
        == "65 cents"
    )
    new = instead("7.50 euros", [], PAGES[0].text, draw)
    assert new and new != "7.50 euros" and shape(new) == "9.99 euros"
    assert instead("Ada Holm", ["Bo Lind", "Carl", "Dora Ek"], PAGES[1].text, draw) in (
        "Bo Lind",
        "Dora Ek",
    )
    assert instead("Ada Holm", ["Carl"], PAGES[1].text, draw) is None
    # neither a number nor a name
    assert instead("on foot", ["by bus"], PAGES[1].text, draw) is None
    assert is_name("Ada Holm") and not is_name("Ada holm") and not is_name("")


def test_one_fact_a_document_drawn_by_the_seed_and_the_rows_that_ask_for_it():
    test = [row("a", "40 cents", "fees.md", also=("40",)), row("b", "7.50 euros", "fees.md")]
    test += [row("c", "Ada Holm", "rooms.md"), row("d", "9 euros", "rooms.md")]
    found = find_facts(test, [row("t", "Bo Lind")], PAGES, most=5, seed=1)
    assert sorted(fact.document for fact in found) == ["fees.md", "rooms.md"]
    assert found == find_facts(test[::-1], [row("t", "Bo Lind")], PAGES, most=5, seed=1)
    assert len(find_facts(test, [], PAGES, most=1, seed=1)) == 1
    answered = Fact("fees.md", "40 cents", "65 cents").apply_to_row(test[0])
    assert (answered.target, answered.also) == ("65 cents", ("65",))


@pytest.mark.parametrize("seed", range(5))
def test_a_new_value_never_stands_in_the_document(seed):
    new = instead("7.50 euros", [], "9.99 euros", random.Random(seed))
    assert new != "9.99 euros"
