"""An arm as formats take it, and the rows that the export is asked."""

import pytest

from assay.config import make_strategy
from assay.core.types import Example, Message
from assay.deployment.export.source import as_loaded, sample_examples, tag_events

ROWS = [Example(str(n), (Message("user", f"question {n}"),)) for n in range(20)]


def test_rows_are_drawn_by_the_seed_and_keep_their_order():
    found = sample_examples(ROWS, 5, seed=3)
    assert len(found) == 5 and found == sorted(found, key=ROWS.index)
    assert found == sample_examples(ROWS, 5, seed=3) != sample_examples(ROWS, 5, seed=4)
    assert sample_examples(ROWS, None, 3) == sample_examples(ROWS, 99, 3) == ROWS


def test_the_precision_of_a_training_is_not_that_of_an_export():
    """Of an arm inside another one, too; and nothing else changes."""
    lora = {"kind": "lora", "rank": 4, "precision": "bf16"}
    strategy = make_strategy({"kind": "rag", "top": 2, "inner": lora}, {})
    assert strategy.inner.precision == "bf16"
    found = as_loaded(strategy)
    assert found.inner.precision == "auto" and found.inner.rank == 4 and found.top == 2
    assert found == make_strategy(
        {"kind": "rag", "top": 2, "inner": {**lora, "precision": "auto"}}, {}
    )


@pytest.mark.parametrize(
    "event", [{"event": "progress", "done": 1}, {"event": "note", "text": "a"}]
)
def test_an_event_says_what_it_is_about_unless_it_said_so_itself(event):
    heard = []
    tag_events(heard.append, "lora as merged")(event)
    tag_events(heard.append, "lora as merged")({**event, "stage": "inner"})
    assert [one["stage"] for one in heard] == ["lora as merged", "inner"]
    assert event.items() <= heard[0].items()
