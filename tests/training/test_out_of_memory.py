"""Memory that is short: micro-batches are halved, and what is learnt stays the same."""

import re
import sys
from itertools import product
from pathlib import Path

import pytest
import torch

from assay.core.errors import ResourceError
from assay.training.objectives.completion import completion
from assay.training.out_of_memory import is_short, split_to_limit, translate_memory_errors
from helpers.nights import nightly_but
from helpers.problems import problem
from helpers.weights import weights

ALLOCATOR = (
    "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate"
    " memory: you tried to allocate 8000000000 bytes. Error code 12 (Cannot allocate memory)"
)
ERRORS = [
    RuntimeError(ALLOCATOR),
    MemoryError(),
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
]
SETTINGS = {"batch_size": 12, "micro_tokens": 4096, "dropout": 0.0, "epochs": 2}


def failing(most, error, *, after=None):
    """The objective, which fails in training for batches of more than `most` rows: at once, or in
    the backward pass when the gradient of the weight `after` is there."""

    def objective(network, batch):
        loss = completion(network, batch)
        if network.training and len(batch.rows) > most:
            if after is None:
                raise error

            def fail(grad):
                hook.remove()
                raise error

            hook = after.register_hook(fail)
        return loss

    return objective


@pytest.mark.slow
@pytest.mark.parametrize(
    ("full", "backward"),
    nightly_but([(False, True), (True, False)], product((False, True), (False, True))),
    ids=["lora-forward", "lora-backward", "bf16-forward", "bf16-backward"],
)
def test_micro_batches_are_halved_and_the_gradients_are_the_same(build, tmp_path, full, backward):
    # The first two errors come one to a halving: 12 rows do not fit, 6 do not, 3 do.
    settings = {k: v for k, v in SETTINGS.items() if not (full and k == "dropout")}
    notes, expected = [], {}
    for error in ERRORS[:2]:
        short = build(tmp_path / "a", full=full, settings=settings, held=(), tell=notes.append)
        lowest = next(iter(short.change.trained.values()))  # its gradient is among the last
        short.objective = failing(3, error, after=lowest if backward else None)
        found, progress = weights(short)
        assert progress.halved == 2 and 0 < progress.limit < sum(short._exercise.lengths)
        smaller = max(
            short._exercise.tokens(part)
            for part in split_to_limit(range(12), short._exercise.lengths, progress.limit)
        )
        if not expected:
            plain = build(
                tmp_path / "b", full=full, settings={**settings, "micro_tokens": smaller}, held=()
            )
            expected, undisturbed = weights(plain)
            assert undisturbed.halved == 0
        for name, weight in expected.items():
            close = {"atol": 2e-2, "rtol": 2e-2} if full else {"atol": 2e-5, "rtol": 0.0}
            torch.testing.assert_close(found[name], weight, **close)
        assert (
            len([e for e in notes if e["event"] == "note" and "memory is short" in e["text"]]) == 2
        )
        notes.clear()


@pytest.mark.slow
def test_a_run_remembers_what_did_not_fit(build, tmp_path):
    from assay.core.errors import Stopped

    def stop(event):
        if event["event"] == "progress" and event["done"] == 1:
            raise Stopped

    objective = failing(6, MemoryError())
    whole, progress = weights(
        build(tmp_path / "whole", settings=SETTINGS, held=(), objective=objective)
    )
    assert progress.halved == 1  # in the first step; the second knew
    with pytest.raises(Stopped):
        build(tmp_path / "run", settings=SETTINGS, held=(), objective=objective, tell=stop).run()
    resumed, progress = weights(
        build(tmp_path / "run", settings=SETTINGS, held=(), objective=objective)
    )
    assert progress.halved == 1
    assert all(torch.equal(resumed[name], weight) for name, weight in whole.items())


def test_other_errors_pass():
    assert [
        is_short(error) for error in (*ERRORS, RuntimeError("shapes differ"), ValueError())
    ] == [True] * 3 + [False] * 2
    with pytest.raises(RuntimeError, match="shapes differ"), translate_memory_errors("lora"):
        raise RuntimeError("shapes differ")
    with (
        problem(ResourceError, "R098", None, "lora", "8000000000"),
        translate_memory_errors("lora"),
    ):
        raise ERRORS[0]


def test_halving_keeps_rows_in_order_and_under_the_limit():
    lengths = [5, 5, 5, 5, 40, 5]
    assert split_to_limit([0, 1, 2, 3, 4, 5], lengths, 0) == [[0, 1, 2, 3, 4, 5]]
    assert split_to_limit([0, 1, 2, 3, 4, 5], lengths, 66) == [[0, 1, 2, 3, 4, 5]]
    assert split_to_limit([0, 1, 2, 3, 4, 5], lengths, 65) == [[0, 1, 2], [3, 4, 5]]
    assert split_to_limit([0, 1, 2, 3, 4, 5], lengths, 16) == [[0, 1, 2], [3], [4], [5]]


# --- a real limit ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs RLIMIT_AS")
def test_what_torch_raises_at_a_real_limit_is_known(forked, one_thread):
    def grow():
        import resource

        status = Path("/proc/self/status").read_text(encoding="utf-8")
        (held,) = re.findall(r"^VmSize:\s+(\d+) kB", status, re.MULTILINE)
        most = int(held) * 1024 + (256 << 20)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        with pytest.raises((MemoryError, RuntimeError)) as caught:
            torch.ones(most // 4)  # whatever of it earlier tests have left free
        assert is_short(caught.value)

    assert forked(grow) == 0
