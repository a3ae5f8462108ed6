from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import DataError
from assay.core.types import Example, Made, Means, Message
from assay.data.ledger import Ledger
from assay.data.pipeline import run
from assay.data.split import Split
from assay.data.steps.dedupe import Dedupe
from assay.data.steps.length import Length
from assay.data.steps.near import Near
from assay.data.steps.repair import Repair

STEPS = st.sampled_from(
    (
        Repair(),
        Length(min_chars=3),
        Length(max_chars=20),
        Dedupe(),
        Dedupe(conflicts="keep"),
        Near(),
    )
)
TEXTS = st.one_of(
    st.sampled_from(
        ("", "ok", "a long text that is dropped as too long", "the same  text", "The same text")
    ),
    st.text("abc é", max_size=12),
    st.integers(0, 10**6).map(lambda number: f"{number} cards of {number * 7919}"),
)


@pytest.mark.slow
@given(
    texts=st.lists(st.tuples(TEXTS, st.sampled_from("ab")), min_size=1, max_size=60),
    test=st.lists(st.tuples(TEXTS, st.sampled_from("ab")), max_size=20),
    steps=st.lists(STEPS, max_size=5),
    aside=st.none() | st.integers(1, 4),
)
def test_every_sum_adds_up(texts, test, steps, aside):
    rows, held = [
        [
            Example(f"{name}-{at}", (Message("user", text),), label, source=f"{name}.csv:{at}")
            for at, (text, label) in part
        ]
        for name, part in (("train", enumerate(texts, 2)), ("test", enumerate(test, 2)))
    ]
    try:
        done = run(
            rows,
            (),
            held,
            official=bool(held),
            steps=steps,
            split=Split(leaks="repair", rows_per_label=aside),
            task_kind="classify",
            seed=1,
            means=Means(),
            tell=lambda event: None,
        )
    except DataError as error:  # a split stayed empty
        assert error.problems[0].code == "D059"
        return
    arrived = [example.id for part in (done.train, done.val, done.test) for example in part]
    gone = [line["id"] for line in done.ledger if line["action"] in ("dropped", "set aside")]
    # Each row that was read is in one split, or has one line that says why not.
    assert sorted(arrived + gone) == sorted(example.id for example in (*rows, *held))
    assert not [
        line
        for line in done.ledger
        if line["action"] in ("dropped", "set aside") and line["file"] == "test.csv"
    ]
    flow = done.counts["flow"]
    left = len(rows) + len(held)
    for part in flow:
        assert part["rows"] == left
        assert part["left"] == part["rows"] - part["dropped"] - part["aside"] + part["made"]
        left = part["left"]
    assert left == len(arrived) == sum(done.counts["kept"].values())
    assert [part["step"] for part in flow if part["step"] not in ("audit", "split")] == [
        step.kind for step in steps
    ]
    # The counts of the flow are the lines of the ledger, and each line leads to a row of a file.
    by_step = Counter((line["step"], line["action"]) for line in done.ledger)
    for name, action in (
        ("dropped", "dropped"),
        ("changed", "changed"),
        ("spared", "kept"),
        ("aside", "set aside"),
    ):
        for step in {part["step"] for part in flow}:
            assert sum(part[name] for part in flow if part["step"] == step) == by_step[step, action]
    source = {example.id: example.source for example in (*rows, *held)}
    assert all(source[line["id"]] == f"{line['file']}:{line['line']}" for line in done.ledger)


def test_a_made_row_stands_beside_its_first_parent_and_names_them_all(make):
    rows = make([("one", "a"), ("two", "a"), ("three", "b")])
    book = Ledger(rows, lambda event: None)
    book.note(rows[2], "repair", "changed", "white space")
    new = replace(rows[0], id="rows-1-swap", source="rows.csv:2, rows.csv:3 (swap)")
    book.note_made(Made(new, ("rows-1", "rows-2"), "two parts"), "swap", "made", "two parts")
    child = replace(new, id="rows-1-swap-lower", source="rows.csv:2 (lower)")
    book.note_made(Made(child, ("rows-1-swap",), "lower case"), "lower", "made", "lower case")
    assert book.ledger() == [
        {
            "file": "rows.csv",
            "line": 2,
            "id": "rows-1-swap",
            "step": "swap",
            "action": "made",
            "reason": "two parts",
        }
        | {"kept": "", "parents": ["rows-1", "rows-2"]},
        {
            "file": "rows.csv",
            "line": 2,
            "id": "rows-1-swap-lower",
            "step": "lower",
            "action": "made",
        }
        | {"reason": "lower case", "kept": "", "parents": ["rows-1-swap"]},
        {
            "file": "rows.csv",
            "line": 4,
            "id": "rows-3",
            "step": "repair",
            "action": "changed",
            "reason": "white space",
        }
        | {"kept": ""},
    ]
    assert [(part["step"], part["rows"], part["left"]) for part in book.flow()] == [
        ("repair", 3, 3),
        ("swap", 3, 4),
        ("lower", 4, 5),
    ]
