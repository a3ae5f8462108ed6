"""A rehearsal tells the whole run's numbers from a few of its steps; those without a clock in them
are exact."""

import numpy as np
import pytest

from assay.core.errors import ResourceError
from assay.training.batch_schedule import BatchPlan
from assay.training.estimate.protocol import ask, find_request, read_rehearsals
from assay.training.estimate.step_costs import MicroBatch, Survey, first_parts, line, neighbours
from assay.training.estimate.trial_run import run_or_rehearse, saves
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
@pytest.mark.parametrize("trees", [True, False])
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


def test_nothing_else_than_a_request_starts_one(build, tmp_path):
    inside = tmp_path / "reading" / "documents" / "training"
    inside.mkdir(parents=True)
    assert find_request(inside) is None
    ask(tmp_path)
    assert find_request(inside) == (tmp_path, {"done": 0, "memory": 0})
    assert find_request(inside / "deeper") is None  # three folders up and no further


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


# --- the survey -----------------------------------------------------------------------------------


def plan(n=40, batch=8):
    lengths = tuple(3 + (7 * i) % 19 for i in range(n))
    return BatchPlan(lengths, batch, seed=1, micro_tokens=64, ids=[list(range(k)) for k in lengths])


def test_the_dearest_part_is_found_among_all_steps():
    parts = [
        len(rows) * max(plan().lengths[row] for row in rows)
        for epoch in range(2)
        for step in range(plan().steps)
        for rows in plan().step(epoch, step)
    ]
    survey = Survey.of(plan(), epochs=2)
    assert len(survey.steps) == 10
    assert survey.dearest.cells == max(parts) and survey.cells == pytest.approx(sum(parts) / 10)


def test_of_many_steps_some_are_looked_at_evenly():
    survey = Survey.of(plan(n=400), epochs=3, most=10)
    assert len(survey.steps) == 10
    prices = [abs(sum(part.price for part in step) - survey.price) for step in survey.typical(10)]
    assert prices == sorted(prices)


def test_a_row_alone_costs_its_length():
    assert MicroBatch.of(plan(), [3]) == MicroBatch(
        (3,), plan().lengths[3], plan().costs.rows([plan().lengths[3]])
    )


def test_of_a_dear_step_the_first_parts_are_taken():
    parts = [MicroBatch((i,), 10, 10.0) for i in range(4)]
    assert first_parts(parts, 25.0) == parts[:2]
    assert first_parts(parts, 1.0) == parts[:1] and first_parts(parts, 100.0) == parts


def test_neighbours_are_sorted_and_share_what_they_begin_with():
    ids = [[1, 2, 9], [5, 6, 7], [1, 2, 3], [1, 2, 3, 4]]
    assert neighbours(ids, 4, merges=True) == [2, 3]  # 1 2 3, then 4
    assert neighbours(ids, 7, merges=False) == [2, 3]
    assert neighbours(ids, 100, merges=True) == [2, 3, 0, 1]


# --- arithmetic -----------------------------------------------------------------------------------


def test_a_line_goes_through_a_small_step_and_the_mean_of_others():
    # seconds = 2 + price / 10 on the wall, 1 + price / 20 of the processor.
    def seconds(price):
        return np.array([2 + price / 10, 1 + price / 20])

    fixed, each = line((10, seconds(10)), [(90, seconds(90)), (110, seconds(110))])
    np.testing.assert_allclose(fixed, [2, 1])
    np.testing.assert_allclose(each, [0.1, 0.05])


def test_where_a_small_step_is_no_smaller_all_is_laid_on_the_price():
    fixed, each = line((10, np.array([1.0, 1.0])), [(12, np.array([3.0, 6.0]))])
    np.testing.assert_allclose((fixed, each), ([0, 0], [0.25, 0.5]))


def test_a_small_step_that_took_longer_gives_no_negative_price():
    fixed, each = line((10, np.array([9.0, 1.0])), [(100, np.array([4.0, 4.0]))])
    assert each[0] == 0 and fixed[0] == 4


@pytest.mark.parametrize(
    ("seconds", "cost", "count"),
    # Not before 20 s; then every 20 s; and where a state takes 5 s, every 100 s: a twentieth of the
    # time.
    [(19, 0.1, 0), (20, 0.1, 1), (61, 0.1, 3), (119, 5, 1), (120, 5, 2), (321, 5, 4)],
)
def test_states_are_counted_as_the_loop_writes_them(seconds, cost, count):
    assert saves(seconds, cost) == count
