"""However a model folder is damaged: the same answers, or a coded message. Another model is never
taken for one that was recorded."""

import datetime
import os
import random
import shutil
from collections import Counter

import pytest

from assay.cli.main import command
from helpers.folder_damage import answers, damage, outcome
from helpers.toy import build
from test_damaged import answer

pytestmark = [pytest.mark.slow, pytest.mark.apart]
# The seed of the day, so that every night draws others; $ASSAY_SEED draws those of another day.
TODAY = int(os.environ.get("ASSAY_SEED") or f"{datetime.date.today():%Y%m%d}")
TRAINED = "compare:\n  - {kind: majority}\n  - {kind: lora, name: tuned, rank: 2, epochs: 1}\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))


def drawn(folder, first: int, draws: int) -> Counter:
    right, counts, wrong = answers(folder), Counter(), []
    for seed in range(first, first + draws):
        how, what = outcome(folder, right, seed)
        counts[how] += 1
        wrong += [f"{seed}: {what}"] * (how in ("raw", "silent"))
    assert wrong == []
    return counts


def test_a_few_damaged_folders_open_as_they_were_or_are_refused(tiny_model, one_thread):
    counts = drawn(tiny_model, 28, 8)
    assert counts["coded"] and sum(counts.values()) == 8


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(4))
def test_damaged_folders_open_as_they_were_or_are_refused(tiny_model, one_thread, part):
    counts = drawn(tiny_model, 100 * (100 * TODAY + part), 100)
    print(dict(counts))
    assert counts["coded"] > 30


@pytest.mark.nightly
def test_a_strategy_never_answers_on_a_base_that_was_damaged(tmp_path, tiny_model, capsys):
    base = shutil.copytree(tiny_model, tmp_path / "base")
    folder = build(tmp_path / "p", base, TRAINED)
    assert command(["run", "--plain", str(folder)]) == 0
    right = answer(folder, "tuned", capsys)
    assert right[0] == 0
    for seed in range(100 * TODAY, 100 * TODAY + 40):
        done = damage(base, random.Random(seed))
        code, text = answer(folder, "tuned", capsys)
        assert (code, text) == right or code in (2, 4, 5), f"{seed}: {done}: exit {code}"
        shutil.rmtree(base)
        shutil.copytree(tiny_model, base)
    assert answer(folder, "tuned", capsys) == right
