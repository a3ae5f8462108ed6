"""How a training went: its looks at val, the losses of its steps, and why it ended."""

import pytest

from assay.core import store
from assay.runtime.arms.training_summary import training_summary
from helpers.small_projects import bench_of_project, load_project


@pytest.fixture
def bench(tmp_path):
    return bench_of_project(load_project(tmp_path / "project"))


def test_how_a_training_went_is_told_with_the_step_that_was_kept(bench):
    bench, _ = bench
    arm = bench.project.arms["majority"]
    folder = bench.fit_stage(arm).open() / "arm" / "inner"  # of the arm inside
    store.write_json(
        folder / "tuned.json",
        {
            "curve": [
                {"step": 1, "train_loss": 2.0},
                {"step": 2, "train_loss": 1.0, "val_loss": 3, "val": 0.5},
            ],
            "losses": [[1, 2.0], [2, 1.0]],
            "best_step": 2,
            "fit": {"word": "learning", "text": "It learns."},
            "ended": "all epochs were done",
            "auto_rate": 3.7e-4,
        },
    )
    store.write_json(folder / "note.json", {"notes": ["A note."]})
    found = training_summary(bench, arm)
    assert [point["kept"] for point in found["curve"]] == [False, True]
    assert found["losses"] == ((1, 2.0), (2, 1.0)) and found["curve"][1]["score"] == 0.5
    assert "score" not in found["curve"][0]
    assert found["curve"][0]["val"] is None and found["fit"]["word"] == "learning"
    assert found["note"] == "Training ended: all epochs were done. Learning rate: 0.00037. A note."
    nothing = training_summary(bench, bench.project.arms["copy"])
    assert nothing == {"curve": None, "fit": None, "note": ""}


@pytest.mark.parametrize("file", ["encoder.json", "tagger.json"])
def test_a_small_network_has_its_losses_and_scores_too(bench, file):
    bench, _ = bench
    arm = bench.project.arms["majority"]
    # Equal scores are told apart by a thousandth of the likelihood, which is no part of the metric.
    training = {
        "curve": [{"step": 4, "train_loss": 0.5, "val": 1.0007}],
        "losses": [[2, 0.7], [4, 0.3]],
        "best_step": 4,
        "ended": "all epochs done",
    }
    saved = {"training": training} if file == "encoder.json" else {"made": {"training": training}}
    store.write_json(bench.fit_stage(arm).open() / "arm" / file, saved)
    found = training_summary(bench, arm)
    look = {"step": 4, "train": 0.5, "val": None, "score": 1.0, "kept": True}
    assert found["curve"] == [look] and found["losses"] == ((2, 0.7), (4, 0.3))
