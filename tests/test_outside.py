"""The yardstick outside: how sets are read, what is compared with what. No recipe is run and no
model is loaded."""

import json
import sys
from pathlib import Path

import pytest

from assay.core.types import Example, Message

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(autouse=True)
def _scripts(monkeypatch):
    """The scripts import each other as a script's neighbours do."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield
    for name, module in [*sys.modules.items()]:
        if str(vars(module).get("__file__")).startswith(str(BENCHMARKS)):
            del sys.modules[name]


def test_tagged_words_become_spans_of_the_joined_text():
    from outside_pieces import sentences

    lines = [
        ["Ann", "B-person"],
        ["Lee", "I-person"],
        ["saw", "O"],
        ["Oslo", "B-place"],
        ["Bergen", "B-place"],
        [],
    ]
    (row,) = sentences(lines)
    found = [(row["text"][one["start"] : one["end"]], one["label"]) for one in row["entities"]]
    assert row["text"] == "Ann Lee saw Oslo Bergen"
    assert found == [("Ann Lee", "person"), ("Oslo", "place"), ("Bergen", "place")]


def test_tags_without_a_beginning_are_one_piece_while_the_type_stays():
    from outside_pieces import sentences

    (row,) = sentences([["Evergreen", "I-ORG"], ["Solar", "I-ORG"], ["HERBERT", "I-PER"]])
    assert [row["text"][one["start"] : one["end"]] for one in row["entities"]] == [
        "Evergreen Solar",
        "HERBERT",
    ]


def test_white_space_leaves_a_piece():
    from outside_pieces import span, trimmed

    assert trimmed(" five  ", [span("value", 0, 7), span("value", 5, 7)]) == [span("value", 1, 5)]


def laid(folder: Path):
    """Four test rows of two labels, in place of a set."""
    from outside_rows import Laid

    rows = [Example(f"t{n}", (Message("user", f"text {n}"),), target="ab"[n % 2]) for n in range(4)]
    lines = [json.dumps({"split": "test", "example": row.to_json()}) for row in rows]
    (folder / "examples.jsonl").write_text("\n".join(lines))
    task = {"kind": "classify", "metric": "accuracy", "labels": ["a", "b"]}
    about = {
        "name": "four",
        "kind": "classify",
        "metric": "accuracy",
        "labels": 2,
        "documents": 0,
        "task": task,
    }
    return Laid(folder, {**about, "rows": {"train": 9, "val": 3, "test": 4}})


def result(recipe, val, right):
    share = sum(right) / len(right)
    rows = [[float(one)] for one in right]
    return {
        "set": "four",
        "side": "outside",
        "recipe": recipe,
        "val": val,
        "test": share,
        "rows": rows,
        "seconds": 60.0,
    }


def test_val_names_a_recipe_and_the_test_rows_another_one(tmp_path):
    from outside_page import Told

    one = Told(laid(tmp_path), [result("x", 0.9, [1, 0, 0, 0]), result("y", 0.8, [1, 1, 1, 0])])
    assert (one.chosen, one.best) == ("x", "y")
    # Rows 2 and 3 of four are right with y alone: 50 points, and no draw has x in front.
    found = one.less(one.outside["y"], one.outside["x"])
    assert (found.value, found.low) == (50.0, 0.0)


def test_the_page_says_what_was_lost_and_what_is_missing(tmp_path):
    from outside_page import document

    rows = [result("x", 0.9, [1, 0, 0, 0]), result("y", 0.8, [1, 1, 1, 0])]
    page = document([laid(tmp_path)], rows, {"four": ["x", "y", "z"]})
    assert "on 0 of 1 sets; it loses 50.0 points on average, 50.0 at worst" in page
    assert "- four: `z`" in page and "assay has not been run" in page
    assert "Other rows, each asked once" not in page


def test_each_later_drawing_with_results_has_a_part_of_its_own(tmp_path):
    from outside_page import document
    from outside_prose import LATER

    rows = [result("x", 0.9, [1, 0, 0, 0]), result("y", 0.8, [1, 1, 1, 0])]
    one, known = laid(tmp_path), {"four": ["x", "y", "z"]}
    page = document([one], rows, known, [(prose, [one]) for prose in LATER])
    assert page.count("50.0 at worst") == 3 and page.count("| four | classify |") == 3
    second, third = map(page.index, ("1 sets, drawn when nothing", "1 sets: what the first two"))
    assert second < third
    page = document([one], rows, known, [(LATER[0], []), (LATER[1], [one])])
    assert "## Other rows, each asked once" not in page and "## Rows of a third drawing" in page


def test_assay_is_held_against_the_best_outside(tmp_path):
    from outside_page import document

    arms = {
        "probe": {"test": 1.0, "rows": [[1.0]] * 4, "seconds": 6.0},
        "majority": {"test": 0.5, "rows": [[1.0], [0.0]] * 2, "seconds": 1.0},
    }
    run = {"set": "four", "side": "assay", "recommended": "majority", "best": "probe", "arms": arms}
    page = document([laid(tmp_path)], [result("y", 0.8, [1, 1, 1, 0]), run], {"four": ["y"]})
    assert "on 0 of 1 sets, and at worst 25.0 points behind it (four)" in page
    assert "at least as good as the best outside on 1 of 1" in page


def test_drawings_are_told_in_a_line_each(tmp_path):
    from outside_page import Told, overview

    arms = {"probe": {"test": 1.0, "rows": [[1.0]] * 4, "seconds": 6.0}}
    run = {"set": "four", "side": "assay", "recommended": "probe", "best": "probe", "arms": arms}
    one = Told(laid(tmp_path), [result("y", 0.8, [1, 1, 1, 0]), run])
    lines = [*overview([("first", [one]), ("not run", [])])]
    assert lines[2:] == ["| first | 1 | 1 | 0.0 | 1 |"]


def test_the_recipes_import_nothing_of_assay():
    files = [*(BENCHMARKS / "outside").glob("*.py")]
    assert files and not [
        file.name
        for file in files
        if "import assay" in (text := file.read_text()) or "from assay" in text
    ]


def test_a_second_drawing_has_no_text_of_the_first():
    from outside_rows import parts_of
    from outside_second import again
    from outside_source import Source

    rows = [{"text": f"text {n % 90}", "label": "ab"[n % 2]} for n in range(100)]

    def make() -> Source:
        columns = {"text": "text", "label": "label"}
        return Source("classify", "accuracy", rows, columns=columns, most=20, asked=10)

    first = {row["text"] for row in parts_of(make())["data"]}
    left = again(make).rows
    assert first.isdisjoint(row["text"] for row in left)
    # Every other row is left: those ten texts that stand twice go with either row.
    assert [*left] == [row for row in rows if row["text"] not in first]


def test_a_third_drawing_has_no_text_of_the_first_two():
    from outside_second import unseen
    from outside_source import Source

    columns = {"text": "text", "label": "label"}

    def drew(first: int, most: int) -> Source:
        rows = [{"text": f"text {n}", "label": "a"} for n in range(first, first + 5)]
        return Source("classify", "accuracy", rows, columns=columns, most=most, asked=0)

    # The second has drawn but one of its five rows: what it has not drawn is left.
    rows = [{"text": f"text {n}", "label": "b"} for n in range(12)]
    drawn = unseen(rows, drew(0, 5), drew(5, 1))
    assert len(drawn) == 6 and {"text 10", "text 11"} <= {row["text"] for row in drawn}


def test_values_stand_as_whole_words_and_the_longer_first():
    from outside_third import standing, values_of

    values = values_of("name[The Mill], area[city centre], near[Mill], familyFriendly[yes]")
    text = "Millers: near the mill in the City Centre is no other Mill."
    found = [(text[one["start"] : one["end"]], one["label"]) for one in standing(text, values)]
    assert found == [("the mill", "name"), ("City Centre", "area"), ("Mill", "near")]
