"""What an output says of each answer, and how a spreadsheet opens it."""

from assay.core.types import Answer, Example, Message
from assay.deployment.answer_table import rows_of, table


def test_a_table_says_what_an_answer_is_and_runs_no_formula():
    asked = [Example(str(at), (Message("user", " =1+1"),)) for at in range(3)]
    said = [
        Answer(None, truncated=True),
        Answer("＝x", passages=("a", "b")),
        Answer("I do not know", abstained=True),
    ]
    lines = table(rows_of(asked, said, flat=True)).splitlines()
    assert lines[0] == "id,question,answer,confidence,note,passages"
    assert lines[1] == "0,' =1+1,,,cut unreadable,"
    assert lines[2] == "1,' =1+1,'＝x,,,a | b"
    assert lines[3] == "2,' =1+1,I do not know,,abstained,"


def test_a_table_of_answers_starts_no_formula():
    text = table([{"id": "1", "question": "=cmd()", "answer": "@x", "confidence": 0.5}])
    assert text.splitlines()[1] == "1,'=cmd(),'@x,0.5"


def test_a_column_of_the_file_never_takes_the_place_of_the_answers_own():
    asked = [Example("1", (Message("user", "why?"),), source="new.jsonl:1")]
    given = {"new.jsonl:1": {"answer": "by hand", "from": {"name": "Ann"}}}
    for flat, kept in ((False, {"name": "Ann"}), (True, '{"name": "Ann"}')):
        (row,) = rows_of(asked, [Answer("because")], flat=flat, given=given)
        assert (row["answer"], row["given_answer"], row["from"]) == ("because", "by hand", kept)
