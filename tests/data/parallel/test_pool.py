import os
import signal
import time
from pathlib import Path

import pytest

from assay.core.types import Means
from assay.data.parallel.outcomes import decode_line, encode_line, from_json, of_rows
from assay.data.parallel.pool import Hands
from assay.data.steps.repair import Repair
from helpers.curation_processes import own_step_processes, step_processes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc"),
]


def test_answers_come_in_the_order_of_the_requests(rows_of):
    rows, head = rows_of(60), {"steps": [{"kind": "repair"}], "seed": 0, "key": "", "official": 0}
    chunks = [rows[at : at + size] for at, size in ((0, 50), (50, 9), (59, 1))]
    hands = Hands(2)
    try:
        requests = [encode_line({**head, "rows": [r.to_json() for r in chunk]}) for chunk in chunks]
        answers = [decode_line(answer)["fates"] for answer in hands.answers(requests)]
    finally:
        hands.end()
    assert [list(map(from_json, fates)) for fates in answers] == [
        list(of_rows((Repair(),), chunk, Means(), False)) for chunk in chunks
    ]
    assert not own_step_processes()


def test_processes_end_with_the_one_that_started_them(rows_of, forked):
    def work():
        hands = Hands(2)
        assert len(own_step_processes()) == 2
        os.kill(os.getpid(), signal.SIGKILL)
        hands.end()

    before = set(step_processes())
    assert forked(work) == -signal.SIGKILL
    until = time.monotonic() + 120
    while set(step_processes()) - before:
        assert time.monotonic() < until, "a process outlived the one that started it"
        time.sleep(0.05)
