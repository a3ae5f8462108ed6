"""How frequent each label is: kept when rows are drawn for speed, and known where labels are
balanced by choice.

What it is for   a training set with as many rows of each label is a choice for learning; what a
                 label's share *is* must not be forgotten over it. Where 80 % of the rows say yes,
                 always yes is right in 80 %, and an arm with 62 % has learnt nothing
Base rates       label -> rows of train, once it is free of leaks and before rows were set aside or
                 made. `Majority` answers by them
Watch out        a classification alone has them; shares in given val and test files are those
                 files' own affair
"""

from collections import Counter
from collections.abc import Sequence

from assay.core.types import Example
from assay.data.ledger import Ledger
from assay.data.split import Split, draw, draw_alike

# change of a label's share of train from which it is told; rounding to whole rows is none
LEVELLED = 0.01


def rates_of(train: Sequence[Example], task_kind: str) -> Counter[str]:
    """The rows of each label; empty for tasks without labels."""
    return (
        Counter(example.target or "" for example in train) if task_kind == "classify" else Counter()
    )


def draw_train(rows: dict[str, list[Example]], settings: Split, seed: int, book: Ledger) -> None:
    """Set the training rows aside that `train_rows` or `rows_per_label` leaves over."""
    if settings.train_rows is not None:
        rows["train"], aside = draw_alike(rows["train"], settings.train_rows, seed)
        reason = f"more than {settings.train_rows} training rows"
    elif settings.rows_per_label is not None:
        rows["train"], aside = draw(rows["train"], settings.rows_per_label, seed)
        reason = f"more than {settings.rows_per_label} rows of its label"
    else:
        return
    for example in aside:
        book.note(example, "split", "set aside", reason)


def base_rates(rates: Counter[str], train: Sequence[Example], book: Ledger) -> dict[str, int]:
    """The base rates where `train` no longer has them, with a warning where shares moved; else
    nothing."""
    now = rates_of(train, "classify") if rates else rates
    if now == rates or not now:
        return {}
    shares = {
        label: (rates[label] / rates.total(), now[label] / now.total()) for label in rates | now
    }
    label, (before, after) = max(
        shares.items(), key=lambda one: (abs(one[1][1] - one[1][0]), one[0])
    )
    if abs(after - before) > max(LEVELLED, 1 / now.total()):
        text = (
            "the labels of train do not have"
            f" the shares they came with: {label!r} has {100 * after:.1f} % of {now.total():,} rows"
            f" and had {100 * before:.1f} % of {rates.total():,}; `majority` goes by the latter"
        )
        book.warn("D250", now.total(), text)
    return dict(sorted(rates.items()))
