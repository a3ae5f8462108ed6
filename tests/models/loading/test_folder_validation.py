"""Hostile and damaged model folders are refused by name; a good one passes, without code, pickles
or useless keys."""

import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assay.core.errors import ModelError
from assay.models.loading.folder_validation import admit
from assay.models.loading.template_rendering import exhausts
from helpers.model_folders import TEMPLATE, gate_codes, model_folder
from helpers.problems import problem


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """A cache that has tried the good folder's template, which takes a process of its own."""
    place = tmp_path_factory.mktemp("tried")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_CACHE", str(place))
        assert exhausts(TEMPLATE) == ""
    return place


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch, tried):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    return Path(shutil.copytree(tried, tmp_path / "cache"))


def test_a_good_folder_passes_as_it_is(tmp_path):
    folder = model_folder(tmp_path)
    assert admit(folder, scan=True) == folder


def test_harmless_extras_are_not_passed_on(tmp_path, cache):
    folder = model_folder(
        tmp_path,
        config={"_attn_implementation": "sdpa", "trust_remote_code": False, "conv_kernel": 4},
    )
    (folder / "README.md").write_text("hello")
    (folder / "optimizer.pt").write_bytes(b"\x80\x04")
    (folder / "adapter_config.json").write_text("{}")
    admitted = admit(folder)
    assert admitted.is_relative_to(cache)
    names = {path.name for path in admitted.iterdir()}
    assert names == {"config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"}
    config = json.loads((admitted / "config.json").read_text())
    assert (
        config["conv_kernel"] == 4
        and not {"_attn_implementation", "trust_remote_code"} & config.keys()
    )
    assert (admitted / "model.safetensors").read_bytes() == (
        folder / "model.safetensors"
    ).read_bytes()
    assert admit(folder) == admitted


def test_values_below_the_top_of_a_config_are_passed_on(tmp_path):
    # transformers 5 writes infinity so: the limits of a state-space model's time steps
    limits = [0.0, {"__float__": "Infinity"}]
    inner = {"_window": 4, "trust_remote_code": False}
    folder = model_folder(
        tmp_path, config={"time_step_limit": limits, "inner": inner, "_commit_hash": "abc"}
    )
    config = json.loads((admit(folder) / "config.json").read_text())
    assert config["time_step_limit"] == limits
    assert config["inner"] == {"_window": 4}
    assert "_commit_hash" not in config


def test_a_model_without_a_template_is_given_a_plain_one(tmp_path, cache):
    folder = model_folder(tmp_path, tokenizer_config={"chat_template": ...})
    admitted = admit(folder)
    assert admitted.is_relative_to(cache) and not (folder / "chat_template.jinja").exists()
    assert {path.name for path in admitted.iterdir()} == {
        *(path.name for path in folder.iterdir()),
        "chat_template.jinja",
    }
    template = admitted / "chat_template.jinja"
    text, written = template.read_text(), template.stat().st_mtime_ns
    assert "message" in text and exhausts(text) == ""
    assert admit(folder) == admitted and template.stat().st_mtime_ns == written
    template.write_text("other")
    admit(folder)
    assert template.read_text() == text


def test_a_changed_folder_gets_a_new_mirror(tmp_path):
    folder = model_folder(tmp_path)
    (folder / "README.md").write_text("hello")
    first = admit(folder)
    (folder / "config.json").write_text(
        (folder / "config.json").read_text().replace("}", ', "x": 1}')
    )
    assert admit(folder) != first


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("config", {"auto_map": {"AutoConfig": "evil.Config"}}),
        ("config", {"_attn_implementation_internal": "evil/kernel"}),
        ("config", {"_attn_implementation": "evil/kernel"}),
        ("config", {"attn_implementation": "evil/kernel:x"}),
        ("config", {"_experts_implementation": "evil/kernel"}),
        ("config", {"trust_remote_code": True}),
        ("config", {"custom_generate": "evil/repo"}),
        ("config", {"custom_pipelines": {"x": {"impl": "evil.P"}}}),
        ("config", {"kernel_config": {"RMSNorm": "evil/kernel"}}),
        ("config", {"use_kernels": True}),
        ("config", {"text_config": {"auto_map": {"AutoModel": "evil.M"}}}),
        ("config", {"weights_at": "https://example.org/x"}),
        ("tokenizer_config", {"auto_map": {"AutoTokenizer": ["evil.T", None]}}),
    ],
)
def test_keys_that_bring_code_are_refused(tmp_path, file, change):
    assert "M090" in gate_codes(model_folder(tmp_path, **{file: change}))


def test_python_files_are_refused(tmp_path):
    folder = model_folder(tmp_path)
    (folder / "modeling_x.py").write_text("raise SystemExit")
    assert gate_codes(folder) == ["M090"]


def test_places_in_the_tokenizer_settings_are_dropped(tmp_path):
    folder = model_folder(
        tmp_path, tokenizer_config={"vocab_file": "/etc/passwd", "name_or_path": "other/model"}
    )
    kept = json.loads((admit(folder) / "tokenizer_config.json").read_text())
    assert not {"vocab_file", "name_or_path"} & kept.keys()


class _Bomb:
    def __reduce__(self):
        return (os.system, ("touch PWNED",))


def test_only_a_pickle(tmp_path):
    folder = model_folder(tmp_path)
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(_Bomb()))
    assert gate_codes(folder) == ["M087"]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"<!doctype html><html>", "web page"), (pickle.dumps(_Bomb()), "pickle")],
)
def test_weights_that_are_something_else(tmp_path, content, words):
    folder = model_folder(tmp_path)
    (folder / "model.safetensors").write_bytes(content)
    with problem(ModelError, "M088") as caught:
        admit(folder)
    assert words in str(caught.value.problems[0])
    assert not Path("PWNED").exists()


def test_cut_off_weights_say_how_much_is_there(tmp_path):
    folder = model_folder(tmp_path, weights={"big": np.ones(2_000_000, np.float32)})
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:3_000_000])
    with problem(ModelError, "M088", None, "3 of 8 MB"):
        admit(folder)


def test_a_missing_part(tmp_path):
    folder = model_folder(tmp_path)
    names = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (folder / "model.safetensors").rename(folder / names["a"])
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))
    with problem(ModelError, "M089") as caught:
        admit(folder)
    assert len(caught.value.problems) == 1 and "model-00002-of-00002" in str(caught.value)
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"weight_map": {"a": "../x.safetensors"}})
    )
    assert gate_codes(folder) == ["M089"]


def test_all_problems_at_once(tmp_path):
    folder = model_folder(
        tmp_path,
        config={"vocab_size": 9},
        tokenizer_config={"chat_template": "{{ 9 ** 9 }}", "eos_token": "<x>"},
    )
    (folder / "x.py").write_text("")
    assert gate_codes(folder) == ["M090", "M092", "M093", "M094"]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_weights_that_are_not_numbers(tmp_path, dtype):
    values = np.ones(1000, dtype)
    values[[3, 500]] = np.nan, np.inf
    folder = model_folder(tmp_path, weights={"z": values})
    assert admit(folder) == folder
    with problem(ModelError, "M092", None, "2", "z"):
        admit(folder, scan=True)


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": 1, "a": 2}', "[]", "{", "[" * 100_000])
def test_a_config_that_is_not_plain_json(tmp_path, text):
    folder = model_folder(tmp_path)
    (folder / "config.json").write_text(text)
    assert "M086" in gate_codes(folder)


def test_not_a_model_folder(tmp_path):
    (tmp_path / "notes.txt").write_text("")
    with problem(ModelError, "M086", None, "notes.txt"):
        admit(tmp_path)
    (tmp_path / "adapter_config.json").write_text("{}")
    with problem(ModelError, "M086", None, "adapter"):
        admit(tmp_path)


def test_links_out_of_the_folder_and_pipes(tmp_path):
    folder = model_folder(tmp_path)
    (folder / "merges.txt").symlink_to("/etc/passwd")
    os.mkfifo(folder / "vocab.txt")
    (folder / "vocab.json").symlink_to("nowhere")
    assert gate_codes(folder) == ["M086"] * 3


def test_the_links_of_the_hub_cache_pass(tmp_path):
    plain = model_folder(tmp_path)
    snapshot = tmp_path / "hub" / "models--a--b" / "snapshots" / "0123"
    blobs = tmp_path / "hub" / "models--a--b" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for path in plain.iterdir():
        path.rename(blobs / path.name)
        (snapshot / path.name).symlink_to(f"../../blobs/{path.name}")
    assert admit(snapshot) == snapshot


def test_embedder_modules_of_foreign_code(tmp_path):
    folder = model_folder(
        tmp_path, config={"model_type": "bert"}, tokenizer_config={"chat_template": ...}
    )
    modules = [{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"}]
    (folder / "modules.json").write_text(json.dumps(modules))
    assert admit(folder, kind="embedder") == folder
    (folder / "modules.json").write_text(json.dumps([*modules, {"type": "evil.Module"}]))
    assert gate_codes(folder, kind="embedder") == ["M090"]


@pytest.mark.slow
def test_torch_is_not_imported():
    code = (
        "import sys, assay.models.loading.find; from assay.models.loading.consistency import"
        " model_types; model_types();"
    )
    code += "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.slow
def test_a_template_that_exhausts_is_refused_and_told_where_it_stands(tmp_path):
    loops = "{% for _ in range(1000) %}" * 2 + "x" * 10 + "{% endfor %}" * 2 + TEMPLATE
    folder = model_folder(tmp_path, tokenizer_config={"chat_template": loops})
    with problem(ModelError, "M180", "tokenizer_config.json"):
        admit(folder)
