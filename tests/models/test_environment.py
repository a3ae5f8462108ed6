import numpy
import pytest

from assay.core.errors import UsageError
from assay.models.environment import (
    COMPILER,
    LIBRARIES,
    cxx,
    graphics_card,
    numeric_environment,
    package_version,
    precision,
    threads,
    versions_of,
)
from helpers.problems import problem


def test_variables_that_choose_kernels_belong_to_the_key(monkeypatch):
    monkeypatch.delenv("ASSAY_PRECISION", raising=False)
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    plain = numeric_environment()
    assert not set(plain) & {"ASSAY_PRECISION", "ONEDNN_MAX_CPU_ISA"}
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    assert numeric_environment() == {**plain, "ONEDNN_MAX_CPU_ISA": "AVX2"}


def test_a_precision_that_nobody_has_is_refused(monkeypatch):
    for name in ("", "bf16", "fp32"):
        monkeypatch.setenv("ASSAY_PRECISION", name)
        assert precision() == name
    monkeypatch.setenv("ASSAY_PRECISION", "fp8")
    with problem(UsageError, "C073", "ASSAY_PRECISION", "bf16", "fp32", "'fp8'"):
        precision()


@pytest.mark.parametrize(("named", "count"), [("3", 3), ("0", None), ("", None), ("many", None)])
def test_threads_are_those_that_are_named_else_the_processors(monkeypatch, named, count):
    monkeypatch.setenv("OMP_NUM_THREADS", named)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 4, 5, 7})
    assert threads() == (count or 4)


def test_versions_are_those_of_the_packages(monkeypatch):
    assert package_version("numpy") == numpy.__version__
    assert package_version("no-such-package") == "none"
    found = versions_of(["numpy", COMPILER, "no-such-package", "numpy"])
    assert list(found) == sorted(found) and found["numpy"] == numpy.__version__
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    assert cxx() == "" and versions_of([COMPILER]) == {COMPILER: "none"}


def test_the_compiler_is_named_as_the_file_its_links_lead_to(monkeypatch, tmp_path):
    made = tmp_path / "g++-12"
    made.touch(mode=0o755)
    (tmp_path / "own-compiler").symlink_to(made)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CXX", "own-compiler")
    assert cxx() == "g++-12"


def test_a_hidden_card_is_none(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert graphics_card() == "none"
    assert set(LIBRARIES) < set(numeric_environment())
