from assay.data.reading.marked_fields import read_marked
from helpers.raw_tables import loaded, raw_table

WHOLE = "<s>[INST] Where is dock {i}? [/INST] Dock {i} is behind the mill.</s>"


def test_texts_with_marks_are_conversations(tmp_path):
    rows = [{"text": WHOLE.format(i=i), "id": i} for i in range(6)]
    got = loaded(tmp_path, *rows)
    assert (got.kind, got.train[0].text) == ("answer", "Where is dock 0?")
    assert got.train[0].target == "Dock 0 is behind the mill."
    assert not any(warning["code"] == "D047" for warning in got.warnings)


def test_a_prompt_that_ends_where_the_answer_begins_is_what_is_asked(tmp_path):
    asked = "\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Where is dock {i}?\n\nAssistant:"
    rows = [{"prompt": asked.format(i=i), "completion": f" Behind mill {i}."} for i in range(6)]
    got = loaded(tmp_path, *rows, columns={"question": "prompt", "answer": "completion"})
    assert [turn.content for turn in got.train[1].messages] == ["Hi", "Hello", "Where is dock 1?"]
    assert got.train[1].target == "Behind mill 1."


def test_one_text_without_marks_is_named_and_no_other():
    texts = [WHOLE.format(i=i) for i in range(19)]
    found = read_marked(raw_table([{"text": text} for text in [*texts, "plain", *texts]]), set())
    assert found.rows[19].fields == {"messages": "plain"}
    assert found.rows[20].fields["messages"][0]["content"] == "Where is dock 0?"


def test_what_has_no_turns_and_what_is_judged_stay_as_they_are():
    for row in (
        {"text": "Use [INST] before what is asked."},
        {"text": WHOLE, "label": "kind"},
        {"prompt": "\n\nHuman: Hi", "completion": "Hello"},
        {"chosen": "\n\nHuman: Hi\n\nAssistant: Hello", "rejected": "\n\nHuman: Hi"},
        {"text": None},
    ):
        table = raw_table([row] * 4)
        assert read_marked(table, set()) is table
    assert read_marked(empty := raw_table([]), set()) is empty
    assert read_marked(table := raw_table([{"text": WHOLE}]), {"text"}) is table
