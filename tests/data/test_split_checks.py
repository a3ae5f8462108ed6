"""What is said at the end of curation of rows that are gone and of splits that are not as they were
asked for."""

from assay.core.types import Means
from assay.data.pipeline import run
from assay.data.split import Split
from assay.data.steps.dedupe import Dedupe
from assay.data.steps.length import Length


def warnings(rows, steps=(), **settings):
    done = run(
        rows,
        (),
        (),
        official=False,
        steps=steps,
        split=Split(**settings),
        task_kind="classify",
        seed=0,
        means=Means(),
        tell=lambda event: None,
    )
    return {one["code"]: one for one in done.warnings}, done


def test_more_than_a_tenth_that_is_gone_is_told_with_the_step(make, sentences):
    texts = sentences(100)
    many = make([(text, "ab"[at % 2]) for at, text in enumerate(texts)] + [(texts[0], "a")] * 12)
    told, _ = warnings(many, (Length(), Dedupe()))
    assert told["D233"]["count"] == 12
    assert "12 by dedupe" in told["D233"]["text"]
    few = make([(text, "ab"[at % 2]) for at, text in enumerate(texts)] + [(texts[0], "a")] * 8)
    assert "D233" not in warnings(few, (Length(), Dedupe()))[0]


def test_a_group_that_makes_val_and_test_uneven_is_told(make, sentences):
    # Two large groups fill train and val; what is left for test are five groups of two.
    texts = sentences(130)
    names = ["one"] * 60 + ["two"] * 60 + [f"g{at}" for at in range(5) for _ in range(2)]
    rows = make([(text, "ab"[at % 2], names[at]) for at, text in enumerate(texts)])
    told, done = warnings(rows, group="user", train=0.34, val=0.33, test=0.33)
    sizes = sorted((len(done.val), len(done.test)))
    assert sizes[1] >= 5 * sizes[0]
    assert "split.group=null" in told["D234"]["text"]
    assert "60" in told["D234"]["text"]
    even = make([(text, "ab"[at % 2], f"g{at // 4}") for at, text in enumerate(texts)])
    assert "D234" not in warnings(even, group="user")[0]


def test_few_test_rows_are_told_with_what_tests_more_of_them(make, sentences):
    rows = make([(text, "ab"[at % 2]) for at, text in enumerate(sentences(60))])
    assert "split.folds=3" in warnings(rows)[0]["D060"]["text"]
    for own in ({"folds": 3}, {"by": "hash"}):
        assert "folds" not in warnings(rows, **own)[0]["D060"]["text"]
