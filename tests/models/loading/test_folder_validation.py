"""Hostile and damaged model folders are refused by name; a good one passes, without code, pickles
or useless keys."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from assay.core.errors import ModelError
from assay.models.loading.consistency import model_types
from assay.models.loading.folder_validation import admit
from assay.models.loading.safetensors_header import tensors_of
from helpers.problems import problem

TEMPLATE = "{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>{% endfor %}"


def _folder(tmp_path: Path, **changes) -> Path:
    """A tiny llama: 8 tokens, width 4, one layer. A change of a file's key to ... removes it."""
    folder = tmp_path / "model"
    folder.mkdir()
    files = {
        "config": {
            "model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 8,
            "hidden_size": 4,
            "num_hidden_layers": 1, "tie_word_embeddings": True, "eos_token_id": 1,
        },
        "tokenizer": {
            "model": {"vocab": {f"t{i}": i for i in range(7)}},
            "added_tokens": [{"id": 7, "content": "<end>"}],
        },
        "tokenizer_config": {"eos_token": "<end>", "chat_template": TEMPLATE},
    }  # fmt: skip
    for name, row in files.items():
        row |= changes.get(name, {})
        (folder / f"{name}.json").write_text(
            json.dumps({key: value for key, value in row.items() if value is not ...})
        )
    weights = {
        "model.embed_tokens.weight": np.ones((8, 4), np.float32),
        "model.layers.0.mlp.weight": np.ones((4, 4), np.float16),
    }
    save_file(weights | changes.get("weights", {}), folder / "model.safetensors")
    return folder


def _codes(folder: Path, **options) -> list[str]:
    with pytest.raises(ModelError) as caught:
        admit(folder, **options)
    return [problem.code for problem in caught.value.problems]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_good_folder_passes_as_it_is(tmp_path):
    folder = _folder(tmp_path)
    assert admit(folder, scan=True) == folder


def test_harmless_extras_are_not_passed_on(tmp_path, cache):
    folder = _folder(
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


def test_a_changed_folder_gets_a_new_mirror(tmp_path):
    folder = _folder(tmp_path)
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
    assert "M090" in _codes(_folder(tmp_path, **{file: change}))


def test_python_files_are_refused(tmp_path):
    folder = _folder(tmp_path)
    (folder / "modeling_x.py").write_text("raise SystemExit")
    assert _codes(folder) == ["M090"]


def test_places_in_the_tokenizer_settings_are_dropped(tmp_path):
    folder = _folder(
        tmp_path, tokenizer_config={"vocab_file": "/etc/passwd", "name_or_path": "other/model"}
    )
    kept = json.loads((admit(folder) / "tokenizer_config.json").read_text())
    assert not {"vocab_file", "name_or_path"} & kept.keys()


class _Bomb:
    def __reduce__(self):
        return (os.system, ("touch PWNED",))


def test_only_a_pickle(tmp_path):
    folder = _folder(tmp_path)
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(_Bomb()))
    assert _codes(folder) == ["M087"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS pointer"),
        (b"<!doctype html><html>", "web page"),
        (b"PK\x03\x04 and so on", "pickle"),
        (pickle.dumps(_Bomb()), "pickle"),
        (b"", "incomplete"),
        (b"\xff" * 100, "not a safetensors file"),
        ((2).to_bytes(8, "little") + b"{}", "no tensor"),
        ((9).to_bytes(8, "little") + b'{"a": NaN', "damaged header"),
        (
            (60).to_bytes(8, "little")
            + b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}'.ljust(60),
            "damaged",
        ),
        (
            (60).to_bytes(8, "little")
            + b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}'.ljust(60),
            "hole",
        ),
    ],
)
def test_weights_that_are_something_else(tmp_path, content, words):
    folder = _folder(tmp_path)
    (folder / "model.safetensors").write_bytes(content)
    with problem(ModelError, "M088") as caught:
        admit(folder)
    assert words in str(caught.value.problems[0])
    assert not Path("PWNED").exists()


def test_a_header_length_that_looks_like_a_pickle_or_a_page_is_none(tmp_path):
    # 0x0480 bytes begin as pickle protocol 4 does, 0x3c bytes with "<".
    for length in (0x0480, 0x3C):
        path = tmp_path / f"{length}.safetensors"
        header = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.ljust(length)
        path.write_bytes(length.to_bytes(8, "little") + header + bytes(4))
        assert list(tensors_of(path)) == ["a"]


def test_cut_off_weights_say_how_much_is_there(tmp_path):
    folder = _folder(tmp_path, weights={"big": np.ones(2_000_000, np.float32)})
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:3_000_000])
    with problem(ModelError, "M088", None, "3 of 8 MB"):
        admit(folder)


def test_a_missing_part(tmp_path):
    folder = _folder(tmp_path)
    names = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (folder / "model.safetensors").rename(folder / names["a"])
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))
    with problem(ModelError, "M089") as caught:
        admit(folder)
    assert len(caught.value.problems) == 1 and "model-00002-of-00002" in str(caught.value)
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"weight_map": {"a": "../x.safetensors"}})
    )
    assert _codes(folder) == ["M089"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"config": {"model_type": "lama"}}, "M091"),
        ({"config": {"model_type": ...}}, "M091"),
        ({"config": {"model_type": "t5"}}, "M096"),
        ({"config": {"model_type": "bert"}}, "M096"),
        ({"config": {"vocab_size": 9}}, "M092"),
        ({"config": {"hidden_size": 5}}, "M092"),
        ({"config": {"num_hidden_layers": 1_000_000}}, "M092"),
        ({"config": {"tie_word_embeddings": False}}, "M092"),
        ({"config": {"quantization_config": {"quant_method": "gptq"}}}, "M092"),
        ({"config": {"rope_scaling": {"factor": 0}}}, "M092"),
        ({"config": {"rope_scaling": {"factor": 1e300}}}, "M092"),
        ({"weights": {"lm_head.weight": np.ones((7, 4), np.float32)}}, "M092"),
        ({"tokenizer": {"added_tokens": [{"id": 8, "content": "<end>"}]}}, "M093"),
        ({"tokenizer_config": {"eos_token": "<other>"}}, "M093"),
        ({"tokenizer_config": {"eos_token": ...}, "config": {"eos_token_id": -1}}, "M093"),
        ({"tokenizer_config": {"eos_token": ...}, "config": {"eos_token_id": ...}}, "M093"),
        ({"tokenizer_config": {"chat_template": "x" * 65_537}}, "M094"),
    ],
)
def test_parts_that_do_not_belong_together(tmp_path, changes, code):
    assert _codes(_folder(tmp_path, **changes)) == [code]


def test_no_tokenizer(tmp_path):
    folder = _folder(tmp_path)
    (folder / "tokenizer.json").unlink()
    assert _codes(folder) == ["M093"]


def test_all_problems_at_once(tmp_path):
    folder = _folder(
        tmp_path,
        config={"vocab_size": 9},
        tokenizer_config={"chat_template": "{{ 9 ** 9 }}", "eos_token": "<x>"},
    )
    (folder / "x.py").write_text("")
    assert _codes(folder) == ["M090", "M092", "M093", "M094"]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_weights_that_are_not_numbers(tmp_path, dtype):
    values = np.ones(1000, dtype)
    values[[3, 500]] = np.nan, np.inf
    folder = _folder(tmp_path, weights={"z": values})
    assert admit(folder) == folder
    with problem(ModelError, "M092", None, "2", "z"):
        admit(folder, scan=True)


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": 1, "a": 2}', "[]", "{", "[" * 100_000])
def test_a_config_that_is_not_plain_json(tmp_path, text):
    folder = _folder(tmp_path)
    (folder / "config.json").write_text(text)
    assert "M086" in _codes(folder)


def test_not_a_model_folder(tmp_path):
    (tmp_path / "notes.txt").write_text("")
    with problem(ModelError, "M086", None, "notes.txt"):
        admit(tmp_path)
    (tmp_path / "adapter_config.json").write_text("{}")
    with problem(ModelError, "M086", None, "adapter"):
        admit(tmp_path)


def test_links_out_of_the_folder_and_pipes(tmp_path):
    folder = _folder(tmp_path)
    (folder / "merges.txt").symlink_to("/etc/passwd")
    os.mkfifo(folder / "vocab.txt")
    (folder / "vocab.json").symlink_to("nowhere")
    assert _codes(folder) == ["M086"] * 3


def test_the_links_of_the_hub_cache_pass(tmp_path):
    plain = _folder(tmp_path)
    snapshot = tmp_path / "hub" / "models--a--b" / "snapshots" / "0123"
    blobs = tmp_path / "hub" / "models--a--b" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for path in plain.iterdir():
        path.rename(blobs / path.name)
        (snapshot / path.name).symlink_to(f"../../blobs/{path.name}")
    assert admit(snapshot) == snapshot


def test_embedder_modules_of_foreign_code(tmp_path):
    folder = _folder(
        tmp_path, config={"model_type": "bert"}, tokenizer_config={"chat_template": ...}
    )
    modules = [{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"}]
    (folder / "modules.json").write_text(json.dumps(modules))
    assert admit(folder, kind="embedder") == folder
    (folder / "modules.json").write_text(json.dumps([*modules, {"type": "evil.Module"}]))
    assert _codes(folder, kind="embedder") == ["M090"]


def test_the_list_of_types_is_that_of_transformers():
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    assert model_types() == set(CONFIG_MAPPING_NAMES)


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
    loops = "{% for _ in range(1000) %}" * 3 + "{% endfor %}" * 3 + TEMPLATE
    folder = _folder(tmp_path, tokenizer_config={"chat_template": loops})
    with problem(ModelError, "M180", "tokenizer_config.json"):
        admit(folder)
