import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core.errors import DataError, LeakError
from assay.core.types import Example, Means, Message
from assay.data.leak_audit import audit
from assay.data.pipeline import run
from assay.data.split import Split
from assay.data.split_checks import half_width
from assay.data.steps.dedupe import Dedupe
from assay.data.steps.language import Language
from assay.data.steps.length import Length
from assay.data.steps.near import Near
from assay.data.steps.repair import Repair
from helpers.problems import problem

STEPS = (Repair(), Length(), Dedupe(), Near())


def curated(train, val=(), test=(), *, official=False, steps=STEPS, split=None, events=None):
    return run(
        train,
        val,
        test,
        official=official,
        steps=steps,
        split=Split() if split is None else split,
        task_kind="classify",
        seed=0,
        means=Means(),
        tell=(lambda event: None) if events is None else events.append,
    )


def ids(*splits):
    return [row.id for split in splits for row in split]


@pytest.fixture
def official(make, sentences):
    texts = sentences(330)
    train = make([(text, "ab"[at % 2]) for at, text in enumerate(texts[:200])], "train")
    test = make([(text, "ab"[at % 2]) for at, text in enumerate(texts[200:])], "test")
    return train, test


def test_every_row_arrives_once_or_has_a_line(make, sentences):
    texts = sentences(200)
    rows = make(
        [(t, "a") for t in texts]
        + [("", "a"), (texts[0].upper(), "a"), (texts[1][:-1] + "q", "a"), (texts[2], "b")]
    )
    result = curated(rows)
    arrived = ids(result.train, result.val, result.test)
    gone = [line["id"] for line in result.ledger if line["action"] == "dropped"]
    assert sorted(arrived + gone) == sorted(ids(rows))
    assert [
        (line["id"], line["step"], line["reason"], line["kept"])
        for line in result.ledger
        if line["id"] in gone
    ] == [
        ("rows-3", "dedupe", "same text, different labels", ""),
        ("rows-201", "length", "empty", ""),
        ("rows-202", "dedupe", "same text", "rows-1"),
        ("rows-203", "near", "near copy", "rows-2"),
        ("rows-204", "dedupe", "same text, different labels", ""),
    ]
    assert result.ledger[0]["file"] == "rows.csv" and result.ledger[0]["line"] == 4
    assert not result.after.pairs
    assert result.audit.conflicting_labels == 1
    assert {
        "code": "D034",
        "count": 1,
        "text": "1 text has more than one label; first: rows.csv:4 and rows.csv:205",
    } in result.warnings
    assert result.counts["read"] == {"train": 204, "val": 0, "test": 0}
    assert sum(result.counts["kept"].values()) == 199


def test_same_rows_in_same_bytes_out(make, sentences):
    rows = make([(t, "ab"[at % 2]) for at, t in enumerate([*sentences(150), *sentences(30)])])

    def dump():
        result = curated(rows)
        parts = [[e.to_json() for e in part] for part in (result.train, result.val, result.test)]
        return json.dumps(
            [parts, result.ledger, result.counts, result.audit.to_json(), result.warnings]
        )

    assert dump() == dump()


def test_official_test_rows_stay_whatever_the_steps_say(official):
    train, test = official
    test = [
        *test,
        replace(test[0], id="test-twin", source="test.csv:999"),
        replace(test[1].with_text(" "), id="test-empty"),
    ]
    result = curated(train, (), test, official=True)
    assert ids(result.test) == ids(test)
    kept = [
        (line["id"], line["step"], line["reason"])
        for line in result.ledger
        if line["action"] == "kept"
    ]
    assert kept == [
        ("test-twin", "dedupe", "same text, but an official test row"),
        ("test-empty", "length", "empty, but an official test row"),
    ]
    assert [warning["code"] for warning in result.warnings] == ["D064"]
    assert (len(result.train), len(result.val)) == (178, 22)  # 8 : 1 of 200


def test_official_test_rows_are_repaired_like_questions(official):
    train, test = official
    test = [test[0].with_text("CafÃ©  closes   when?"), *test[1:]]
    result = curated(train, (), test, official=True)
    assert result.test[0].text == "Café closes when?"
    changed = [(line["id"], line["action"], line["reason"]) for line in result.ledger]
    assert changed == [("test-1", "changed", "encoding, white space")]


@pytest.mark.slow
def test_a_leak_stops_is_repaired_or_is_accepted(official):
    train, test = official
    leaky = [*train, replace(test[3], id="train-copy", source="train.csv:900")]
    leaky.append(
        replace(test[4].with_text(test[4].text[:-1] + "q"), id="train-near", source="train.csv:901")
    )
    with problem(LeakError, "D050", "split.leaks", "2"):
        curated(leaky, (), test, official=True)

    result = curated(leaky, (), test, official=True, split=Split(leaks="repair"))
    assert [(line["id"], line["step"], line["reason"], line["kept"]) for line in result.ledger] == [
        ("train-copy", "audit", "copy of a test row", "test-4"),
        ("train-near", "audit", "near copy of a test row", "test-5"),
    ]
    assert ids(result.test) == ids(test)
    assert len(result.audit.pairs) == 2 and not result.after.pairs

    names = tuple(pair.id for pair in result.audit.pairs)
    accepted = curated(leaky, (), test, official=True, split=Split(leaks=names))
    assert {"train-copy", "train-near"} <= set(ids(accepted.train, accepted.val))
    with problem(LeakError, "D050", "split.leaks", "1"):
        curated(leaky, (), test, official=True, split=Split(leaks=names[:1]))


@pytest.mark.slow
def test_a_leak_between_train_and_val_stops_is_repaired_or_is_accepted(official):
    train, test = official
    train, val = (
        train[:150],
        [replace(row, id=f"val-{at}") for at, row in enumerate(train[150:], 1)],
    )
    assert not curated(train, val, test, official=True).audit.pairs
    leaky = [*train, replace(val[3], id="train-copy", source="train.csv:900")]
    leaky.append(
        replace(val[4].with_text(val[4].text[:-1] + "q"), id="train-near", source="train.csv:901")
    )
    with pytest.raises(LeakError) as stopped:
        curated(leaky, val, test, official=True)
    assert [problem.code for problem in stopped.value.problems] == ["D050"]

    result = curated(leaky, val, test, official=True, split=Split(leaks="repair"))
    assert [(line["id"], line["step"], line["reason"], line["kept"]) for line in result.ledger] == [
        ("train-copy", "audit", "copy of a val row", "val-4"),
        ("train-near", "audit", "near copy of a val row", "val-5"),
    ]
    assert (ids(result.train), ids(result.val), ids(result.test)) == (
        ids(train),
        ids(val),
        ids(test),
    )
    assert [(warning["code"], warning["count"]) for warning in result.warnings] == [("D050", 2)]
    assert [pair.kind for pair in result.audit.pairs] == [
        "exact",
        "near",
    ] and not result.after.pairs

    names = tuple(pair.id for pair in result.audit.pairs)
    accepted = curated(leaky, val, test, official=True, split=Split(leaks=names))
    assert ids(accepted.train) == ids(leaky)
    with pytest.raises(LeakError):
        curated(leaky, val, test, official=True, split=Split(leaks=names[:1]))


def test_a_val_row_that_stands_in_test_goes_and_the_test_row_stays(official):
    train, test = official
    val = [replace(test[3], id="val-copy", source="val.csv:1"), *train[:20]]
    result = curated(train[20:], val, test, official=True, split=Split(leaks="repair"))
    assert (ids(result.val), ids(result.test)) == (ids(train[:20]), ids(test))
    assert [(line["id"], line["reason"]) for line in result.ledger] == [
        ("val-copy", "copy of a test row")
    ]


@pytest.mark.slow
def test_a_leak_that_a_repair_brings_to_light(official):
    train, test = official
    train = [train[0].with_text("CafÃ© schlieÃŸt nie"), *train[1:]]
    test = [test[0].with_text("Café schließt nie"), *test[1:]]
    with problem(LeakError, "D050", "split.leaks", "1"):
        curated(train, (), test, official=True)
    result = curated(train, (), test, official=True, split=Split(leaks="repair"))
    assert not result.after.pairs and ids(result.test) == ids(test)


def test_official_files_may_be_pooled(official):
    train, test = official
    result = curated(
        [*train, replace(test[0], id="twin")], (), test, official=True, split=Split(official=False)
    )
    assert len(result.test) == 33  # a tenth of all 330 texts
    assert not result.after.pairs


def test_rows_per_label_sets_the_rest_of_train_aside(make, sentences):
    rows = make([(text, "ab"[at % 2]) for at, text in enumerate(sentences(200))])
    result = curated(rows, split=Split(rows_per_label=8))
    assert Counter(row.target for row in result.train) == {"a": 8, "b": 8}
    aside = [line for line in result.ledger if line["action"] == "set aside"]
    assert len(aside) == 160 - 16
    assert (len(result.val), len(result.test)) == (20, 20)


def test_nothing_left_is_an_error_with_reasons(make):
    with problem(DataError, "D059", "prepare", "3", "2", "1"):
        curated(make([("ab", "x"), ("cd", "x"), ("", "x")]), steps=(Length(min_chars=5),))
    with problem(DataError, "D059", "split", "val", "test"):
        curated(make([("one", "x"), ("two", "y")]))
    with problem(DataError, "D059"):
        curated([])


def test_few_test_rows_are_a_warning(make, sentences):
    result = curated(make([(text, "a") for text in sentences(310)]))
    (warning,) = result.warnings
    assert (warning["code"], warning["count"]) == ("D060", 31) and "±17 points" in warning["text"]
    # statsmodels.stats.proportion.proportion_confint(50, 100, method="wilson") = (0.4038, 0.5962)
    assert half_width(100) == pytest.approx((0.5962 - 0.4038) / 2, abs=1e-4)


def test_a_single_test_row_is_an_error(make, sentences):
    with problem(DataError, "D060", "split", "1"):
        curated(make([(text, "a") for text in sentences(10)]))


def test_rare_labels_are_a_warning(make, sentences):
    texts = sentences(52)
    result = curated(
        make([(text, "common") for text in texts[:50]] + [(text, "rare") for text in texts[50:]])
    )
    assert [warning["code"] for warning in result.warnings] == ["D033", "D060"]


def test_each_step_is_told(make, sentences):
    events = []
    curated(make([(text, "a") for text in [*sentences(50), ""]]), events=events)
    # A pass that takes long also tells how far it is; how many of those there are is the machine's
    # affair.
    steps = [event for event in events if event["event"] == "curate"]
    assert [(event["step"], event["rows"], event["left"]) for event in steps] == [
        ("repair", 51, 51),
        ("length", 51, 50),
        ("dedupe", 50, 50),
        ("near", 50, 50),
    ]


WORDS = st.sampled_from(["card", "lost", "money", "back", "please", "now", "why", "app"])
TEXTS = st.lists(WORDS, max_size=6).map(" ".join)


@pytest.mark.slow
@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(TEXTS, st.sampled_from("ab"), st.sampled_from([None, "g1", "g2"])),
        min_size=12,
        max_size=40,
    )
)
def test_nothing_is_lost_and_nothing_leaks(rows):
    examples = [
        Example(f"r{at}", (Message("user", text),), label, group=group, source=f"r.csv:{at}")
        for at, (text, label, group) in enumerate(rows)
    ]
    try:
        result = curated(examples, steps=(Repair(), Length(), Language(), Dedupe(), Near()))
    except DataError as error:
        assert error.problems[0].code in ("D059", "D060")
        return
    gone = [line["id"] for line in result.ledger if line["action"] == "dropped"]
    assert sorted(ids(result.train, result.val, result.test) + gone) == sorted(ids(examples))
    assert not audit(result.train, result.val, result.test).pairs


def test_texts_of_one_template_have_a_way_out(make):
    order = "My order number {:05d} has not arrived yet, please help me find it"
    rows = make([(order.format(at * 7919 % 100000), "late") for at in range(60)])
    with problem(DataError, "D059", "split", "60 rows are copies or near copies", "near: 1"):
        curated(rows, steps=())
    apart = curated(rows, steps=(), split=Split(near=1))
    assert (len(apart.train), len(apart.val), len(apart.test)) == (48, 6, 6)


@pytest.mark.slow
def test_data_from_one_template_is_named_in_full_and_in_time(make):
    # 1,800 rows that are all near each other are 1.6 million pairs; each row is named, but not each
    # pair.
    texts = [
        f"My order number {at * 7919 % 100000:05d} has not arrived yet, please help me find it"
        for at in range(1800)
    ]
    rows = [(text, "late") for text in texts]
    with problem(DataError, "D059", "split", "val", "test"):
        curated(make(rows), steps=())
    train, test = make(rows[:1500], "train"), make(rows[1500:], "test")
    found = audit(train, [], test)
    assert found.counts["near"]["test~train"] == 300
    assert len({row for pair in found.pairs for row in pair.left.ids}) == 1500
    assert len(found.pairs) <= 5 * 1500 + 300
