"""Restaurant texts with several references, for metrics of written answers."""

import csv
import random

import pytest

ODD = (
    ("It's 3.5% of $1,000.50 -- isn't it? (yes)", ("It is 3.5 % of $1,000.50, is it not?", "Yes.")),
    (
        "e.g. 10-12 state-of-the-art &quot;tests&quot;",
        ("For instance 10 - 12 tests &amp; more", "tests"),
    ),
    ("", ("nothing was said",)),
    ("a", ("a",)),
    ("Größe über 5 Ärzte ", ("Die Größe übertrifft 5 Ärzte.",)),
    ("new-\nline and\nanother", ("newline and another",)),
    ("!", ("?",)),
)


@pytest.fixture
def pairs(shared_data):
    """(answer, accepted answers): one human text a meaning is the answer, some of its words lost,
    to the others."""
    with (shared_data("e2e_nlg") / "testset_w_refs.csv").open(newline="") as file:
        texts: dict[str, list[str]] = {}
        for row in csv.DictReader(file):
            texts.setdefault(row["mr"], []).append(row["ref"])
    draw = random.Random(0)
    made = []
    for first, *others in [some for some in texts.values() if len(some) > 2][:70]:
        made.append(
            (" ".join(word for word in first.split() if draw.random() > 0.15), tuple(others[:3]))
        )
    return [*made, *ODD]
