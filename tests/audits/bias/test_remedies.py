from collections import Counter

import pytest

from assay.audits.bias.remedies import apply_remedy, as_treated, select_refits, twins
from assay.audits.context import Seen
from assay.core.types import Example, Message
from assay.runtime.arms.data_variants import bench_with_data
from assay.strategies.baselines.tfidf import Tfidf
from assay.strategies.training.head import Head
from assay.strategies.training.lora import Lora


def test_what_an_adapter_reads_first_has_both_sides_of_every_pair():
    rows = [
        Example("a", (Message("user", "my son waits"),), "yes"),
        Example("b", (Message("user", "it rains"),), "no"),
    ]
    assert [text.text for text in twins(rows, ("gender",))] == ["my son waits", "my daughter waits"]
    assert as_treated(Lora(rank=4), "adapter") == Lora(rank=4, read_first=1)
    # A word count and a layer of labels read no text first.
    assert as_treated(Tfidf(), "adapter") is None and as_treated(Head(), "adapter") is None
    assert as_treated(Tfidf(), "counterfactual") == Tfidf()


def test_arms_that_learn_from_rows_are_fitted_again(floors):
    seen = Seen(*floors)
    # The most frequent label is the same whatever the rows say of a group.
    assert select_refits(seen, ["majority", "tfidf"]) == ["tfidf"]
    assert select_refits(seen, []) == []


def test_balanced_rows_have_as_many_of_each_label(floors):
    train = [row for row in floors.bench.prepared.examples("train") if row.target != "pay"]
    train += [row for row in floors.bench.prepared.examples("train") if row.target == "pay"][:4]
    seen = Seen(bench_with_data(floors.bench, "uneven", train=train), floors.exam)
    bench, made = apply_remedy(seen, "balance")
    counts = Counter(row.target for row in bench.prepared.examples("train"))
    assert made > 0 and len(set(counts.values())) == 1


@pytest.mark.parametrize("remedy", ["counterfactual", "adapter"])
def test_where_no_row_speaks_of_a_group_nothing_is_made(floors, remedy):
    bench, made = apply_remedy(Seen(*floors), remedy)
    assert made == 0
    assert bench.prepared.examples("train") == floors.bench.prepared.examples("train")
