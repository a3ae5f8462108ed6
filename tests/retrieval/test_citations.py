import pytest

from assay.core.types import Answer, Document, Example, Message
from assay.retrieval.citations import add_instructions, cite_gold, read, says_unknown

IDS = ("a.md#1", "b.md#2", "c.md#1")


@pytest.mark.parametrize(
    ("written", "text", "cited"),
    [
        ("30 days [1]", "30 days", ["a.md#1"]),
        ("30 days [2][1]", "30 days", ["b.md#2", "a.md#1"]),
        ("30 days [1, 3], paid [3].", "30 days, paid.", ["a.md#1", "c.md#1"]),
        ("30 days", "30 days", []),
        ("30 days [4][0]", "30 days", []),  # no passage has these numbers
        ("[1]", None, ["a.md#1"]),
        ("30 [days]", "30 [days]", []),
        ("30 days [99999]", "30 days [99999]", []),
    ],
)
def test_marks_are_read_and_taken_out(written, text, cited):
    answer = read(Answer(written, raw=written), IDS)
    assert (answer.text, list(answer.cited), answer.raw) == (text, cited, written)


def test_marks_on_a_line_below_the_answer_count():
    assert read(Answer("30 days", raw="30 days\n[2]"), IDS).cited == ("b.md#2",)
    assert read(Answer(None, raw=""), IDS) == Answer(None, raw="")


def test_a_solved_row_names_the_passages_that_hold_its_answer():
    context = (
        Document("a#1", "pay is low"),
        Document("b#1", "30 days of leave"),
        Document("c#1", "still 30 days"),
    )
    row = Example("q", (Message("user", "How long?"),), "30 days", context=context)
    assert cite_gold(row).target == "30 days [2][3]"
    assert cite_gold(Example("q", row.messages, "gone", context=context)).target == "gone"
    assert cite_gold(row.question) == row.question


def test_what_is_asked_for_stands_in_the_instruction():
    row = Example("q", (Message("user", "How long?"),))
    lines = [
        m.content
        for m in add_instructions(row, cite=True, unknown="not known").messages
        if m.role == "system"
    ]
    assert len(lines) == 2 and "[1]" in lines[0] and lines[1].endswith("answer: not known")
    assert add_instructions(row, cite=False, unknown="") == row
    assert (
        add_instructions(row, cite=True, unknown="x").text == row.text
    )  # what is searched for stays


def test_abstaining_passes_over_case_and_points():
    assert says_unknown("Not in the handbook.", "not in the handbook")
    assert not says_unknown("It is in the handbook", "not in the handbook")
    assert not says_unknown(None, "x") and not says_unknown("", "")
