from assay.data.reading.reply_trees import follow_replies
from helpers.raw_tables import loaded, raw_table


def said(text, role, *replies, **more):
    return {"text": text, "role": role, "replies": [*replies], **more}


def tree(i):
    best = said(f"Mill {i}.", "assistant", said("Thanks", "prompter"), rank=0)
    return said(f"Dock {i}?", "prompter", said("No idea.", "assistant", rank=1), best)


def test_the_best_ranked_reply_is_the_answer(tmp_path):
    got = loaded(tmp_path, *({"message_tree_id": str(i), "prompt": tree(i)} for i in range(6)))
    assert [(one.text, one.target) for one in got.train] == [
        (f"Dock {i}?", f"Mill {i}.") for i in range(6)
    ]


def test_rows_that_are_trees_with_scores_and_other_names():
    row = {
        "author": {"type": "user"},
        "body": "Dock?",
        "children": [
            {"author": {"type": "bot"}, "body": "No.", "score": 1},
            {"author": {"type": "bot"}, "body": "Behind the mill.", "score": 5},
        ],
        "lang": "en",
    }
    (first, *_) = follow_replies(raw_table([row] * 3), set()).rows
    assert [turn["content"] for turn in first.fields["messages"]] == ["Dock?", "Behind the mill."]
    assert set(first.fields) == {"lang", "messages"}


def test_a_message_a_row_with_the_one_that_it_answers():
    rows = []
    for i in range(3):
        rows += [
            {"message_id": f"a{i}", "parent_id": None, "text": f"Dock {i}?", "role": "prompter"},
            {"message_id": f"b{i}", "parent_id": f"a{i}", "text": "No.", "role": "assistant"},
            {"message_id": f"c{i}", "parent_id": f"a{i}", "text": f"{i}", "role": "assistant"},
        ]
        rows[-1]["rank"], rows[-2]["rank"] = 0, 1
    found = follow_replies(raw_table(rows), set())
    assert [[turn["content"] for turn in raw.fields["messages"]] for raw in found.rows] == [
        ["Dock 0?", "0"],
        ["Dock 1?", "1"],
        ["Dock 2?", "2"],
    ]


def test_a_tree_without_an_answer_is_left_out_and_said_to_be():
    rows = [{"prompt": tree(i)} for i in range(12)] + [{"prompt": said("Hi", "prompter")}, {}]
    found = follow_replies(raw_table(rows), set())
    assert len(found.rows) == 12 and "2 rows" in found.notes[0]


def test_threads_of_people_and_messages_without_replies_stay():
    thread = {"author": "ann", "body": "Hi", "replies": [{"author": "bob", "body": "Ho"}]}
    for row in (
        thread,
        {"prompt": said("Hi", "prompter"), "label": "kind"},
        {"comments": {"text": "Hi", "replies": []}},
        {"message_id": "a", "parent_id": "b", "text": "Hi", "role": "editor"},
    ):
        table = raw_table([row] * 4)
        assert follow_replies(table, set()) is table
    table = raw_table([{"prompt": tree(1)}] * 4)
    assert follow_replies(table, {"prompt"}) is table


def test_two_sides_that_take_turns_are_a_user_and_an_assistant():
    rows = []
    for i in range(0, 12, 2):  # as Twitter's customers and companies are exported
        ask = {"tweet_id": str(i), "inbound": "True", "text": f"Dock {i}?", "in_reply_to": ""}
        told = {
            "tweet_id": str(i + 1),
            "inbound": "False",
            "text": "Mill.",
            "in_reply_to": f"{i}.0",
        }
        rows += [ask, told]
    got = follow_replies(raw_table(rows), set()).rows
    assert [[turn["role"] for turn in one.fields["messages"]] for one in got] == [
        ["user", "assistant"]
    ] * 6
    mixed = [row | {"inbound": "TF"[i % 3 == 0]} for i, row in enumerate(rows)]
    assert follow_replies(raw_table(mixed), set()).rows[0].fields == mixed[0]
