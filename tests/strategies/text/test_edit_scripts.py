"""Edit trees and scripts of pieces, worked out by hand."""

import json

import pytest

from assay.strategies.text.edit_scripts import (
    LONGEST,
    apply_script,
    apply_tree,
    are_editable,
    as_script,
    edit_tree,
    learn_scripts,
    shape_of,
)

DAYS = [(2024, 3, 1), (1999, 12, 31), (2011, 11, 11), (2005, 10, 2), (2012, 2, 28)]
MONTHS = ["", "January", "February", "March", "April", "May", "June", "July", "August"]
MONTHS += ["September", "October", "November", "December"]


@pytest.mark.parametrize(
    ("text", "goal", "tree"),
    [
        ("walk", "walk", None),
        ("walk", "walked", (0, 0, None, ("", "ed"))),
        ("go", "went", ("go", "went")),
        ("baby", "babies", (0, 1, None, ("y", "ies"))),
        # "ng" stays; of "si" and "sa" the "s" stays
        ("sing", "sang", (2, 0, (0, 1, None, ("i", "a")), None)),
        ("kaufen", "gekauft", (0, 2, ("", "ge"), ("en", "t"))),
        ("", "a", ("", "a")),
    ],
)
def test_the_longest_common_substring_stays(text, goal, tree):
    assert edit_tree(text, goal) == tree
    assert apply_tree(tree, text) == goal


def test_a_tree_fits_what_has_its_replaced_parts():
    ablaut = edit_tree("sing", "sang")
    assert [apply_tree(ablaut, text) for text in ("ring", "bring", "run", "ng")] == [
        "rang",
        None,  # "br" stands where the tree has one letter
        None,
        None,
    ]
    assert apply_tree(edit_tree("baby", "babies"), "city") == "cities"
    assert apply_tree(edit_tree("walk", "walked"), "") is None  # something has to stay
    assert apply_tree(edit_tree("kaufen", "gekauft"), "machen") == "gemacht"


def test_pieces_change_places_where_all_pairs_do():
    pairs = [(f"{y}-{m:02}-{d:02}", f"{d:02}.{m:02}.{y}") for y, m, d in DAYS]
    scripts = learn_scripts(pairs)
    assert set(scripts) == {("pieces", ((4, None), ".", (2, None), ".", (0, None)))}
    assert apply_script(scripts[0], "2001-09-11") == "11.09.2001"
    assert apply_script(scripts[0], "2001-09") is None


def test_words_are_replaced_and_numbers_padded():
    pairs = [(f"{MONTHS[m]} {d}, {y}", f"{y}-{m:02}-{d:02}") for y, m, d in DAYS * 3]
    pairs += [(f"March {d}, 2020", f"2020-03-{d:02}") for d in range(1, 20)]
    march = ("pieces", ((4, None), "-", (0, ("March", "03")), "-", (2, "two digits")))
    scripts = learn_scripts(pairs)
    assert scripts[0] == march and scripts[-1] == march
    assert apply_script(march, "March 7, 1987") == "1987-03-07"
    assert apply_script(march, "April 7, 1987") is None


def test_places_are_counted_from_the_end_where_the_number_of_words_varies():
    names = [("Ann Lee", "Lee, A."), ("Bo Eve Low", "Low, B."), ("Cy Day", "Day, C.")]
    scripts = learn_scripts(names)
    assert len(set(scripts)) == 1
    assert apply_script(scripts[0], "Ada Mary Jane King") == "King, A."
    assert apply_script(scripts[0], "") is None


def test_of_words_the_tree_stays_where_it_is_as_frequent():
    pairs = [("red car", "red cars"), ("old map", "old maps"), ("lake", "lakes")]
    assert set(learn_scripts(pairs)) == {("tree", (0, 0, None, ("", "s")))}


def test_scripts_come_back_from_json():
    pairs = [("sing", "sang"), ("Ann Lee", "Lee, A."), ("a", "a"), ("2024-03-01", "01.03.2024")]
    scripts = learn_scripts(pairs)
    assert [as_script(one) for one in json.loads(json.dumps(scripts))] == scripts


def test_shapes():
    assert [shape_of(text) for text in ("2024-03-01", "March 3, 2020", "one two  three")] == [
        "0-0-0",
        "a 0, 0",
        "a  a",
    ]


def test_short_pairs_whose_scripts_come_again_are_editable():
    words = ["walk", "jump", "call", "start", "open", "rain", "play", "talk"]
    past = [(word, f"{word}ed") for word in words]
    assert are_editable(past) and are_editable([*past, ("go", "went"), ("be", "was")])
    facts = [(f"Where is {word}?", city) for word, city in zip(words, "ABCDEFGH", strict=True)]
    assert not are_editable(facts)
    assert not are_editable([(text * LONGEST, goal) for text, goal in past])
    assert not are_editable([]) and not are_editable([("a", "")] * 5)
