"""What a log is held against: draws that keep their order, families, and rows on one side alone."""

import random
from pathlib import Path

import numpy as np
import pytest

from assay.config import load
from assay.core.corrupt_files import silent
from assay.core.types import Example, Message
from assay.deployment.monitoring.log_reader import Log, LogEntry
from assay.deployment.monitoring.reference import Against, against, families_of, subsample
from assay.runtime.data_stage.prepare import prepare
from helpers.toy import build


def row(id, text, group=None):
    return Example(id, (Message("user", text),), group=group)


def test_a_draw_keeps_the_order_and_its_seed_repeats_it():
    rows = list(range(100))
    found = subsample(rows, 10, random.Random(3))
    assert len(found) == 10 and found == sorted(set(found))
    assert found == subsample(rows, 10, random.Random(3)) != subsample(rows, 10, random.Random(4))
    assert subsample(rows, 100, random.Random(3)) == rows


def test_near_copies_and_rows_of_one_group_are_a_family():
    rows = [
        row("0", "where is my order of the seventh of may please"),
        row("1", "a taxi to the station", "ann"),
        row("2", "where is my order of the seventh of may, please!"),
        row("3", "nothing of the kind was ever said here", "ann"),
        row("4", "the lemon is yellow"),
    ]
    of = families_of(rows).tolist()
    assert of[0] == of[2] and of[1] == of[3] and len(set(of)) == 3


def test_distances_are_those_from_the_training_rows():
    # (log, held, train): rows 0 and 1 are alike to training by (1, 0) and (0.6, 0.8)
    vectors = np.array([[1.0, 0.0], [0.6, 0.8], [1.0, 0.0], [0.0, 1.0]])
    rows = [row(str(n), "a") for n in range(4)]
    beside = Against([LogEntry(rows[0])], rows[2:], rows[1:2], vectors, "words", np.arange(2))
    assert beside.distances == pytest.approx([1 - 0.5, 1 - 0.7])  # the mean of the two nearest


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference") / "tickets"
    folder = build(folder, Path("smollm2-135m"), "compare: [{kind: majority}]\n")
    project = load(folder / "project.yaml")
    return project, prepare(project, silent)


def test_training_rows_are_held_back_where_the_others_are_few(prepared):
    project, rows = prepared
    log = Log([LogEntry(row(f"log {n}", f"a question of number {n * 7919}")) for n in range(40)], 0)
    found = against(project, rows, log, "words", True, silent)
    train, held = ({one.id for one in part} for part in (found.train, found.held))
    assert len(train) + len(held) == 66 + 30 and not train & held
    own = len(rows.examples("train"))
    assert own > len(train) >= own / 2  # some are held back, at most half
    assert found.vectors.shape[0] == 40 + 96 and found.encoder == "words"
    lengths = np.sqrt(found.vectors.multiply(found.vectors).sum(axis=1))
    assert np.asarray(lengths).ravel() == pytest.approx(np.ones(136))
    # a family of the log is none of the held-back rows'
    assert not set(found.families[:40]) & set(found.families[40:])
