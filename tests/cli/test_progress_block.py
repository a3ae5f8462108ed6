"""The redrawn lines at any width: nothing is wider than the terminal, and what matters stays."""

import pytest

from assay.cli.progress_block import (
    block_lines,
    joined,
    name_column,
    stage_lines,
    three,
    wrapped,
)
from assay.runtime.events.progress_rate import StageProgress
from assay.runtime.events.run_progress import RunProgress
from helpers.training_progress import VALUES, training


def search() -> StageProgress:
    found = StageProgress("lora-search-of-all-ranks-and-rates", 0.0)
    values = {"rank": 16, "learning_rate": 0.0011, "dropout": 0.05, "targets": ["q", "v"]}
    trial = {"trial": 1, "trials": 12, "values": values}
    found.take_trial({**trial, "state": "complete", "score": 0.7, "seconds": 60.0})
    best = {"trial": 0, "score": 0.712, "values": values}
    found.take_trial({**trial, "trial": 2, "state": "start", "best": best})
    moved = {"done": 250, "total": 1200, "unit": "search", "trial": 2, "trials": 12}
    found.advance({**moved, "step": 30, "steps": 120, "values": VALUES}, 100.0)
    return found


@pytest.mark.parametrize("width", [40, 60, 72, 80, 120])
@pytest.mark.parametrize("stage", [training(**VALUES), search()], ids=["training", "search"])
def test_no_line_is_wider_than_the_terminal(stage, width):
    whole = RunProgress(0.0, ("a" * 40, "lora-r8", "rag", "full"), 20.0)
    lines = block_lines({stage.name: stage}, whole, 100.0, width)
    assert len(lines) <= 9 and max(map(len, lines)) <= width
    assert lines[-1].startswith("   0 of 4 strategies")


def test_a_narrow_line_gives_up_its_bar_before_its_numbers():
    wide, narrow = (stage_lines(search(), 100.0, width) for width in (120, 60))
    assert "█" in wide[0] and "█" not in narrow[0]
    # 9.5 trials of 60 s are left.
    for line in (wide[0], narrow[0]):
        assert "trial 3/12" in line and "20 %" in line and line.endswith("10 min left")
    assert wide[1].strip() == "best 0.712 in trial 1: rank 16, lr 0.0011, dropout 0.05, targets q-v"
    assert narrow[1].strip() == "best 0.712 in trial 1: rank 16, lr 0.0011, …"
    assert wide[2].strip().endswith("targets q-v, step 30/120")
    assert narrow[3].strip().startswith("train 0.612   val 0.701   score 0.830")


@pytest.mark.parametrize(
    ("width", "expected"),
    [(20, "one, two, three"), (14, "one, two, …"), (10, "one, …"), (4, "one…")],
)
def test_whole_parts_are_left_out(width, expected):
    assert joined(["one", "two", "three"], ", ", width) == expected


def test_the_first_text_that_fits_stands_between_name_and_time():
    assert three(" ✓ lora", ["a longer text", "short"], "3 s", 40).split() == [
        *("✓", "lora", "a", "longer", "text", "3", "s")
    ]
    assert three(" ✓ lora", ["a longer text", "short"], "3 s", 28) == " ✓ lora          short   3 s"
    cut = three(f" ▸ {'x' * 40}", ["trial 3/12"], "9 min left", 50)
    assert len(cut) == 50 and "x… trial 3/12 9 min left" in cut
    # A short name stays whole, and the text is cut.
    cut = three(" ✓ lora-search", ["accuracy 0.333  learning  6 trials, best: rank 2"], "26 s", 50)
    assert cut == " ✓ lora-search   accuracy 0.333  learning  6… 26 s"


def test_texts_are_broken_between_words_and_long_words_cut_in_their_middle():
    assert wrapped("  short  text", 20) == ["  short  text"]
    assert wrapped("  one two three four", 12) == ["  one two", "    three", "    four"]
    (line,) = wrapped("/data/" + "x" * 40 + "/a.csv", 20)
    assert line == "/data/xxx…xx/a.csv" and len(line) <= 20


@pytest.mark.parametrize(("width", "column"), [(60, 20), (80, 26), (120, 27)])
def test_the_column_of_names_has_the_longest_of_a_race_up_to_a_third(width, column):
    # " ✓ race, " and 18 characters
    raced = RunProgress(0.0, ("tfidf", "few-shot-4-similar"), 8.0)
    assert name_column(raced, width) == column
    assert name_column(None, width) == 16 == name_column(RunProgress(0.0, ("tfidf",), 8.0), width)


def test_a_name_is_kept_to_its_column_where_the_text_has_to_be_cut_anyway():
    line = three(" – race, zero-shot", ["pruned  " + "x" * 90], "6.1 s", 60, 20)
    assert line.startswith(" – race, zero-shot   pruned  xxx") and line.endswith("… 6.1 s")
    assert len(line) == 60
