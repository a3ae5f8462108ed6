"""The type that weights are loaded in, and the product that is tried before."""

import os
import subprocess
import sys

import pytest
import torch
from torch.overrides import TorchFunctionMode

from assay.core.errors import ResourceError, UsageError
from assay.models.device import check_bf16, weight_type
from assay.models.environment import multiplies_bf16, numeric_environment, processor_flags
from helpers.problems import problem

CPU = torch.device("cpu")
native = pytest.mark.skipif(not multiplies_bf16(), reason="the processor does not multiply bf16")


def test_the_environment_may_name_the_type(monkeypatch):
    for name, dtype in (("bf16", torch.bfloat16), ("fp32", torch.float32)):
        monkeypatch.setenv("ASSAY_PRECISION", name)
        assert weight_type() == dtype
        assert numeric_environment()["ASSAY_PRECISION"] == name
    monkeypatch.setenv("ASSAY_PRECISION", "fp8")
    with problem(UsageError, "C073", "ASSAY_PRECISION", "bf16", "fp32", "'fp8'"):
        weight_type()


def test_the_processors_flags_decide(monkeypatch):
    monkeypatch.delenv("ASSAY_PRECISION", raising=False)
    if not torch.cuda.is_available():
        assert weight_type() == (torch.bfloat16 if multiplies_bf16() else torch.float32)


def test_a_card_that_only_emulates_bf16_is_given_fp32(monkeypatch):
    # As torch says it of a card of the generation before bf16 (a T4).
    monkeypatch.delenv("ASSAY_PRECISION", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation
    )
    assert weight_type() == torch.float32


class Off(TorchFunctionMode):
    """Every product in bf16 is off by a share."""

    def __init__(self, share):
        super().__init__()
        self.share = share

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        product = func in (torch.Tensor.matmul, torch.Tensor.__matmul__)
        return result * (1 + self.share) if product and args[0].dtype == torch.bfloat16 else result


@native
def test_a_product_that_is_wrong_is_refused_and_one_that_is_rounded_is_not():
    check_bf16(CPU)
    # 1/256 is one unit in the last place of bf16: rounding, not a broken kernel.
    with Off(1 / 256):
        check_bf16(CPU)
    for share in (0.02, float("nan")):
        with Off(share), problem(ResourceError, "R006", None, "ASSAY_PRECISION=fp32"):
            check_bf16(CPU)


@native
@pytest.mark.slow
@pytest.mark.skipif("avx512_bf16" not in processor_flags(), reason="x86 alone")
def test_bf16_that_is_made_of_many_steps_is_refused():
    # oneDNN can be told to take the processor for one without bf16.
    script = (
        "import torch; from assay.models.device import weight_type; torch.set_num_threads(1);"
        " weight_type()"
    )
    environment = {**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX512_CORE", "OMP_NUM_THREADS": "1"}
    environment.pop("ASSAY_PRECISION", None)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment
    )
    assert "R006" in done.stderr
