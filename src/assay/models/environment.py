"""Everything that may change the last bits of a result: part of the key of weights and answers.
Loads no torch."""

import os
import platform
import shutil
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from assay.core.errors import Problem, UsageError

# Instruction sets that decide which kernels run.
WIDE = {"avx2", "avx512f", "avx512_bf16", "amx_bf16", "avx512_vnni", "asimd", "bf16"}
# Either means that the processor multiplies bf16 as such. On ARM fp32 is kept: nothing was measured
# there.
BF16 = {"avx512_bf16", "amx_bf16"}
# of every neural model
LIBRARIES = ("torch", "transformers", "peft", "tokenizers", "numpy", "bitsandbytes")
FORMED = "llguidance"  # what a written answer is held to its form by
COMPILER = "c++"  # with one, long trainings are compiled, which adds numbers in another order
# Variables that choose other kernels or another type; part of the key where they are set.
SWITCHES = (
    "ASSAY_PRECISION",
    "ATEN_CPU_CAPABILITY",
    "ONEDNN_MAX_CPU_ISA",
    "MKL_ENABLE_INSTRUCTIONS",
    "MKL_CBWR",
)
# What a process that computes is started with, unless the surroundings say otherwise. Without the
# first two a thread that waits burns a core: one other busy process made a training 50 times
# slower. The others keep freed memory in the process: giving it back after each layer and getting
# it anew cost 5 % of a training step in page faults.
STARTED_WITH = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "10000",
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(4 << 30),
    "MALLOC_TOP_PAD_": str(16 << 20),
}


def numeric_environment() -> dict[str, str]:
    """Library versions, processor, threads, graphics card, as plain text."""
    return {
        **{name: package_version(name) for name in LIBRARIES},
        "processor": " ".join([platform.machine(), *sorted(processor_flags() & WIDE)]),
        "threads": str(threads()),
        "gpu": graphics_card(),
        **{name: os.environ[name] for name in SWITCHES if os.environ.get(name)},
    }


def multiplies_bf16() -> bool:
    """Whether the processor says that it multiplies bf16 natively."""
    return bool(processor_flags() & BF16)


def precision() -> str:
    """What ASSAY_PRECISION asks weights to be loaded in: bf16, fp32, or "" for what the machine is
    good at.

    Raises:
        UsageError: C073, it is something else.
    """
    named = os.environ.get("ASSAY_PRECISION", "")
    if named not in ("", "bf16", "fp32"):
        raise UsageError(Problem("C073", f"must be bf16 or fp32, got '{named}'", "ASSAY_PRECISION"))
    return named


def threads() -> int:
    """Threads that a worker computes with: OMP_NUM_THREADS, else the processors this process may
    use."""
    named = os.environ.get("OMP_NUM_THREADS", "")
    if named.isdigit() and int(named) > 0:
        return int(named)
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def package_version(name: str) -> str:
    """The version of a distribution, "none" where it is not installed."""
    return _version(name, tuple(sys.path))


@cache  # it is read from a file, and asked for dozens of times in a run
def _version(name: str, path: tuple[str, ...]) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def versions_of(names: Iterable[str]) -> dict[str, str]:
    """Name -> version of a distribution, "none" where it is not installed; of `COMPILER` its
    program."""
    return {
        name: cxx() or "none" if name == COMPILER else package_version(name)
        for name in sorted(set(names))
    }


def cxx() -> str:
    """The C++ compiler that torch.compile needs on a processor, with its links followed, since the
    file is often named for the version (x86_64-linux-gnu-g++-12); "" where there is none."""
    found = (shutil.which(name) for name in (os.environ.get("CXX") or "g++", "g++", "clang++"))
    return next((Path(path).resolve().name for path in found if path), "")


def processor_flags() -> set[str]:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(("flags", "Features")):
                return set(line.split(":", 1)[1].split())
    except OSError:
        pass  # not Linux
    return set()


def graphics_card() -> str:
    """The name of the first NVIDIA card that is visible to this process, or "none"."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") == "":
        return "none"
    for card in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        for line in card.read_text().splitlines():
            if line.startswith("Model:"):
                return line.split(":", 1)[1].strip()
    return "none"
