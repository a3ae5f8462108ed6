import pytest

from assay.data.reading.contexts import context_of
from helpers.raw_tables import loaded


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("one text", ["one text"]),
        (["one", "two"], ["one", "two"]),
        ([{"title": "T", "text": "one"}, {"passage": "two"}], ["T\none", "two"]),
        ([["One.", "Two."], ["Three."]], ["One. Two.", "Three."]),  # sentences of HotpotQA
        ({"title": "T", "sentences": ["One.", "Two."]}, ["One.", "Two."]),
        (["", "  ", "two"], ["two"]),
        (None, []),
    ],
)
def test_passages_in_each_form(value, texts):
    found = context_of({"context": value}, "context", "r1", "rows.csv:2")
    assert [document.text for document in found] == texts
    assert {document.source for document in found} <= {"rows.csv:2"}
    assert context_of({"context": value}, None, "r1", "rows.csv:2") == ()


def test_question_answer_context(tmp_path):
    answers = {"text": ["in Bonn", "Bonn", "in Bonn"], "answer_start": [10, 13, 10]}
    rows = [
        {
            "question": f"Where does {name} live?",
            "context": "She lives in Bonn by the river.",
            "answers": answers,
        }
        for name in ("Ann", "Bea")
    ]
    got = loaded(tmp_path, *rows, kind="answer")
    first = got.train[0]
    assert (first.target, first.also) == ("in Bonn", ("Bonn",))
    assert [(d.id, d.text) for d in first.context] == [
        ("train-1.c1", "She lives in Bonn by the river.")
    ]


def test_contexts_of_several_shapes(tmp_path):
    contexts = (
        ["one text", "two text"],
        {"contexts": ["one text", "two text"]},
        [{"text": "one text"}, {"content": "two text"}],
    )
    for contexts_of_row in contexts:
        got = loaded(
            tmp_path,
            {"question": "a or b", "answer": "some long answer", "context": contexts_of_row},
            {"question": "b or a", "answer": "another long answer", "context": contexts_of_row},
        )
        assert [d.text for d in got.train[0].context] == ["one text", "two text"]
