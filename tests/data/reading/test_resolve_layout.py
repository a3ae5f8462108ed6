import pytest

from assay.core.errors import DataError
from assay.data.reading.resolve_layout import check_fields, rename_roles, settle
from helpers.problems import problem
from helpers.raw_tables import LABELLED, raw_table


def settled(rows, given=None, kind=None, slices=None, group=None, target=True):
    return settle(raw_table(rows), dict(given or {}), kind, slices, group, target, "")


@pytest.mark.parametrize(
    ("kind", "columns", "named"),
    [
        ("classify", {"question": "q", "answer": "a"}, {"text": "q", "label": "a"}),
        ("multilabel", {"text": "q", "label": "a"}, {"text": "q", "labels": "a"}),
        ("extract", {"question": "q", "labels": "a"}, {"text": "q", "entities": "a"}),
        ("code", {"text": "q", "answer": "a"}, {"text": "q", "code": "a"}),
        ("answer", {"question": "q", "label": "a"}, {"question": "q", "answer": "a"}),
        ("classify", {"text": "q", "question": "p"}, {"text": "q", "question": "p"}),
    ],
)
def test_a_kind_of_task_has_one_name_for_text_and_target(kind, columns, named):
    assert rename_roles(kind, columns) == named


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"text": "text", "label": "label"}, "classify"),
        ({"text": "text", "labels": "label"}, "multilabel"),
        ({"text": "text", "entities": "label"}, "extract"),
        ({"text": "text", "code": "label"}, "code"),
    ],
)
def test_a_role_that_the_project_names_says_the_kind(given, kind):
    found = settled(LABELLED, given)
    assert (found.shape, found.layout.kind, found.layout.columns) == ("columns", kind, given)


def test_what_the_project_says_is_not_guessed():
    rows = [{**row, "user": f"u{n // 3}", "part": "xy"[n % 2]} for n, row in enumerate(LABELLED)]
    found = settled(rows, kind="classify", slices=["part"], group="user")
    assert (found.layout.slices, found.layout.group) == (("part",), "user")
    assert not any("results are also" in reason for reason in found.reasons)
    assert settled(rows, group="").layout.group is None


def test_texts_alone_are_no_task_unless_they_are_to_be_modelled():
    rows = [{"text": f"a text of its own {n}", "url": f"u/{n}"} for n in range(5)]
    with problem(DataError, "D027", "rows.jsonl", "continue"):
        settled(rows)
    assert settled(rows, kind="continue").layout.kind == "continue"


def test_a_field_that_no_row_has_is_named_with_the_nearest():
    table = raw_table([{"text": "a", "meta": {"topic": "b"}}])
    check_fields(table, ["text", "meta.topic"])
    with problem(DataError, "D027", "rows.jsonl", "'txt'", "'text'"):
        check_fields(table, ["txt"])
    with problem(DataError, "D027", "rows.jsonl", "'meta.topics'") as caught:
        check_fields(table, ["meta.topics", "txt", "txt"], shared=True)
    assert len(caught.value.problems) == 2


JOINED = ["a|b", "b|c", "a|c", "a|b|c", "b", "c|b|a"]


@pytest.mark.parametrize("many", [3, 1])  # labels that come again, and that hardly do
def test_labels_with_a_bar_between_them_are_several(many):
    rows = [
        {"what": labels, "text": f"a text of its own {n} about {labels}"}
        for n, labels in enumerate([*JOINED, "b|a", "c|a", "a|d", "d|a"] * many)
    ]
    found = settled(rows)
    assert (found.layout.kind, found.layout.separator) == ("multilabel", "|")
    assert found.layout.columns == {"text": "text", "labels": "what"}
    assert sum("the task is" in reason for reason in found.reasons) == 1


@pytest.mark.parametrize(
    ("labels", "given", "kind"),
    [
        (JOINED, {"label": "what"}, None),  # the project says that each is one
        (JOINED, {}, "classify"),
        (["in|out", "up|down", "on|off", "none"], {}, None),  # parts that come once
        ([label.replace("|", ",") for label in JOINED], {}, None),  # D214 asks
    ],
)
def test_labels_that_stay_one(labels, given, kind):
    rows = [{"what": one, "text": f"a text {n} about {one}"} for n, one in enumerate(labels * 4)]
    found = settled(rows, given, kind)
    assert (found.layout.kind, found.layout.separator) == ("classify", "")
