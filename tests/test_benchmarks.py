"""The benchmarks' own arithmetic: what is counted, and what is said about it. No model is
loaded."""

import sys
from itertools import zip_longest
from pathlib import Path

import pytest

BENCHMARKS = str(Path(__file__).parents[1] / "benchmarks")


@pytest.fixture(autouse=True)
def _scripts(monkeypatch):
    """The scripts import each other as a script's neighbours do."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    yield
    for name, module in [*sys.modules.items()]:
        if str(vars(module).get("__file__")).startswith(BENCHMARKS):
            del sys.modules[name]


def test_flops_of_one_token_of_a_one_layer_model():
    from train import flops

    # Width 8, 2 heads of 4, 1 key-value head, inner width 16, 10 words, LoRA of rank 1. Its
    # matrices: q and o 64 each; k and v 32 each; gate, up and down 128 each: 576. LoRA: 16 + 12 +
    # 12 + 16 + 3 x 24 = 128. One token that sees itself.
    config = {
        "hidden_size": 8,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "vocab_size": 10,
    }
    told = {"computed": 1, "learnt": 1, "pairs": 1}
    assert flops(config, told, rank=1) == (4 * 576 + 6 * 128) + 4 * 10 * 8 + 12 * 8


def contender(side, speed, **more):
    return {
        "side": side,
        "rounds": [{}],
        "how": {},
        "tokens_per_second": speed,
        "loss_before": 2.0,
        **more,
    }


def results(**contenders):
    machine = {"processor": "one with amx_bf16"}
    return {"machine": machine, "experiments": {"A8": {"contenders": contenders}}}


def test_a_ratio_is_to_the_fastest_variant_of_the_peer():
    from claims import judged

    found = results(
        assay=contender("assay", 300.0), slow=contender("trl", 10.0), fast=contender("trl", 15.0)
    )
    for name, peak in (("assay", 1.0), ("slow", 3.0), ("fast", 4.0)):
        found["experiments"]["A8"]["contenders"][name]["peak_bytes"] = peak
    said = {what: row for what, *row in judged(found)}
    assert said["A, batch 8, against TRL's best"] == ["20.00x", "15x", "20x", "aim reached"]
    assert said["A: peak memory against TRL's best"] == ["0.25x", "0.333x", "0.2x", "reached"]
    assert said["C, batch 8, against TRL's best"] == ["not yet", "3.5x", "5x", ""]


def test_a_failed_contender_leaves_its_claims_open():
    from claims import judged

    found = results(assay={"side": "assay", "rounds": [], "how": {}}, TRL=contender("trl", 10.0))
    said = {what: row for what, *row in judged(found)}
    assert said["A, batch 8, against TRL's best"][0] == "not yet"


def test_conversations_become_one_row_with_every_turn_learnt():
    from workloads import Row, whole_chats

    first, second = Row([1, 2, 3], [(1, 3)], "a:1", 0), Row([1, 2, 3, 4, 5], [(4, 5)], "a:3", 0)
    other = Row([1, 9], [(1, 2)], "b:1", 1)
    assert whole_chats([first, second, other]) == [
        Row([1, 2, 3, 4, 5], [(1, 3), (4, 5)], "a:3", 0),
        other,
    ]


def test_turns_that_are_no_beginning_of_the_last_stay_rows():
    from workloads import Row, whole_chats

    rows = [Row([1, 7, 3], [(1, 3)], "a:1", 0), Row([1, 2, 3, 4, 5], [(4, 5)], "a:3", 0)]
    assert whole_chats(rows) == rows


def test_agreement_counts_queries_that_both_have_scored():
    from score import agreement

    ours = {0: [-1.0, -2.0], 1: [-3.0, -1.0], 2: [-1.0, -9.0]}
    theirs = {0: [-1.5, -2.5], 1: [-1.0, -1.5]}
    assert agreement(ours, theirs) == {
        "compared": 2,
        "equal_choices": 0.5,
        "nats_lost_at_most": 0.5,
    }


def test_written_tokens_are_compared_up_to_the_first_difference():
    from generate import differs

    assert differs([1, 2, 3], [1, 2, 3]) == 3
    assert differs([1, 2, 3, 4], [1, 9, 3, 4]) == 1
    assert differs([1, 2], [1, 2, 3]) == 2  # one of them has ended: nothing there to compare


def test_the_grid_stays_below_one_and_holds_the_default():
    from cells import default_rate, grid, methods

    for kind in methods():
        rates = [cell.settings["learning_rate"] for cell in grid(kind, {})]
        assert len(set(rates)) == 4 and max(rates) < 1
        assert any(rate == pytest.approx(default_rate(kind), rel=1e-2) for rate in rates)


def test_the_best_rate_waits_for_all_and_takes_the_lower_of_equals(tmp_path):
    from cells import grid
    from methods import Results, best_rate

    found = Results(tmp_path / "cells.jsonl", {"grid": "rows"})
    cells = list(grid("lora", {}))
    for cell, value in zip(cells, (0.5, 0.7, 0.7), strict=False):
        assert best_rate(cells, found) is None
        found.add(cell, {"value": value}, 1)
    found.add(cells[-1], {"failure": "diverged"}, 1)
    assert best_rate(cells, found) == cells[1].settings["learning_rate"]
    # What was finished is read back, so that a stopped benchmark goes on.
    assert best_rate(cells, Results(found.file, found.data)) == cells[1].settings["learning_rate"]
    assert best_rate(cells, Results(found.file, {"grid": "other rows"})) is None


def test_settings_on_the_command_line_are_yaml():
    from methods import overrides

    assert overrides(["lora.epochs=5", "lora.targets=all-linear", "ia3.rs=true"]) == {
        "lora": {"epochs": 5, "targets": "all-linear"},
        "ia3": {"rs": True},
    }


@pytest.mark.slow
def test_rows_to_curate_are_planted_as_they_say():
    from collections import Counter

    from assay.data.text_similarity import jaccard, normal
    from curate_rows import made_rows

    rows = made_rows(3000)
    assert rows == made_rows(3000) and rows != made_rows(3000, seed=1)
    for row in rows:
        if row.original >= 0:
            other = rows[row.original]
            assert row.label == other.label and not other.planted
            assert jaccard(normal(row.text), normal(other.text)) == row.jaccard
            assert (row.jaccard == 1) == (row.planted == "exact") and (row.jaccard < 0.8) == (
                row.planted == "below"
            )
    planted = Counter(row.planted for row in rows)
    # 1 in 10, 12 and 16 of the originals, which are 1 / (1 + 1/10 + 1/12 + 1/16) of the rows; four
    # standard deviations.
    originals = 3000 / (1 + 1 / 10 + 1 / 12 + 1 / 16)
    for kind, share in (("exact", 1 / 10), ("near", 1 / 12), ("below", 1 / 16)):
        many = sum(count for name, count in planted.items() if name.startswith(kind))
        assert many == pytest.approx(originals * share, abs=4 * (originals * share) ** 0.5)


def test_recall_and_precision_of_the_curation_benchmark(tmp_path):
    from assay.core.types import Example, Message
    from curate import judged

    texts = [
        "where is the card that i ordered",
        "where is the card that i orderd",
        "where is the card",
        "no",
    ]
    rows = [Example(f"r{at}", (Message("user", text),)) for at, text in enumerate(texts)]
    planted = tmp_path / "planted.json"
    planted.write_text('[["r1", "r0"], ["r2", "r0"], ["r9", "r0"]]')
    # r2 measures below 0.8 and r9 is not there, so one pair is asked for; of two dropped rows one
    # is right.
    found = judged(rows, {"r1": "r0", "r3": "r0"}, planted)
    assert (found["planted_pairs"], found["recall"], found["precision"]) == (1, 1.0, 0.5)
    assert judged(rows, {}, planted)["recall"] == 0


def test_the_slowest_of_twenty_is_the_95th_percentile():
    from serve import late

    assert late([float(i) for i in range(1, 21)]) == 20.0
    assert late([float(i) for i in range(1, 101)]) == 96.0
    assert late([3.0]) == 3.0


def test_a_server_is_judged_against_each_other_one():
    from types import SimpleNamespace

    from serve_tables import shared_table

    def told(seconds):
        rounds = [{"seconds": seconds, "processor": seconds, "tokens": 100, "first_p95": 0.5}]
        return {"rounds": rounds, "same_as_assay": 1.0}

    found = {"assay": told(10.0), "transformers serve": told(35.0), "llama.cpp": told(9.0)}
    options = SimpleNamespace(questions=4, clients=2, tokens=8)
    table = shared_table({"shared_tokens": 1000, "contenders": found}, options)
    assert "against transformers serve: 3.50x; must 3x: reached" in table
    assert "against llama.cpp: 0.90x; must 1x: short" in table


@pytest.mark.nightly
def test_random_defects_are_the_same_for_a_seed_and_change_one_place_each():
    pytest.importorskip("cosmic_ray", reason="pip install cosmic-ray coverage")
    from mutants_draw import PACKAGE, draw

    drawn = draw("a seed", 4)
    assert draw("a seed", 3) == drawn[:3] and len({one.name for one in drawn}) == 4
    for one in drawn:
        source = (PACKAGE / one.file).read_text().splitlines()
        changed = one.applied("\n".join(source)).splitlines()
        # A change may take lines away, and the line end before it.
        pairs = zip_longest(source, changed)
        first = next(i for i, (old, new) in enumerate(pairs, 1) if old != new)
        assert first in (one.line - 1, one.line)


def test_no_defect_is_drawn_in_an_annotation():
    pytest.importorskip("cosmic_ray", reason="pip install cosmic-ray coverage")
    from mutants_draw import annotations

    source = "def f(a: int | None = 1 | 2) -> str | None:\n    b: int = 3\n"
    marked = annotations(source)
    assert (1, source.index("|")) in marked and (1, source.rindex("|")) in marked
    assert (1, source.index("| 2")) not in marked and (
        2,
        source.splitlines()[1].index("3"),
    ) not in marked


def test_tests_of_a_defect_begin_with_its_module_and_the_cheapest():
    pytest.importorskip("cosmic_ray", reason="pip install cosmic-ray coverage")
    from mutants import chosen
    from mutants_draw import Mutant

    here, other, slow = (f"tests/{name}.py::test_a" for name in ("stats/test_intervals", "b", "c"))
    lines = {"stats/intervals.py": {"3": [2, 1, 0], "4": [1]}}
    reached = {"tests": [here, other, slow], "lines": lines}
    seconds = {slow: 9.0, other: 0.1}
    mutant = Mutant("stats/intervals.py", 3, "core/AddNot", 0)
    assert chosen(mutant, reached, seconds) == ["tests/stats/test_intervals.py", other, slow]
    # at import, or in a worker: all tests of the file
    unseen = Mutant("stats/intervals.py", 9, "core/AddNot", 0)
    assert chosen(unseen, reached, seconds) == ["tests/stats/test_intervals.py", other, slow]


def test_clients_share_the_questions_and_keep_their_order():
    from serve_clients import all_at_once

    assert all_at_once(3, 10, lambda i: i * i) == [i * i for i in range(10)]
    with pytest.raises(RuntimeError, match="no"):
        all_at_once(2, 5, lambda i: int("no"))


def test_what_a_recommendation_of_a_race_loses():
    from race import lost, page

    whole = {"recommended": "lora", "arms": {"lora": {"value": 0.9}, "probe": {"value": 0.85}}}
    assert lost(whole, {"recommended": "probe"}) == pytest.approx(5.0)
    assert lost(whole, {"recommended": "lora"}) == 0.0
    assert lost(whole, {"recommended": None}) == pytest.approx(90.0)  # nothing was recommended
    met = {"status": "done", "heats": [{"seconds": 20.0}]}
    left = {"status": "pruned", "heats": [{"seconds": 10.0}, {"seconds": 50.0}]}
    raced = {"recommended": "probe", "arms": {"lora": left, "probe": met}}
    rows = [
        {"set": "tickets", "way": "whole", "processor_seconds": 600.0, **whole},
        {"set": "tickets", "way": "race", "processor_seconds": 150.0, **raced},
    ]
    said = page(rows)
    assert "| tickets | 10.0 | 2.5 | 0.25 | 0.75 | `lora` | `probe` | 5.0 | 1 of 2 |" in said
    assert "On 1 of 1 sets the race takes a third of the time or less" in said
    assert "it would take a third or less on 1." in said


def test_when_a_search_has_the_score_of_another():
    from search import best_of, time_to

    trials = [
        {"state": "complete", "score": 0.7, "seconds": 10.0},
        {"state": "pruned", "score": 0.9, "seconds": 2.0},
        {"state": "complete", "score": 0.8, "seconds": 10.0},
    ]
    assert best_of(trials) == 0.8
    assert time_to(trials, 0.8) == 22.0  # what was ended early has cost its time, and has no score
    assert time_to(trials, 0.85) is None


def test_golden_runs_differ_in_what_is_no_time():
    from golden import unequal

    before = {"score": 0.5, "seconds": 3.0, "rows": [{"id": "a"}], "text": "yes"}
    assert not [*unequal(before, before | {"seconds": 9.0, "score": 0.5 + 1e-9})]
    after = {"score": 0.4, "rows": [{"id": "b"}], "text": "yes", "more": 1}
    assert [*unequal(before, after)] == [
        ".more: only after",
        ".rows[0].id: a -> b",
        ".score: 0.5 -> 0.4",
    ]
