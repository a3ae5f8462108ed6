"""What the page shows of the rows: the worst and best, mistakes, a duel."""

import pytest

from assay.reporting.build import Report
from assay.reporting.view import (
    FEW,
    cards,
    duel,
    environment,
    label_names,
    label_share,
    limits,
    not_tried,
    parts_of,
    slices,
)


@pytest.fixture(scope="module")
def by_name(report):
    return {card.name: card for card in cards(report)}


def test_there_is_a_card_for_every_arm_and_rows_of_those_that_answered(report, by_name):
    assert list(by_name) == [one["name"] for one in report.data["strategies"]]
    worst, best = by_name["zero"].worst, by_name["zero"].best
    assert worst and not any(row.right for row in worst) and all(row.right for row in best)
    assert by_name["full"].worst == [] and by_name["full"].note.startswith("Stopped before")
    assert by_name["majority"].floor and not by_name["zero"].floor


def test_among_equal_mistakes_the_surest_come_first(report, by_name):
    (zero,) = [arm for arm in report.arms if arm.name == "zero"]
    sure = {one.question.id: one.answer.confidence for one in zero.records}
    shown = [sure[row.id] for row in by_name["zero"].worst]
    assert shown == sorted(shown, reverse=True)


def test_mistakes_are_counted_by_target_and_answer(report, by_name):
    (zero,) = [arm for arm in report.arms if arm.name == "zero"]
    target, answer, size = by_name["zero"].confusions[0]
    said = None if answer == "unreadable" else answer
    assert size == sum(one.target == target and one.answer.text == said for one in zero.records)
    sizes = [size for *_, size in by_name["zero"].confusions]
    assert sizes == sorted(sizes, reverse=True)


def test_a_duel_puts_every_row_into_one_group(report):
    found = duel(report)
    assert (found.winner, found.other) == ("lora-r8", "rag-lora")
    assert sum(group.count for group in found.buckets) == 264
    for ours, theirs in found.buckets[0].rows:  # regressed
        assert ours.id == theirs.id and not ours.right and theirs.right
    assert duel(Report(report.data, report.task)) is None  # read from its file, without rows


def test_small_slices_come_last_and_the_worst_first(report):
    names = slices(report.data)
    chosen = next(one for one in report.data["strategies"] if one["name"] == "lora-r8")
    values = [chosen["slices"][name]["accuracy"] for name in names]
    order = [(one["n"] < FEW, one["value"]) for one in values]
    assert order == sorted(order) and set(names) == set(chosen["slices"])
    none = {**report.data, "verdict": {**report.data["verdict"], "recommended": None}}
    assert slices(none) == []


def test_what_cannot_be_believed_is_said(report):
    said = " ".join(limits(report))
    assert "264 test rows" in said and "95 %" in said and "Holm" in said
    assert "zero: 13 of 264 answers unparseable" in said
    assert not_tried(report) == [
        "full (failed): Stopped before training: it needs 9.8 GB of 8.0 GB",
        "Preference training: the data has no rejected answers.",
    ]


def test_the_environment_is_flat_and_assay_first():
    found = environment(
        {
            "assay": "0.2",
            "environment": {
                "assay": "0.2",
                "models": {"base": {"digest": "ab", "note": ""}},
                "cards": ["x", "y"],
                "gpu": None,
            },
        }
    )
    assert found == [
        ("assay", "0.2"),
        ("models base digest", "ab"),
        ("cards", "x, y"),
        ("gpu", "not known"),
    ]


def test_labels_come_by_their_rows_over_all_splits():
    labels = {"train": {"a": 1, "b": 5}, "test": {"a": 2, "c": 3}}
    assert label_names(labels) == ["b", "a", "c"]  # of equals by name
    assert label_share(labels) == pytest.approx(100 * 5 / 11)
    assert parts_of({"parts": [{"name": "base"}, "index"]}) == "base, index"
