"""The four changes, on data of which it is known what each of them touches."""

from assay.audits.update_drill.changes import DataChange, DrillData, make_change
from assay.config.audits.update_drill import UpdateDrill
from assay.core.types import Document, Example, Message, Task

SETTINGS = UpdateDrill(facts=2, documents=2, examples=3, rows=50)
LABELS = ("a", "b", "c")


def rows(split, n=6):
    return tuple(
        Example(f"{split}-{t}-{i}", (Message("user", f"{t} {i}"),), t)
        for t in LABELS
        for i in range(n)
    )


def asked(split, numbers):
    return tuple(
        Example(
            f"{split}-{i}",
            (Message("user", f"price of {i}"),),
            f"{i}0 euros",
            found_in=(f"{i}.md",),
        )
        for i in numbers
    )


LABELLED = DrillData(rows("train", 8), rows("val", 2), labels=LABELS)
PAGES = tuple(Document(f"{i}.md", f"Number {i} costs {i}0 euros.") for i in range(1, 7))
ANSWERED = DrillData(asked("train", range(1, 7)), asked("val", (1, 2)), PAGES)
TEST = (
    *asked("test", range(1, 7)),
    Example("two", (Message("user", "dearest"),), "6", found_in=("1.md", "6.md")),
)


def change(kind, data=ANSWERED, test=TEST, task=None):
    return make_change(kind, data, test, task or Task(kind="answer"), SETTINGS, 1)


def labelled(kind):
    return change(kind, LABELLED, rows("test"), Task(labels=LABELS))


def test_a_label_is_held_out_and_comes_with_examples():
    found = labelled("label")
    assert isinstance(found, DataChange)
    name = found.shown[0]["label"]
    assert name not in found.before.labels and found.after.labels == LABELS
    assert not any(
        row.target == name for row in (*found.before.train, *found.before.val, *found.after.val)
    )
    assert len(found.new) == 3 and {row.target for row in found.new} == {name}
    assert len(found.after.train) == 16 + 3
    assert [len(found.changed), len(found.unchanged)] == [6, 12]
    assert {row.target for row in found.changed} == {name}


def test_a_topic_takes_another_label_out():
    found, other = labelled("topic"), labelled("label")
    name = found.shown[0]["label"]
    assert name != other.shown[0]["label"] and found.ends and found.before is LABELLED
    assert found.after.labels == tuple(one for one in LABELS if one != name) and not found.new
    assert not any(row.target == name for row in found.after.train)


def test_facts_change_in_documents_and_in_the_rows_that_ask_for_them():
    found = change("facts")
    assert isinstance(found, DataChange) and len(found.put) == 2 and found.before is ANSWERED
    for one in found.shown:
        (page,) = [page for page in found.after.documents if page.id == one["document"]]
        assert one["new"] in page.text and one["old"] not in page.text
        for some in (found.after.train, found.changed):
            (row,) = [row for row in some if row.found_in == (one["document"],)]
            assert row.target == one["new"]
    touched = {one["document"] for one in found.shown}
    assert len(found.new) == 2 and len(found.changed) == 2
    # The row that compares two documents is left out where one of them changed.
    assert {row.id for row in found.unchanged} == {
        row.id for row in TEST if not touched & set(row.found_in)
    }


def test_documents_come_with_the_rows_about_them():
    found = change("documents")
    names = {one["document"] for one in found.shown}
    assert isinstance(found, DataChange) and len(names) == 2 and found.after is ANSWERED
    assert {page.id for page in found.before.documents} == {page.id for page in PAGES} - names
    assert not any(
        names & set(row.found_in)
        for row in (*found.before.train, *found.before.val, *found.unchanged)
    )
    assert (
        {row.found_in[0] for row in found.new}
        == names
        == {row.found_in[0] for row in found.changed}
    )


def test_documents_are_withdrawn():
    found = change("topic")
    assert isinstance(found, DataChange) and found.ends and len(found.drop) == 2
    assert not any(set(found.drop) & set(row.found_in) for row in found.after.train)
    assert {row.found_in[0] for row in found.changed} == set(found.drop)


def test_what_does_not_fit_is_said():
    task = Task(labels=LABELS)
    assert "labels" in change("facts", LABELLED, rows("test"), task)
    assert "no labels" in change("label")
    assert "no documents" in change("facts", DrillData(ANSWERED.train, ANSWERED.val))
    assert "neither labels nor documents" in change(
        "topic", DrillData(ANSWERED.train, ANSWERED.val)
    )
    two = DrillData(LABELLED.train, LABELLED.val, labels=("a", "b"))
    assert "beside two others" in change("label", two, rows("test"), task)


def test_questions_are_drawn_by_the_seed_up_to_rows():
    found = make_change(
        "label", LABELLED, rows("test"), Task(labels=LABELS), UpdateDrill(rows=4), 1
    )
    assert isinstance(found, DataChange)
    assert [len(found.changed), len(found.unchanged)] == [4, 4]
