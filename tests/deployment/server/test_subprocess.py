"""Servers of others as children: what is not there, or does not start, is said."""

import pytest

from assay.core.errors import ResourceError
from assay.deployment.server import subprocess as child


def test_what_is_not_installed_is_said(monkeypatch):
    monkeypatch.setattr(child, "find_spec", lambda name: None)
    with pytest.raises(ResourceError, match="R051"):
        child.vllm("folder", "base", context=100, slots=1)
    with pytest.raises(ResourceError, match="R051"):
        child.llama_cpp("file", "base", context=100, slots=1, threads=1)


@pytest.mark.slow
def test_a_file_that_is_none_is_said(tmp_path):
    pytest.importorskip("xllamacpp")
    (tmp_path / "a.gguf").write_bytes(b"GGUF" + b"\0" * 100)
    with pytest.raises(ResourceError, match="R052"):
        child.llama_cpp(tmp_path / "a.gguf", "base", context=100, slots=1, threads=1)
