"""What people said becomes training rows: which, beside what, once, and never a test row."""

import json
from dataclasses import asdict

import pytest

import assay
from assay.audits.human_review.pairwise import ReviewItem
from assay.audits.human_review.tally import Rating
from assay.core import store
from assay.core.errors import DataError, UsageError
from assay.core.types import Task
from assay.deployment.monitoring import feedback_rows
from assay.deployment.server.request_log import RequestLog, feedback_file
from helpers.problems import problem

pytestmark = pytest.mark.slow  # each prepares a project of its own
THINGS = "door lamp desk shelf stove clock chair towel sofa mirror kettle carpet".split()
WHAT = "is broken|has gone missing|smells of fish|will not open|is far too loud".split("|")
ROWS = [
    {
        "id": f"r{at}-{n}",
        "message": f"The {thing} in my room {what}, please see to the {thing} soon.",
        "reply": f"We will look after the {thing}.",
        "off": f"Not my {thing}.",
        "room": thing,
    }
    for at, thing in enumerate(THINGS)
    for n, what in enumerate(WHAT)
]
TEST = [row for row in ROWS if row["room"] in ("door", "lamp")]
YAML = """
task: {kind: chat}
data:
  files: {train: train.jsonl, test: test.jsonl}
  columns: {id: id, text: message, answer: reply, rejected: off}
split: {group: room, near: 0.9}
model: nowhere
compare: [{kind: majority}, {kind: knn}]
"""


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "desk"
    folder.mkdir()
    store.write_lines(folder / "train.jsonl", [row for row in ROWS if row not in TEST])
    store.write_lines(folder / "test.jsonl", TEST)
    (folder / "project.yaml").write_text(YAML)
    return folder


def log_of(folder, *said):
    """The log of a server with an answer to each question, and what was said of it."""
    file = folder / "asked.jsonl"
    for one in (file, feedback_file(file)):
        one.unlink(missing_ok=True)
    log = RequestLog(file, {}, Task(kind="chat"), lambda example: example)
    for at, (question, answer, feedback) in enumerate(said):
        facts = {"arm": "knn", "at": at, "passages": [], "tokens": 3, "finish": "stop"}
        log.note({"id": f"chatcmpl-q{at}", **facts, "question": question, "answer": answer})
        if feedback is not None:
            assert log.rate({"id": f"chatcmpl-q{at}", **feedback})
    if not feedback_file(file).exists():
        feedback_file(file).touch()
    return file


def written(folder):
    return list(store.read_lines(folder / "feedback.jsonl"))


def test_corrections_and_approvals_become_rows_in_the_columns_of_the_project(project):
    log = log_of(
        project,
        ("May I bring my dog?", "No.", {"rating": "bad", "correction": "Yes, gladly."}),
        ("Is there a pool on the roof?", "Yes, until nine.", {"rating": "good"}),
        ("Who cleans?", "Nobody.", {"rating": "bad"}),
        ("Is it cold?", "It is.", None),
    )
    done = feedback_rows.collect_feedback(project, log)
    first, second = written(project)
    assert first == {
        "id": first["id"],
        "message": "May I bring my dog?",
        "reply": "Yes, gladly.",
        "off": "No.",
        "room": first["id"],  # every file has the field of groups, and this is one of its own
    }
    assert (second["reply"], "off" in second) == ("Yes, until nine.", False)
    assert done.made == {feedback_rows.CORRECTION: 1, feedback_rows.APPROVED: 1}
    assert (done.pairs, done.left_out, done.named) == (1, {feedback_rows.OPEN: 1}, False)
    # What users said may be personal data.
    assert (project / "feedback.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_disapproved_answer_stands_beside_what_is_known_to_be_right(project):
    known = next(row for row in ROWS if row["room"] == "stove")
    log = log_of(
        project,
        ("When do you open?", "Never.", {"rating": "bad"}),
        ("when do you open", "At six.", {"correction": "At seven."}),
        (known["message"], "Cook yourself.", {"rating": "bad"}),
    )
    done = feedback_rows.collect_feedback(project, log)
    pairs = {(row["reply"], row["off"]) for row in written(project)}
    assert pairs == {
        ("At seven.", "Never."),
        ("At seven.", "At six."),
        (known["reply"], "Cook yourself."),
    }
    assert done.pairs == 3 and not done.left_out


def test_nothing_is_written_twice(project):
    said = [("May I bring my dog?", "No.", {"correction": "Yes."})]
    assert len(feedback_rows.collect_feedback(project, log_of(project, *said)).rows) == 1
    again = feedback_rows.collect_feedback(project, log_of(project, *said, *said))
    assert (again.rows, again.left_out) == ([], {feedback_rows.SAME: 2})
    said.append(("And my cat?", "No.", {"correction": "Yes."}))
    assert len(feedback_rows.collect_feedback(project, log_of(project, *said)).rows) == 1
    assert len(written(project)) == 2
    # Nor what the training rows have already.
    row = next(row for row in ROWS if row["room"] == "sofa")
    log = log_of(project, (row["message"], row["reply"], {"rating": "good"}))
    assert feedback_rows.collect_feedback(project, log).left_out == {feedback_rows.SAME: 1}


def test_test_rows_and_what_is_near_to_one_are_never_learnt(project):
    exact, close = TEST[0]["message"], TEST[1]["message"].replace("please", "Please")
    near = TEST[2]["message"].replace("soon", "sooon")
    log = log_of(project, *((text, "No.", {"correction": "Yes."}) for text in (exact, close, near)))
    done = feedback_rows.collect_feedback(project, log)
    assert (done.rows, done.left_out) == ([], {feedback_rows.TEST: 3})
    assert not (project / "feedback.jsonl").exists()


def rated(project, split, row, choice, *, people=("ann",), name="i"):
    """An item of a review with answers a and b, and what people chose."""
    item = ReviewItem(name, row["id"], split, row["message"], "", "Ours.", "Theirs.", ("x", "y"))
    store.append(project / "reviews" / "items.jsonl", item.to_json())
    ratings = [asdict(Rating(name, one, said)) for one, said in zip(people, choice, strict=True)]
    store.append(project / "reviews" / "ratings.jsonl", *ratings)


def test_what_most_raters_prefer_is_the_target_and_keeps_its_group(project):
    row = next(row for row in ROWS if row["room"] == "kettle")
    rated(project, "train", row, "BBA", people=("ann", "ben", "cem"))
    rated(project, "val", next(r for r in ROWS if r["room"] == "sofa"), "AB", people="ab", name="t")
    rated(project, "test", TEST[0], "A", name="u")
    done = feedback_rows.collect_feedback(project)
    (made,) = written(project)
    assert (made["message"], made["reply"], made["off"]) == (row["message"], "Theirs.", "Ours.")
    assert made["room"] == "kettle"
    # A tie says nothing, and a test row is no row to learn from.
    assert done.made == {feedback_rows.RATED: 1} and done.left_out == {feedback_rows.TEST: 1}


def test_labels_are_labels(tmp_path):
    from helpers.small_projects import write_project

    folder = write_project(tmp_path / "tickets")
    log = log_of(
        folder,
        ("a new loan", "meet", {"correction": "lend"}),
        ("a new fee", "meet", {"correction": "something else"}),
    )
    done = feedback_rows.collect_feedback(folder, log)
    assert [row["label"] for row in done.rows] == ["lend"]
    assert done.left_out == {feedback_rows.NO_LABEL: 1}
    assert done.columns == ("rejected",)


def test_where_nobody_has_said_anything_that_is_said(project):
    with problem(UsageError, "C225", str(project)):
        feedback_rows.collect_feedback(project)
    log = log_of(project, ("Is it cold?", "It is.", None))
    with problem(UsageError, "C225", str(log)):
        feedback_rows.collect_feedback(project, log)
    (project / "asked.feedback.jsonl").unlink()
    with problem(DataError, "D001", "asked.feedback.jsonl"):
        feedback_rows.collect_feedback(project, log)


@pytest.mark.slow
def test_the_next_round_learns_from_the_rows(project):
    said = [("May I bring my dog?", "No.", {"correction": "Yes, gladly."})]
    said.append(("Is there a pool on the roof?", "Yes, until nine.", {"rating": "good"}))
    log = log_of(project, *said)
    assert len(feedback_rows.collect_feedback(project, log).rows) == 2
    text = YAML.replace("train: train.jsonl", "train: [train.jsonl, feedback.jsonl]")
    (project / "project.yaml").write_text(text)
    assert learnt(project) == {("Yes, gladly.", "No."), ("Yes, until nine.", None)}
    again = feedback_rows.collect_feedback(project, log)
    assert again.named and not again.rows and again.left_out == {feedback_rows.SAME: 2}
    json.dumps(again.to_json())


def learnt(project):
    """What the next round learns of the questions that the log has."""
    prepared = assay.check(project).prepared
    asked = {"May I bring my dog?", "Is there a pool on the roof?"}
    rows = [row for part in ("train", "val") for row in prepared.examples(part)]
    return {(row.target, row.rejected) for row in rows if row.text in asked}


@pytest.mark.slow
@pytest.mark.parametrize("group", ["room", "null"])
def test_what_a_report_was_made_with_is_known_after_it(project, group):
    (project / "project.yaml").write_text(YAML.replace("group: room", f"group: {group}"))
    assay.run(project, only="majority", sets="split.leaks=repair", offline=True)
    said = ("Is there a pool on the roof?", "Yes, until nine.", {"rating": "good"})
    log = log_of(project, said, (TEST[0]["message"], "No.", {"correction": "Yes."}))
    done = feedback_rows.collect_feedback(project, log)
    assert done.left_out == {feedback_rows.TEST: 1}
    (row,) = written(project)
    assert row.get("room") == (row["id"] if group == "room" else None)


@pytest.mark.slow
def test_a_project_without_pairs_gets_some(project):
    (project / "project.yaml").write_text(YAML.replace(", rejected: off", ""))
    log = log_of(project, ("May I bring my dog?", "No.", {"correction": "Yes, gladly."}))
    said = feedback_rows.collect_feedback(project, log).lines(project)
    assert any("first" in line for line in said) and any("rejected: rejected" in x for x in said)
    text = YAML.replace("rejected: off", "rejected: rejected")
    text = text.replace("train: train.jsonl", "train: [feedback.jsonl, train.jsonl]")
    (project / "project.yaml").write_text(text)
    for row in (rows := list(store.read_lines(project / "train.jsonl"))):
        del row["off"]
    store.write_lines(project / "train.jsonl", rows)
    assert learnt(project) == {("Yes, gladly.", "No.")}
