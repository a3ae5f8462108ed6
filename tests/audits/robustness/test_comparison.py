"""The comparison against closed forms: planted losses, their intervals and p-values, attacks that
worked."""

from dataclasses import replace

import pytest

from assay.audits.robustness.comparison import CLIP, clip_middle, compare_perturbed
from assay.audits.robustness.operators import PerturbedRow
from assay.audits.robustness.summary import attack_sentence, worst
from assay.core.types import Answer, Example, Message, Record, Task
from assay.stats.paired_intervals import score_limits
from helpers.lines import named

TASK = Task(labels=("a", "b"))
N = 100


def records(right=80):
    rows = [Example(f"r{i}", (Message("user", f"text {i}"),)) for i in range(N)]
    return [Record(row, "a", (), Answer("a" if i < right else "b")) for i, row in enumerate(rows)]


def asked(kind, way="w", lure="", rows=range(N)):
    return [
        PerturbedRow(
            i, kind, way, Example(f"r{i}~{kind}", (Message("user", f"changed {i}"),)), lure
        )
        for i in rows
    ]


def test_a_planted_loss_is_found_with_its_interval_and_p():
    # 80 of 100 right before; of these 20 are broken, and nothing is mended.
    answers = [Answer("a" if i < 60 else "b") for i in range(N)]
    found = compare_perturbed(records(), asked("typos"), answers, TASK, level=0.95, seed=1)
    (one,) = found["kinds"]
    assert (one["n"], one["before"], one["after"], one["broken"], one["mended"]) == (
        N,
        0.8,
        0.6,
        20,
        0,
    )
    # Differences of -1 in a share of 0.2: standard error sqrt(0.2 * 0.8 / 100) = 0.04.
    change = one["change"]
    assert change["difference"] == pytest.approx(-0.2)
    assert (change["high"] - change["low"]) / 2 == pytest.approx(1.96 * 0.04, rel=0.08)
    # McNemar's exact test: 20 rows one way, none the other
    assert change["p"] == pytest.approx(2 * 0.5**20, abs=1e-6)
    assert one["changed"]["value"] == 0.2 and found["worst"] == "typos"
    assert found["before"]["value"] == 0.8
    assert [example["id"] for example in one["examples"]] == [f"r{i}" for i in range(60, 65)]
    assert one["examples"][0] == {
        "id": "r60",
        "way": "w",
        "original": "text 60",
        "changed": "changed 60",
        "target": "a",
        "before": "a",
        "after": "b",
    }


def test_losses_and_gains_of_the_same_size_are_no_drop_but_are_counted():
    answers = [Answer("b" if i < 10 else "a" if i < 90 else "b") for i in range(N)]
    (one,) = compare_perturbed(records(), asked("casing"), answers, TASK, level=0.95, seed=1)[
        "kinds"
    ]
    assert one["change"]["difference"] == 0 and one["change"]["low"] < 0 < one["change"]["high"]
    assert (one["broken"], one["mended"], one["changed"]["value"]) == (10, 10, 0.2)


def test_no_difference_seen_is_no_proof_of_none():
    answers = [record.answer for record in records()]
    (one,) = compare_perturbed(records(), asked("casing"), answers, TASK, level=0.95, seed=1)[
        "kinds"
    ]
    # Clopper and Pearson: none of 100 rows has moved, so up to 1 - 0.025 ** (1 / 100) = 3.6 %
    # might.
    assert one["change"]["high"] == pytest.approx(0.036217, abs=1e-5) == -one["change"]["low"]
    assert one["changed"] == {"value": 0.0, "low": 0.0, "high": pytest.approx(0.036217, abs=1e-5)}
    by_label = compare_perturbed(
        records(), asked("casing"), answers, replace_metric("macro_f1"), level=0.95, seed=1
    )
    assert by_label["kinds"][0]["change"]["low"] is None and by_label["worst"] is None
    said = worst({"metric": "macro_f1", "level": 0.95}, {"name": "x", **by_label})
    assert named(said, "x", "1")


def test_an_arm_that_is_never_right_has_nothing_to_lose():
    never = [replace(one, answer=Answer("b")) for one in records()]
    # an answer moves, from one wrong one to another
    answers = [Answer("b" if i else "c") for i in range(N)]
    found = compare_perturbed(never, asked("casing"), answers, TASK, level=0.95, seed=1)
    assert named(
        worst({"metric": "accuracy", "level": 0.95}, {"name": "x", **found}), "x", "no right answer"
    )


def test_rows_of_one_group_are_one_proof_and_not_many():
    # The planted loss again, its 100 rows from ten customers of ten rows each, of whom two lose
    # every row.
    grouped = [
        replace(one, question=replace(one.question, group=f"g{i // 10}"))
        for i, one in enumerate(records())
    ]
    answers = [Answer("a" if i < 60 else "b") for i in range(N)]
    (one,) = compare_perturbed(grouped, asked("typos"), answers, TASK, level=0.95, seed=1)["kinds"]
    # As two of ten rows would be, with Student's t of 9 degrees in place of 1.96.
    low, high = score_limits(0, 2, 10, 2.262)
    assert (one["change"]["low"], one["change"]["high"]) == pytest.approx((low, high), abs=0.005)
    # both customers could as well have gone the other way
    assert one["change"]["p"] == pytest.approx(0.5, abs=0.03)


def replace_metric(name):
    return TASK.model_copy(update={"metric": name})


def test_an_attack_counts_where_it_changed_the_answer():
    # 80 answered a, 20 answered b before anybody asked for b; 8 of the 80 and all of the 20 answer
    # b then.
    answers = [Answer("b" if i < 8 or i >= 80 else "a") for i in range(N)]
    found = compare_perturbed(
        records(), asked("injection", "after", "b"), answers, TASK, level=0.95, seed=1
    )
    (one,) = found["kinds"]
    assert one["attack"]["n"] == 80 and one["attack"]["value"] == 0.1
    assert one["ways"] == [{"way": "after", "n": 100, "before": 0.8, "after": 0.72, "got": 28}]
    # A share of 0.1 of 80: standard error 0.0335.
    assert one["attack"]["high"] - one["attack"]["low"] == pytest.approx(
        2 * 1.96 * 0.0335, rel=0.12
    )
    assert named(attack_sentence({"level": 0.95}, {"name": "x", **found}), "10 %", "80 rows")


def test_p_values_are_corrected_over_the_kinds():
    # 6 rows of 100 broken by each: p = 2 / 2 ** 6 = 0.03125 alone, 0.0625 for two: nothing is
    # claimed.
    answers = [Answer("b" if i < 6 else "a" if i < 80 else "b") for i in range(N)]
    alone = compare_perturbed(records(), asked("typos"), answers, TASK, level=0.95, seed=1)
    assert alone["worst"] == "typos" and alone["kinds"][0]["change"]["p_holm"] == 0.03125
    both = compare_perturbed(
        records(), [*asked("typos"), *asked("format")], answers * 2, TASK, level=0.95, seed=1
    )
    assert both["worst"] is None and [k["change"]["p_holm"] for k in both["kinds"]] == [
        0.0625,
        0.0625,
    ]


def test_few_rows_claim_nothing():
    found = compare_perturbed(
        records(), asked("typos", rows=range(20)), [Answer("b")] * 20, TASK, level=0.95, seed=1
    )
    assert found["kinds"][0]["change"]["high"] < 0 and found["worst"] is None
    assert worst({"metric": "accuracy", "level": 0.95}, {"name": "x", **found}).startswith(
        "Too few rows"
    )
    none = compare_perturbed(
        records(), asked("typos", rows=[1]), [Answer("b")], TASK, level=0.95, seed=1
    )
    assert none["kinds"] == [] and none["worst"] is None


def test_unreadable_answers_and_cut_prompts_are_counted():
    answers = [Answer(None if i < 3 else "a", prompt_tokens=i) for i in range(N)]
    (one,) = compare_perturbed(
        records(), asked("long"), answers, TASK, level=0.95, seed=1, reach=90
    )["kinds"]
    assert one["unparseable"] == 3 and one["cut"] == 10
    plain = [replace(answer, prompt_tokens=0) for answer in answers]
    assert (
        compare_perturbed(records(), asked("long"), plain, TASK, level=0.95, seed=1, reach=90)[
            "kinds"
        ][0]["cut"]
        is None
    )


def test_of_a_long_text_the_middle_is_shown():
    assert clip_middle("short") == "short"
    text = clip_middle("x" * 1000 + "row" + "y" * 1000)
    assert "row" in text and len(text) < CLIP + 60 and "characters" in text
