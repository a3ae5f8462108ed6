from assay.core.types import Example, Message
from assay.data.annotation.apply_votes import apply, steps
from assay.data.annotation.votes import Vote, mark


def row(id, text, label=None, line=2):
    return Example(id, (Message("user", text),), label, also=("old",), source=f"a.csv:{line}")


ROWS = [
    row("r1", "one", "a", 2),
    row("r2", "two", "b", 3),
    row("r3", "three", None, 4),
    row("r4", "four", None, 5),
]


def vote(row, who, label, **more):
    return Vote(row.id, mark(row), who, label, **more)


def test_votes_stand_over_the_labels_of_the_file_and_the_ledger_says_so():
    votes = [vote(ROWS[0], "anna", "b"), vote(ROWS[0], "ben", "b"), vote(ROWS[0], "carl", "a")]
    votes += [vote(ROWS[1], "anna", "b"), vote(ROWS[2], "anna", "a")]
    done = apply(ROWS, votes)
    assert [(e.id, e.target, e.also) for e in done.examples] == [
        ("r1", "b", ()),
        ("r2", "b", ("old",)),
        ("r3", "a", ()),
    ]
    assert [(line["id"], line["action"], line["reason"]) for line in done.ledger] == [
        ("r1", "changed", "label a -> b: 2 of 3 annotators"),
        ("r3", "changed", "no label -> a: 1 of 1 annotator"),
        ("r4", "dropped", "no label yet"),
    ]
    assert (
        done.ledger[0] | {"file": "a.csv", "line": 2, "step": "annotate", "kept": ""}
        == done.ledger[0]
    )
    assert steps(done.ledger)[0] == {
        "step": "annotate",
        "action": "changed",
        "reason": "label a -> b: 2 of 3 annotators",
        "rows": 1,
    }


def test_a_dispute_keeps_the_files_label_and_leaves_out_a_row_without_one():
    votes = [
        vote(r, who, label)
        for r in (ROWS[0], ROWS[2])
        for who, label in (("anna", "a"), ("ben", "b"))
    ]
    done = apply(ROWS, votes)
    assert [e.id for e in done.examples] == ["r1", "r2"] and done.examples[0].target == "a"
    assert [line["action"] for line in done.ledger] == ["kept", "dropped", "dropped"]
    assert done.ledger[0]["reason"] == "in dispute: 1 a, 1 b"


def test_an_edited_row_does_not_get_its_old_votes():
    votes = [vote(ROWS[0], "anna", "b")]
    edited = [row("r1", "one, edited", "a")]
    done = apply(edited, votes)
    assert done.examples == edited and not done.ledger
    assert [(w["code"], w["count"]) for w in done.warnings] == [("D088", 1)]
