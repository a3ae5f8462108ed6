"""ONNX: onnxruntime's logits and answers are torch's, padded, in parts, with a past, for two kinds
of networks."""

import json

import pytest

from assay.core.errors import ModelError
from assay.core.types import Decoding, Form
from helpers.export_models import asked, gemma
from helpers.problems import problem

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def written(tiny_model, tmp_path_factory):
    """`written("llama" or "gemma")`: the model's folder and the exported one, made once."""
    pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    pytest.importorskip("onnxruntime")
    from assay.deployment.export.formats.onnx import write_onnx

    made = {}

    def write(name):
        if name not in made:
            place = tmp_path_factory.mktemp("onnx")
            model = tiny_model if name == "llama" else gemma(place / "model")
            facts = write_onnx(model, place / "out")
            for file in model.iterdir():
                if file.suffix in (".json", ".jinja"):
                    (place / "out" / file.name).write_bytes(file.read_bytes())
            made[name] = model, place / "out", facts
        return made[name]

    return write


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["llama", "gemma"])
def test_logits_are_torchs(written, name):
    """Against the network itself, called as transformers calls it, not as it was exported."""
    import numpy as np
    import torch
    from transformers import AutoModelForCausalLM

    from assay.deployment.export.formats.onnx_runtime import FILE, session

    model, folder, facts = written(name)
    assert facts["largest_difference"] < 1e-4
    network = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).eval()
    ids = torch.randint(7, 300, (3, 60), generator=torch.Generator().manual_seed(1))
    real = torch.ones_like(ids)
    real[0, :25] = 0
    opened = session(folder / FILE)
    kept = {
        one.name: np.zeros((3, one.shape[1], 0, one.shape[3]), np.float32)
        for one in opened.get_inputs()
        if one.name.startswith("past")
    }
    positions = (real.cumsum(1) - 1).clamp(min=0)
    fed = {
        "input_ids": ids.numpy(),
        "attention_mask": real.numpy(),
        "position_ids": positions.numpy(),
        **kept,
    }
    (found,) = opened.run(["logits"], fed)
    with torch.inference_mode():
        alone = network(ids[:1, 25:]).logits
        others = network(ids[1:]).logits
    assert np.abs(found[:1, 25:] - alone.numpy()).max() < 1e-3
    assert np.abs(found[1:] - others.numpy()).max() < 1e-3


@pytest.mark.parametrize("name", ["llama", pytest.param("gemma", marks=pytest.mark.nightly)])
def test_greedy_answers_are_torchs(written, in_torch, name, monkeypatch):
    from assay.deployment.export.formats import onnx_runtime

    monkeypatch.setattr(onnx_runtime, "LOGITS", 300 * 480)  # prompts are read in several parts
    model, folder, _ = written(name)
    prompts = asked(100 if name == "gemma" else 40)
    there, here = onnx_runtime.OnnxModel(folder), in_torch(model)
    pairs = list(
        zip(
            here.generate(prompts, max_tokens=6), there.generate(prompts, max_tokens=6), strict=True
        )
    )
    assert sum(one != other for one, other in pairs) <= 1
    assert len({one.text for one, _ in pairs}) > 5


def test_stop_texts_forms_and_streams(written, in_torch):
    from assay.deployment.export.formats.onnx_runtime import OnnxModel

    model, folder, _ = written("llama")
    there, here = OnnxModel(folder), in_torch(model)
    prompt = asked(1)[0]
    assert list(there.stream(prompt, max_tokens=8)) == list(here.stream(prompt, max_tokens=8))
    for how in (
        Decoding(form=Form("choice", '["card", "refund"]')),
        Decoding(temperature=0.8, seed=3),
    ):
        assert there.generate([prompt], max_tokens=6, how=how) == here.generate(
            [prompt], max_tokens=6, how=how
        )
    assert there.count_tokens(prompt) == here.count_tokens(prompt)
    assert (
        there.generate([], max_tokens=3) == []
        and there.generate([prompt], max_tokens=0)[0].text == ""
    )


def test_the_graph_is_valid_and_names_its_inputs(written):
    import onnx

    _, folder, facts = written("llama")
    graph = onnx.load(folder / "model.onnx")
    onnx.checker.check_model(graph)
    names = [one.name for one in graph.graph.input]
    assert names[:3] == ["input_ids", "attention_mask", "position_ids"]
    assert names[3:] == [
        f"past_key_values.{n}.{part}" for n in range(2) for part in ("key", "value")
    ]
    assert [one.name for one in graph.graph.output][:2] == ["logits", "present.0.key"]
    assert json.loads((folder / "onnx.json").read_text()) == facts


@pytest.mark.nightly
def test_large_weights_lie_beside_the_graph(written, tiny_model, tmp_path, monkeypatch):
    from assay.deployment.export.formats import onnx

    monkeypatch.setattr(onnx, "BESIDE", 1000)
    facts = onnx.write_onnx(tiny_model, tmp_path / "out")
    assert set(facts["files"]) == {"model.onnx", "model.onnx.data"}
    assert facts["files"]["model.onnx.data"] > 400 * facts["layers"]


def test_layers_that_keep_other_things_are_refused(tmp_path):
    pytest.importorskip("onnxscript")
    import torch
    from transformers import Qwen3NextConfig, Qwen3NextForCausalLM

    from assay.deployment.export.formats.onnx import write_onnx
    from helpers.export_models import pieces, saved

    torch.manual_seed(0)
    tokenizer = pieces()
    config = Qwen3NextConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=32, num_hidden_layers=4,
        num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, linear_num_value_heads=2, linear_num_key_heads=2,
        linear_key_head_dim=8,
        linear_value_head_dim=8, num_experts=2, num_experts_per_tok=1, moe_intermediate_size=16,
        shared_expert_intermediate_size=16,
    )  # fmt: skip
    model = saved(tmp_path / "next", Qwen3NextForCausalLM(config), tokenizer)
    with problem(ModelError, "M137", None, "linear_attention"):
        write_onnx(model, tmp_path / "out")


def test_a_damaged_file_and_a_missing_package(written, tmp_path, monkeypatch):
    from assay.deployment.export.formats import onnx, onnx_runtime

    _, folder, _ = written("llama")
    (tmp_path / "model.onnx").write_bytes((folder / "model.onnx").read_bytes()[:1000])
    with problem(ModelError, "M135", None, "model.onnx"):
        onnx_runtime.session(tmp_path / "model.onnx")
    monkeypatch.setattr(onnx_runtime.importlib.util, "find_spec", lambda name: None)
    with problem(ModelError, "M133", None, "assay[onnx]"):
        onnx.write_onnx(folder, tmp_path / "out")
