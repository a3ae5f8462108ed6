"""From fields to examples."""

import json

import pytest

from assay.curate.load import load
from assay.errors import UsageError
from assay.nouns import Message


def loaded(tmp_path, *rows, **options):
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return load({"data": ["train.jsonl"]}, base=tmp_path, **options)


def test_text_label(tmp_path):
    got = loaded(tmp_path, {"text": "Where is it", "label": " a "}, {"text": "Here it is", "label": "b"})
    assert (got.kind, got.shape, got.labels) == ("classify", "text_label", ("a", "b"))
    first = got.train[0]
    assert (first.id, first.source, first.target) == ("train-1", "train.jsonl:1", "a")
    assert first.messages == (Message("user", "Where is it"),)


def test_labels_that_are_numbers_or_truth_values(tmp_path):
    got = loaded(tmp_path, {"text": "Where is it", "label": True}, {"text": "Here it is", "label": False})
    assert got.labels == ("false", "true")


def test_messages_keep_the_system_turn_and_earlier_turns(tmp_path):
    turns = [
        ("system", "Be kind."),
        ("user", "Hi"),
        ("assistant", "Hello"),
        ("user", "Bye"),
        ("assistant", "See you soon"),
    ]
    row = {"messages": [{"role": role, "content": content} for role, content in turns]}
    got = loaded(tmp_path, row)
    assert (got.kind, got.shape) == ("answer", "messages")
    assert got.train[0].messages == tuple(Message(role, content) for role, content in turns[:-1])
    assert got.train[0].target == "See you soon"


def test_messages_of_a_classify_task(tmp_path):
    rows = [
        {"messages": [{"role": "user", "content": f"text {i}"}, {"role": "assistant", "content": "ab"[i % 2]}]}
        for i in range(12)
    ]
    assert loaded(tmp_path, *rows).kind == "classify"


def test_sharegpt_roles(tmp_path):
    row = {"conversations": [{"from": "human", "value": "Hi there"}, {"from": "gpt", "value": "Hello"}]}
    got = loaded(tmp_path, row)
    assert (got.shape, got.train[0].text, got.train[0].target) == ("sharegpt", "Hi there", "Hello")


def test_text_parts_are_joined(tmp_path):
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    row = {"messages": [{"role": "user", "content": parts}, {"role": "assistant", "content": "ok then"}]}
    assert loaded(tmp_path, row).train[0].text == "one\ntwo"


def test_prompt_completion(tmp_path):
    got = loaded(tmp_path, {"prompt": "The sky is", "completion": " blue"})
    assert (got.shape, got.train[0].text, got.train[0].target) == ("prompt_completion", "The sky is", " blue")


def test_prompt_completion_as_messages(tmp_path):
    row = {"prompt": [{"role": "user", "content": "Hi"}], "completion": [{"role": "assistant", "content": "Hello you"}]}
    assert loaded(tmp_path, row).train[0].target == "Hello you"


def test_alpaca(tmp_path):
    rows = [
        {"instruction": "Translate.", "input": "Guten Tag", "output": "Good day"},
        {"instruction": "Tell a joke.", "input": "", "output": "No."},
    ]
    got = loaded(tmp_path, *rows, kind="answer")
    assert [e.text for e in got.train] == ["Translate.\n\nGuten Tag", "Tell a joke."]


def test_question_answer_context(tmp_path):
    answers = {"text": ["in Bonn", "Bonn", "in Bonn"], "answer_start": [10, 13, 10]}
    rows = [
        {"question": f"Where does {name} live?", "context": "She lives in Bonn by the river.", "answers": answers}
        for name in ("Ann", "Bea")
    ]
    got = loaded(tmp_path, *rows, kind="answer")
    first = got.train[0]
    assert (first.target, first.also) == ("in Bonn", ("Bonn",))
    assert [(d.id, d.text) for d in first.context] == [("train-1.c1", "She lives in Bonn by the river.")]


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


def test_columns_with_dotted_paths_group_slices_and_ids(tmp_path):
    rows = [
        {"uid": f"r{i}", "said": f"Is this number {i}", "meta": {"topic": "ab"[i % 2], "user": i // 2, "lang": "en"}}
        for i in range(8)
    ]
    columns = {"text": "said", "label": "meta.topic", "id": "uid"}
    got = loaded(tmp_path, *rows, columns=columns, group="meta.user", slices=("meta.lang",))
    one = got.train[3]
    assert (one.id, one.target, one.group, one.slices) == ("r3", "b", "1", (("meta.lang", "en"),))
    assert got.kind == "classify"


def test_questions_without_targets(tmp_path):
    got = loaded(tmp_path, {"question": "Who are you, really?"}, target=False)
    assert (got.train[0].text, got.train[0].target) == ("Who are you, really?", None)


def test_files_with_the_same_stem_have_different_ids(tmp_path):
    for folder, text in (("a", "Where is it"), ("b", "Here it is")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "rows.csv").write_text(f"text,label\n{text},x\n{text} again,y\n")
    got = load({"train": ["a/rows.csv"], "test": ["b/rows.csv"]}, base=tmp_path)
    assert [e.id for e in (*got.train, *got.test)] == ["rows-2", "rows-3", "b-rows-2", "b-rows-3"]


def test_an_unknown_role_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"C071 data.columns.lable: no such role; did you mean 'label'"):
        loaded(tmp_path, {"text": "a", "label": "b"}, columns={"lable": "label"})


def test_examples_survive_json(tmp_path):
    got = loaded(
        tmp_path,
        {"question": "Why is it so?", "answer": ["Because", "Just because"], "context": "A text."},
        kind="answer",
    )
    one = got.train[0]
    assert type(one).from_json(json.loads(json.dumps(one.to_json()))) == one
