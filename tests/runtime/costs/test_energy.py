"""RAPL's counters, read from a folder laid out as the kernel's."""

import pytest

from assay.runtime.costs.energy import Meter


def zone(folder, name, joules, most=1000):
    place = folder / name
    place.mkdir(exist_ok=True)
    (place / "energy_uj").write_text(f"{int(joules * 1e6)}\n")
    (place / "max_energy_range_uj").write_text(f"{int(most * 1e6)}\n")


@pytest.fixture
def clock(monkeypatch):
    """Seconds that stand still until they are moved."""
    now = [100.0]
    monkeypatch.setattr("assay.runtime.costs.energy.time.monotonic", lambda: now[0])
    return now


def test_watts_are_joules_of_all_packages_by_time(tmp_path, clock):
    zone(tmp_path, "intel-rapl:0", 50)
    zone(tmp_path, "intel-rapl:1", 10)
    zone(tmp_path, "intel-rapl:0:0", 5)  # the cores of package 0: a part of it
    meter = Meter(tmp_path)
    zone(tmp_path, "intel-rapl:0", 90)
    zone(tmp_path, "intel-rapl:1", 20)
    zone(tmp_path, "intel-rapl:0:0", 35)
    clock[0] += 10
    assert meter.watts() == 5.0


def test_a_counter_that_began_anew(tmp_path, clock):
    zone(tmp_path, "intel-rapl:0", 990)
    meter = Meter(tmp_path)
    zone(tmp_path, "intel-rapl:0", 20)
    clock[0] += 10
    assert meter.watts() == 3.0


def test_it_is_read_often_enough_not_to_miss_a_round(tmp_path, clock):
    zone(tmp_path, "intel-rapl:0", 0)
    meter = Meter(tmp_path)
    # 600 a minute: 600, 1200, 1800, 2400 of a counter that holds 1000
    for joules in (600, 200, 800, 400):
        clock[0] += 60
        zone(tmp_path, "intel-rapl:0", joules)
        meter.note()
    assert meter.watts() == 10.0


def test_where_nothing_can_be_read_nothing_is_said(tmp_path, clock):
    assert Meter(tmp_path / "missing").watts() is None
    (tmp_path / "intel-rapl:0").mkdir()
    meter = Meter(tmp_path)
    clock[0] += 10
    assert meter.watts() is None
