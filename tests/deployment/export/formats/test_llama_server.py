"""What llama.cpp's server lacks or refuses is said."""

import pytest

from assay.core.errors import ModelError
from assay.deployment.export.formats import llama_server
from assay.deployment.export.formats.llama_server import LlamaServer
from helpers.problems import problem


def test_without_the_package_nothing_is_started_and_the_way_out_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(llama_server, "package_version", lambda name: "none")
    assert "xllamacpp" in llama_server.missing()
    with problem(ModelError, "M133", "a.gguf", "xllamacpp", "assay[gguf]"):
        LlamaServer(tmp_path / "a.gguf", room=256, slots=1, threads=1)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b'{"error": {"code": 400, "message": "too long"}}', "too long"),
        (b'{"error": "too long"}', '{"error": "too long"}'),
        (b"<html>", "<html>"),
        (b"\xff" * 900, "\ufffd" * 500),
    ],
)
def test_a_refusal_is_told_in_its_own_words_and_not_at_length(answer, told):
    assert llama_server._message(answer) == told
