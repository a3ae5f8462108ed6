import random

import pytest

from assay.core.types import Example, Means, Message


def make(rows, split="rows"):
    """Examples from (text, label) or (text, label, group), as a file `<split>.csv` with a header
    would give them."""
    return [
        Example(
            id=f"{split}-{at}",
            messages=(Message("user", text),),
            target=label,
            group=group[0] if group else None,
            source=f"{split}.csv:{at + 1}",
        )
        for at, (text, label, *group) in enumerate(rows, 1)
    ]


WORDS = """
card account transfer refund payment balance limit order parcel ticket password login invoice
address number shop delivery contract phone reader garden window river market letter winter summer
bridge school doctor engine bottle candle mirror basket ladder pepper button copper violin marble
saddle timber anchor beacon carpet donkey falcon
""".split()


def sentences(n, seed=0):
    """n different texts of seven to nine random words, 40 to 60 letters: no two are near each
    other."""
    draw = random.Random(seed)
    return [" ".join(draw.sample(WORDS, draw.randint(7, 9))) for _ in range(n)]


@pytest.fixture(name="make")
def _make():
    return make


@pytest.fixture(name="sentences")
def _sentences():
    return sentences


@pytest.fixture
def means():
    return Means(seed=3)


@pytest.fixture
def outcome(means):
    """Run a step over examples: (rows that go on, Dropped, Changed)."""
    from assay.core.types import Changed, Dropped, RowStep

    def run(step, examples):
        if isinstance(step, RowStep):
            results = [step.one(example, means) for example in examples]
        else:
            results = list(step.apply(examples, means))
        dropped = [r for r in results if isinstance(r, Dropped)]
        changed = [r for r in results if isinstance(r, Changed)]
        on = [
            r.example if isinstance(r, Changed) else r
            for r in results
            if not isinstance(r, Dropped)
        ]
        # Every step's first promise: each row comes out once, in order.
        out = [r.example.id if isinstance(r, (Changed, Dropped)) else r.id for r in results]
        assert out == [example.id for example in examples]
        return on, dropped, changed

    return run
