from assay.data.reading.findings import Findings
from assay.data.reading.keyed_talks import talks_of


def member(name, turns):
    return (1, name, [(1, one) for one in turns])


def test_each_dialogue_is_a_row_be_there_a_list_more_around_its_turns():
    turns = [{"speaker": "A", "text": "Where?"}, {"speaker": "B", "text": "Here."}]
    found = talks_of([member("a", turns), member("b", [turns]), member("c", turns)], Findings(""))
    assert [row for _, row in found] == [{"id": name, "dialogue": turns} for name in "abc"]


def test_lists_of_other_objects_are_none():
    rows = [{"question": "Where?", "answer": "Here."}]
    assert talks_of([member(name, rows) for name in "abc"], Findings("")) == []
