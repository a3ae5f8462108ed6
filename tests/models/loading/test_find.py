"""Names of every form, on a tiny model written here and a hub on this machine."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from assay.core.errors import ModelError, ResourceError
from assay.models.loading.find import find
from helpers.lines import named


def _model(folder, **config):
    folder.mkdir(parents=True)
    settings = {
        "model_type": "llama",
        "vocab_size": 4,
        "hidden_size": 2,
        "num_hidden_layers": 1,
        "eos_token_id": 1,
    }
    settings |= {"max_position_embeddings": 128, **config}
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"vocab": {"a": 0, "<end>": 1}}}))
    (folder / "tokenizer_config.json").write_text('{"eos_token": "<end>"}')
    (folder / "chat_template.jinja").write_text(
        "{% for m in messages %}{{ m.content }}{% endfor %}"
    )
    save_file(
        {"model.embed_tokens.weight": np.ones((4, 2), np.float32)}, folder / "model.safetensors"
    )
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))


def _problem(name, **options):
    with pytest.raises((ModelError, ResourceError)) as caught:
        find(name, **options)
    return caught.value.problems[0]


@pytest.mark.slow
def test_a_folder_beside_the_project(tmp_path):
    folder = _model(tmp_path / "models" / "tiny")
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# tiny\n")
    found = find("models/tiny", base=tmp_path, offline=True)
    assert (found.name, found.context_length, found.licence) == ("models/tiny", 128, "apache-2.0")
    assert find(str(folder), offline=True).digest == found.digest


def test_the_digest_follows_what_decides_the_answers(tmp_path):
    digests = {
        find(str(_model(tmp_path / "a"))).digest,
        find(str(_model(tmp_path / "b" / "moved"))).digest,
    }
    assert len(digests) == 1
    # A key that only says who wrote the file changes nothing.
    digests.add(
        find(str(_model(tmp_path / "c", transformers_version="9", _name_or_path="x"))).digest
    )
    assert len(digests) == 1
    digests.add(find(str(_model(tmp_path / "d", rope_theta=5.0))).digest)
    (tmp_path / "a" / "chat_template.jinja").write_text("{{ messages[0].content }}")
    digests.add(find(str(tmp_path / "a")).digest)
    save_file(
        {"model.embed_tokens.weight": np.full((4, 2), 2, np.float32)},
        tmp_path / "a" / "model.safetensors",
    )
    digests.add(find(str(tmp_path / "a")).digest)
    assert len(digests) == 4


def test_nan_weights_are_found_on_the_way(tmp_path):
    folder = _model(tmp_path / "m")
    save_file(
        {"model.embed_tokens.weight": np.full((4, 2), np.nan, np.float32)},
        folder / "model.safetensors",
    )
    assert _problem("m", base=tmp_path).code == "M092"
    assert _problem("m", base=tmp_path).code == "M092"


def test_unknown_names(tmp_path):
    assert named(_problem("smollm2-135").text, "'smollm2-135m'")
    assert _problem("zzz").code == "M098"
    _model(tmp_path / "models")
    assert named(_problem("./modles", base=tmp_path).text, "'models'")
    assert _problem("nothing.gguf", base=tmp_path).code == "M098"
    (tmp_path / "file.txt").write_text("")
    assert "neither" in _problem("file.txt", base=tmp_path).text


def test_a_file_that_only_looks_like_gguf(tmp_path):
    (tmp_path / "x.gguf").write_text("<html>")
    assert _problem("x.gguf", base=tmp_path).code == "M097"


def test_kinds_are_not_mixed_up():
    assert _problem("minilm-l6", offline=True).code == "M096"
    assert _problem("smollm2-135m", offline=True, kind="embedder").code == "M096"


def test_a_hub_name_offline(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    problem = _problem("org/name@main", offline=True)
    assert problem.code == "R004" and "hf download org/name" in problem.help
    assert _problem("a..b/c--d", offline=True).code == "M098"


@pytest.mark.real
def test_the_embedder_of_the_catalogue(monkeypatch, tmp_path):
    found = find("minilm-l6", kind="embedder")
    assert (found.context_length, found.licence) == (256, "Apache-2.0")
    assert (found.folder / "1_Pooling" / "config.json").is_file()
    assert find("minilm-l6", kind="embedder") == found
