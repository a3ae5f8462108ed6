"""Whether a time was taken on a busy machine: counters that are known, and files as Linux writes
them."""

import os

import pytest

from assay.runtime.costs.contention import Contention, Reading, read_counters


def watched(first: Reading, last: Reading):
    readings = iter((first, last))
    return Contention(lambda: next(readings), cores=2).result()


def reading(wall, ran, waited, used, throttled=0):
    return Reading(wall, ran, waited, used, throttled, load=3.25, pressure=0.5)


@pytest.mark.parametrize(
    ("ran", "waited", "used", "busy", "lost"),
    [
        (1.0, 0.0, 1.0, False, 0.0),  # alone on the machine
        (0.1, 0.9, 2.0, True, 0.9),  # 134 ms for 13: nine tenths are waiting
        (1.0, 1.0, 2.0, True, 0.5),  # two threads, each half of the time without a processor
        (2.0, 2.0, 2.0, False, 0.5),  # more threads than cores: it slows itself
        (0.01, 0.005, 2.0, False, 0.005),  # it waits for a disk or an address: nothing is lost
    ],
)
def test_what_is_lost_is_the_waiting_for_a_processor(ran, waited, used, busy, lost):
    found = watched(reading(5.0, 3.0, 1.0, 40.0), reading(6.0, 3 + ran, 1 + waited, 40 + used))
    assert found["busy"] is busy and found["lost"] == pytest.approx(lost)
    assert (found["load"], found["pressure"], found["throttled"]) == (3.25, 0.5, False)


def test_cores_that_were_slowed_for_heat_are_no_quiet_machine():
    found = watched(reading(0, 0, 0, 0), reading(1.0, 1.0, 0.0, 1.0, throttled=2))
    assert found["busy"] and found["throttled"] and found["lost"] == 0.0


@pytest.mark.parametrize(("load", "busy"), [(0.4, False), (3.0, False), (3.2, True), (None, False)])
def test_without_counters_the_load_says_it(load, busy):
    found = watched(Reading(0.0, load=load), Reading(1.0, load=load))
    assert found["busy"] is busy and found["lost"] is None


def test_counters_are_read_from_the_files_that_linux_writes(tmp_path):
    proc, cores = tmp_path / "proc", tmp_path / "cpu"
    files = {
        "self/task/7/schedstat": "1500000000 250000000 12\n",
        "self/task/8/schedstat": "500000000 750000000 3\n",
        "stat": "cpu  100 20 30 999 5 1 2 4 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n",
        "pressure/cpu": "some avg10=12.50 avg60=0.00 avg300=0.00 total=9\nfull avg10=0.00\n",
    }
    for name, text in files.items():
        (proc / name).parent.mkdir(parents=True, exist_ok=True)
        (proc / name).write_text(text)
    for core, times in (("cpu0", 3), ("cpu1", 4)):
        (cores / core / "thermal_throttle").mkdir(parents=True)
        (cores / core / "thermal_throttle" / "core_throttle_count").write_text(f"{times}\n")
    found = read_counters(proc, cores)
    assert (found.ran, found.waited) == (2.0, 1.0)
    # user, nice, system, irq, softirq and stolen; neither idle nor waiting for a disk
    assert found.used == pytest.approx(157 / os.sysconf("SC_CLK_TCK"))
    assert (found.pressure, found.throttled) == (0.125, 7)
    nothing = read_counters(tmp_path / "none", tmp_path / "none")
    assert (nothing.ran, nothing.waited, nothing.used, nothing.throttled) == (None,) * 4


def test_what_this_machine_says_can_be_read():
    found = Contention().result()
    assert set(found) == {"busy", "lost", "load", "pressure", "throttled"}
    assert found["lost"] is None or 0 <= found["lost"] <= 1


@pytest.mark.parametrize(("wall", "busy"), [(0.01, False), (0.2, True)])
def test_a_few_turns_of_the_scheduler_are_no_busy_machine(wall, busy):
    last = reading(wall, 0.2 * wall, 0.8 * wall, 2 * wall)
    assert watched(reading(0.0, 0.0, 0.0, 0.0), last)["busy"] is busy
