import pytest

from assay.core.errors import DataError
from assay.data.reading.load import load
from assay.data.reading.preferences import preference, verdict, without_target
from helpers.lines import named
from helpers.problems import problem
from helpers.raw_tables import loaded
from helpers.toy import write_rows


def turns(*texts):
    return [
        {"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(texts)
    ]


def test_preference_rows_with_a_prompt(tmp_path):
    got = loaded(tmp_path, {"prompt": "Name a sea.", "chosen": "The Baltic.", "rejected": "No."})
    (row,) = got.train
    assert (got.kind, got.shape) == ("answer", "preference")
    assert (row.text, row.target, row.rejected) == ("Name a sea.", "The Baltic.", "No.")
    assert [w["code"] for w in got.warnings] == ["D081"]
    assert named(got.warnings[0]["text"], "dpo")


def test_the_shared_prompt_is_taken_out_of_conversations(tmp_path):
    rows = [
        {
            "chosen": turns("Hi", "Hello", "Bye", "See you"),
            "rejected": turns("Hi", "Hello", "Bye", "Go"),
        },
        {
            "chosen": turns("Hi", "Hello", "Bye", "See you"),
            "rejected": turns("Hi", "What", "Why", "Go"),
        },
    ]
    got = loaded(tmp_path, *rows)
    assert [message.content for message in got.train[0].messages] == ["Hi", "Hello", "Bye"]
    assert [(row.target, row.rejected) for row in got.train] == [
        ("See you", "Go"),
        ("See you", None),
    ]
    assert [w["code"] for w in got.warnings] == ["D052", "D081"]


def test_preferences_as_transcripts_and_as_openai_writes_them(tmp_path):
    begin = "\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Bye\n\nAssistant:"
    (row,) = loaded(tmp_path, {"chosen": f"{begin} See you", "rejected": f"{begin} Go"}).train
    assert ([m.role for m in row.messages], row.target, row.rejected) == (
        ["user", "assistant", "user"],
        "See you",
        "Go",
    )
    other = {
        "input": {"messages": turns("Hi")},
        "preferred_output": [{"role": "assistant", "content": "Hello"}],
        "non_preferred_output": [{"role": "assistant", "content": "What"}],
    }
    (row,) = loaded(tmp_path, other).train
    assert (row.text, row.target, row.rejected) == ("Hi", "Hello", "What")


def test_single_verdicts(tmp_path):
    rows = [{"prompt": f"q{i}", "completion": f"a{i} is it", "label": i != 1} for i in range(3)]
    got = loaded(tmp_path, *rows)
    assert (got.kind, got.shape) == ("answer", "verdict")
    assert [(row.text, row.target) for row in got.train] == [("q0", "a0 is it"), ("q2", "a2 is it")]
    assert (got.warnings[0]["code"], got.warnings[0]["count"]) == ("D081", 1)
    assert named(got.warnings[0]["text"], "1 row", "kto")
    (bad,) = got.unwanted
    assert (bad.text, bad.target, bad.rejected) == ("q1", None, "a1 is it")


def test_without_any_good_answer_there_is_nothing_to_learn(tmp_path):
    rows = [{"prompt": f"q{i}", "completion": f"a{i} is it", "label": False} for i in range(3)]
    with problem(DataError, "D052", "train.jsonl:1", "3 rows", "not wanted"):
        loaded(tmp_path, *rows)


def test_bad_answers_of_test_files_are_set_aside(tmp_path):
    rows = [{"prompt": f"q{i}", "completion": f"a{i} is it", "label": i != 1} for i in range(3)]
    write_rows(tmp_path / "train.jsonl", rows)
    write_rows(
        tmp_path / "test.jsonl", [{**row, "prompt": f"other {row['prompt']}"} for row in rows]
    )
    got = load({name: [f"{name}.jsonl"] for name in ("train", "test")}, base=tmp_path)
    assert [row.text for row in got.unwanted] == ["q1"]
    assert named(got.warnings[0]["text"], "kto", "first: test.jsonl:2")


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        (
            {"question": "q", "chosen": "a", "rejected": "b"},
            {"question": "question", "answer": "chosen", "rejected": "rejected"},
        ),
        (
            {"chosen": turns("q", "a"), "rejected": turns("q", "b")},
            {"messages": "chosen", "rejected": "rejected"},
        ),
        ({"chosen": "a", "rejected": "b"}, None),  # nothing says what was asked
        ({"question": "q", "chosen": "a"}, None),
    ],
)
def test_two_answers_are_known_by_their_names(row, columns):
    assert preference(list(row), row) == columns


def test_a_verdict_is_true_or_false_and_no_class():
    row = {"prompt": "q", "completion": "a", "label": True}
    assert verdict(list(row), row) is not None
    assert verdict(list(row), {**row, "label": 1}) is None


def test_two_answers_that_are_one_prefer_nothing(tmp_path):
    row = {"prompt": "Name a sea.", "chosen": "The  Baltic.", "rejected": "The Baltic."}
    with problem(DataError, "D051", "train.jsonl:1", "'rejected'"):
        loaded(tmp_path, row)
    assert without_target([]) == ([], [])


def test_a_pair_may_be_a_choice_between_its_answers(tmp_path):
    rows = [
        {"prompt": f"Name sea {at}.", "chosen": f"The Baltic {at}.", "rejected": f"No {at}."}
        for at in range(12)
    ]
    got = loaded(tmp_path, *rows, kind="choose")
    assert got.kind == "choose" and got.warnings == []
    assert {row.target for row in got.train} == {"A", "B"}  # the better one stands anywhere
    for row, given in zip(got.train, rows, strict=True):
        assert set(row.options) == {given["chosen"], given["rejected"]}
        assert row.options["AB".index(row.target)] == given["chosen"]
        assert row.rejected is None and row.text.startswith(f"{given['prompt']}\nA. ")


def test_a_choice_needs_both_answers(tmp_path):
    with problem(DataError, "D052", "train.jsonl:1", "'rejected'"):
        loaded(tmp_path, {"prompt": "Name a sea.", "chosen": "x", "rejected": ""}, kind="choose")


def test_verdicts_on_one_question_are_a_pair(tmp_path):
    rows = [("Name a sea.", "No.", False), ("Name a sea.", "The Baltic.", True)]
    rows += [("Name a lake.", "Go away.", False), ("Name a sea.", "Never.", False)]
    names = ("prompt", "completion", "label")
    got = loaded(tmp_path, *(dict(zip(names, row, strict=True)) for row in rows))
    (row,) = got.train
    assert (row.target, row.rejected) == ("The Baltic.", "No.")
    assert named(got.warnings[0]["text"], "2 rows", "kto")
    assert [row.rejected for row in got.unwanted] == ["Go away.", "Never."]


def test_one_turn_each_beside_a_conversation_is_a_pair(tmp_path):
    (asked,) = turns("Name a sea.")
    chosen, rejected = ({"from": "gpt", "value": text} for text in ("The Baltic.", "No."))
    row = {"conversations": [asked], "chosen": chosen, "rejected": rejected}
    (one,) = loaded(tmp_path, row).train
    assert (one.text, one.target, one.rejected) == ("Name a sea.", "The Baltic.", "No.")


@pytest.mark.parametrize(
    ("row", "liked"),
    [
        ({"instruction": "Name a sea.", "input": "", "output": "No.", "kto_tag": False}, "kto_tag"),
        ({"messages": turns("Name a sea.", "No."), "label": False}, "label"),
    ],
)
def test_tags_that_say_whether_an_answer_is_wanted(tmp_path, row, liked):
    other = {**row, liked: True}
    got = loaded(tmp_path, other, row, {**row, liked: True})
    assert got.columns["liked"] == liked
    assert [one.target for one in got.train] == ["No.", "No."]
    names = [*row]
    assert verdict(names, {**row, liked: "false"}) is None
    assert verdict(["messages", "label"], {"messages": turns("Hi"), "label": True}) is None
    assert verdict(["text", "label"], {"text": "Hi", "label": True}) is None
