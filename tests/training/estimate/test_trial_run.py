"""A rehearsal tells the whole run's numbers from a few of its steps; those without a clock in them
are exact."""

import pytest

from assay.core.errors import ResourceError
from assay.training.estimate.protocol import ask, read_rehearsals
from assay.training.estimate.trial_run import run_or_rehearse, saves
from helpers.nights import nightly_but
from helpers.problems import problem

PARTS = {"start", "compile", "trunk", "steps", "val", "states"}


def told(build, folder, **fields):
    ask(folder)
    run_or_rehearse(build(folder, **fields))
    (found,) = read_rehearsals(folder)
    return found


def real(build, folder, **fields):
    """The run itself: what it told, and how often val was looked at."""
    events = []
    progress = build(folder, tell=events.append, **fields).run()
    return [e for e in events if e.get("unit") == "step"], len(progress.curve)


# --- numbers that a whole run has too -------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("trees", nightly_but([True], [True, False]))
def test_steps_cells_and_looks_are_those_of_the_run(build, tmp_path, trees):
    settings = {"trees": trees, "epochs": 3, "batch_size": 5}
    for name in ("rehearsed", "run"):
        (tmp_path / name).mkdir()
    found = told(build, tmp_path / "rehearsed", settings=settings)
    steps, looks = real(build, tmp_path / "run", settings=settings)
    whole = build(tmp_path, settings=settings)
    cells = sum(
        whole._exercise.batch(rows).cells
        for epoch in range(3)
        for step in range(whole.plan.steps)
        for rows in whole.plan.step(epoch, step)
    )
    assert (found["steps"], found["looks"], found["cells"]) == (len(steps), looks, cells)
    assert set(found["seconds"]) == PARTS and found["scored"]
    assert all(pair[0] >= 0 and pair[1] >= 0 for pair in found["seconds"].values())
    assert found["seconds"]["steps"][0] > 0 and found["seconds"]["val"][0] > 0


@pytest.mark.slow
def test_a_trunk_is_as_large_as_the_run_writes_it(build, tmp_path):
    for name in ("rehearsed", "run", "none"):
        (tmp_path / name).mkdir()
    settings = {"layers": 1}
    found = told(build, tmp_path / "rehearsed", settings=settings)
    build(tmp_path / "run", settings=settings).run()
    there = sum(file.stat().st_size for file in (tmp_path / "run/trunk").rglob("trunk.part"))
    assert found["disk"]["trunk"] == there > 0
    assert (
        told(build, tmp_path / "none", settings={"layers": 1, "trunk": False})["disk"]["trunk"] == 0
    )


def test_the_steps_that_a_killed_run_has_taken_are_not_counted(build, tmp_path):
    ask(tmp_path, done=4)
    run_or_rehearse(build(tmp_path))
    (found,) = read_rehearsals(tmp_path)
    assert (found["steps"], found["looks"]) == (2, 1)  # of 6 steps and 2 epochs


@pytest.mark.slow
@pytest.mark.parametrize("full", [False, True], ids=["lora", "all weights"])
def test_every_kind_of_run_can_be_rehearsed(build, tmp_path, full):
    settings = {"unfreeze": "gradually", "checkpointing": True, "batch_size": 12}
    found = told(build, tmp_path, full=full, settings=settings, held=(), evaluate=None)
    assert found["steps"] == 2 and not found["scored"]


def test_what_cannot_fit_is_refused_with_what_would(build, tmp_path):
    ask(tmp_path, memory=10_000_000)
    with problem(ResourceError, "R098"):
        run_or_rehearse(build(tmp_path))


# --- arithmetic -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "cost", "count"),
    # Not before 20 s; then every 20 s; and where a state takes 5 s, every 100 s: a twentieth of the
    # time.
    [(19, 0.1, 0), (20, 0.1, 1), (61, 0.1, 3), (119, 5, 1), (120, 5, 2), (321, 5, 4)],
)
def test_states_are_counted_as_the_loop_writes_them(seconds, cost, count):
    assert saves(seconds, cost) == count
