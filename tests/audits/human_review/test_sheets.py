import pytest

from assay.audits.human_review.pairwise import AnswerPair, ReviewItem, deal
from assay.audits.human_review.sheets import lines, read_sheet, write
from assay.audits.human_review.tally import Rating
from assay.core.errors import DataError
from helpers.problems import problem


def rows(n):
    """Rows of which one in four is answered alike, and one in eight wrongly by the second arm."""
    return [
        AnswerPair(
            f"t{at}",
            f"question {at}",
            "",
            f"right {at}",
            (
                f"right {at}",
                f"right {at}" if at % 4 == 0 else f"wrong {at}" if at % 8 == 1 else f"another {at}",
            ),
            (True, at % 8 != 1),
        )
        for at in range(n)
    ]


def test_a_sheet_says_nothing_of_the_arms():
    items = deal(rows(200), "lora-r8", "rag-shots", split="test", most=60, seed=3)
    text = str(lines(items, "anna"))
    assert not any(hint in text for hint in ("lora", "rag", "target", "again", "better"))


ITEMS = {
    id: ReviewItem(id, "row 1", "test", "?", "", "x", "y", ("lora", "rag")) for id in ("a1", "b2")
}


def sheet(path, *filled):
    rows = zip(lines([*ITEMS.values()], ""), filled, strict=True)
    write(path, [{**line, **more} for line, more in rows])
    return read_sheet(path, ITEMS, None)


@pytest.mark.parametrize("name", ["rate.anna.csv", "rate.anna.jsonl"])
def test_what_was_filled_in_comes_back(tmp_path, name):
    found, problems = sheet(
        tmp_path / name,
        {"choice": "b", "reasons": "Wrong, style; wrong", "note": "=1+1 is no answer"},
        {"choice": "Both bad", "reviewer": "ben"},
    )
    # A choice in any case, reasons once each, a note as it was written; whose sheet it is stands in
    # its name where nobody signed.
    assert found == [
        Rating("a1", "anna", "B", ("wrong", "style"), "=1+1 is no answer"),
        Rating("b2", "ben", "bad", (), ""),
    ]
    assert problems == []


def test_a_line_without_a_choice_is_open_and_other_faults_are_said(tmp_path):
    path = tmp_path / "rate.eve.csv"
    found, problems = sheet(path, {"choice": " "}, {"choice": "left"})
    assert found == [] and [one.code for one in problems] == ["D025"]
    assert problems[0].place.endswith("rate.eve.csv:3")
    path.write_text("id,choice\nzz,A\n")
    found, problems = read_sheet(path, ITEMS, None)
    assert found == [] and [one.code for one in problems] == ["D087"]
    path.write_text("name,choice\nzz,A\n")
    with problem(DataError, "D027", None, "id"):
        read_sheet(path, ITEMS, None)
