"""What onnxruntime lacks, or does not open, is said."""

import pytest

from assay.core.errors import ModelError
from assay.deployment.export.formats import onnx_runtime
from helpers.problems import problem


def test_a_file_that_is_none_is_refused(tmp_path):
    if gone := onnx_runtime.missing():
        pytest.skip(gone)
    (tmp_path / "model.onnx").write_bytes(b"no graph")
    with problem(ModelError, "M135", "model.onnx"):
        onnx_runtime.session(tmp_path / "model.onnx")


def test_all_packages_that_are_not_there_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_runtime.importlib.util, "find_spec", lambda name: None)
    with problem(ModelError, "M133", None, "onnx", "onnxscript", "onnxruntime", "assay[onnx]"):
        onnx_runtime.session(tmp_path / "model.onnx")
