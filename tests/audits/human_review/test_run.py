from dataclasses import replace

import pytest

from assay.audits.context import Seen
from assay.audits.human_review import run
from assay.audits.human_review.pairwise import ReviewItem
from helpers.toy import write_rows


def rated(folder, choices):
    (folder / "reviews").mkdir(exist_ok=True)
    items = [
        ReviewItem(f"i{at}", f"row {at}", "test", "?", "", "x", "y", ("majority", "tfidf"))
        for at in range(len(choices))
    ]
    write_rows(folder / "reviews" / "items.jsonl", [item.to_json() for item in items])
    ratings = [
        {"id": f"i{at}", "reviewer": "anna", "choice": choice, "reasons": [], "note": ""}
        for at, choice in enumerate(choices)
    ]
    write_rows(folder / "reviews" / "ratings.jsonl", ratings)


@pytest.fixture
def bench(floors, tmp_path):
    """The floors' rows under a project file of another folder, in which nobody has rated yet."""
    project = floors.bench.project.model_copy(update={"folder": tmp_path})
    return replace(floors.bench, project=project)


def test_people_are_counted_once_they_have_rated(bench, floors):
    assert not run.is_enabled(bench.project, bench.prepared)
    rated(bench.project.folder, "ABBB")
    assert run.is_enabled(bench.project, bench.prepared)
    found = run.ask(Seen(bench, floors.exam))
    [duel] = found["duels"]
    assert duel["counts"] == {"first": 1, "second": 3, "tie": 0, "bad": 0}
    assert duel["win_rate"]["value"] == 0.25
    # The report has a section for it: nothing is said elsewhere, nothing is fitted.
    assert run.sentences(found) == [] == run.strategies(bench.project, bench.prepared)


def test_where_nobody_has_rated_there_is_nothing_to_tell(bench, floors):
    assert run.ask(Seen(bench, floors.exam)) is None
