import os
from pathlib import Path

import pytest

from assay.training.estimate import usage


def test_both_clocks_go_on_and_differences_are_pairs():
    begun = usage.clock()
    sum(range(200_000))
    took = usage.clock() - begun
    assert took.shape == (2,) and took[0] > 0 and took[1] >= 0
    assert ((2 * took)[0], (took + took)[1]) == (2 * took[0], 2 * took[1])


@pytest.mark.parametrize(
    ("text", "limited"), [("1048576\n", True), ("max\n", False), (str(1 << 62), False)]
)
def test_memory_is_that_of_the_machine_or_of_its_control_group(
    tmp_path, monkeypatch, text, limited
):
    # Version 2 says `max` where there is no limit, version 1 a number larger than any machine has.
    (tmp_path / "memory.max").write_text(text)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(usage, "LIMITS", (str(tmp_path / "none"), str(tmp_path / "memory.max")))
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert usage.memory() == (1 << 20 if limited else whole)


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="Linux's own count")
def test_the_machines_memory_is_what_the_kernel_says(monkeypatch):
    monkeypatch.setattr(usage, "LIMITS", ())
    line = Path("/proc/meminfo").read_text().splitlines()[0]
    assert usage.memory() == pytest.approx(int(line.split()[1]) * 1024, rel=0.01)


def test_free_memory_is_a_part_of_what_there_is(monkeypatch, tmp_path):
    assert 0 < usage.free_memory() <= usage.memory()
    (tmp_path / "memory.max").write_text("4096\n")
    monkeypatch.setattr(usage, "LIMITS", (str(tmp_path / "memory.max"),))
    assert usage.free_memory() <= usage.memory()
