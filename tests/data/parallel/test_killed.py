"""A curation that is killed again and again ends in the same bytes, and does not do again what it
had done."""

import os
import random
import signal
import threading
import time

import pytest

from assay.core import store
from assay.core.types import Means
from assay.data.parallel.executor import Scale
from assay.data.pipeline import run
from assay.data.reading.load import load
from assay.data.split import Split
from assay.data.steps.dedupe import Dedupe
from assay.data.steps.length import Length
from assay.data.steps.repair import Repair

pytestmark = pytest.mark.slow

STEPS = (Repair(), Length(), Dedupe(), Repair(lower=True), Length(min_chars=12))


def curate(folder, rows_file, processes):
    """The data stage from a file to finished files, with small chunks of which everything is
    kept."""
    stage = store.Stage(folder, "curate", "key")
    if stage.completion_note() is not None:
        return
    place = stage.open()
    loaded = load({"data": [rows_file]}, kind="classify", base=rows_file.parent)
    curated = run(
        loaded.train,
        (),
        (),
        official=False,
        steps=STEPS,
        split=Split(),
        task_kind="classify",
        seed=0,
        means=Means(seed=3),
        tell=lambda event: None,
        scale=Scale(processes=processes, folder=place, pays=0, chunk=20),
    )
    for name in ("train", "val", "test"):
        store.write_lines(
            place / f"{name}.jsonl", (example.to_json() for example in getattr(curated, name))
        )
    store.write_lines(place / "ledger.jsonl", curated.ledger)
    store.write_json(place / "audit.json", curated.audit.to_json())
    stage.finish(curated.counts)


@pytest.fixture
def rows_file(tmp_path, rows_of):
    """1,500 rows, half of them so damaged that repairing takes most of the time."""
    path = tmp_path / "rows.jsonl"
    rows = [
        {"text": row.text + " schlieÃŸt â€“ nie" * (at % 2), "label": row.target}
        for at, row in enumerate(rows_of(1500))
    ]
    path.write_text("".join(store.to_json(row) + "\n" for row in rows))
    return path


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.nightly
@pytest.mark.parametrize("processes", [1, 2])
def test_twenty_kills_change_nothing(tmp_path, rows_file, forked, processes):
    begun = time.monotonic()
    assert forked(lambda: curate(tmp_path / "whole", rows_file, 1)) == 0
    seconds = time.monotonic() - begun
    draw = random.Random(5)

    def killed(after):
        """Die `after` seconds on, wherever the work is by then: in the middle of a row, of a line,
        of a rename."""

        def work():
            timer = threading.Timer(after, os.kill, (os.getpid(), signal.SIGKILL))
            timer.daemon = True
            timer.start()
            curate(tmp_path / "killed", rows_file, processes)
            time.sleep(60)

        return work

    seen = []
    for _ in range(20):
        assert forked(killed(draw.uniform(0, seconds))) == -signal.SIGKILL
        seen.append(sum(path.stat().st_size for path in (tmp_path / "killed").rglob("pass-*.part")))
    assert max(seen) > 0, "no kill fell into the steps"
    assert forked(lambda: curate(tmp_path / "killed", rows_file, processes)) == 0
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
