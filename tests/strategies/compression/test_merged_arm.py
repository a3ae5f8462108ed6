"""A merged arm computes what the arm computes, has plain layers only, and refuses another base."""

import copy
import shutil
from dataclasses import replace

import pytest
import torch

from assay.config import make_strategy
from assay.core.errors import ModelError
from assay.core.store import write_json
from assay.strategies.compression.merged_arm import beside_full, merge_arm
from helpers.adapters import logits, through_peft
from helpers.nights import nightly_but

pytestmark = pytest.mark.usefixtures("one_thread")
QUICK = {"epochs": 1, "batch_size": 12, "val_rows": 4}

KINDS = {
    "lora": {"kind": "lora", "rank": 4, "alpha": 12, "learning_rate": 1e-2},
    "rslora": {"kind": "lora", "rank": 4, "rs": True, "learning_rate": 1e-2},
    "pissa": {"kind": "lora", "rank": 4, "initialise": "pissa"},
    "dora": {"kind": "dora", "rank": 4, "learning_rate": 1e-2},
    "qlora": {"kind": "qlora", "rank": 4, "learning_rate": 1e-2},
    "qdora": {"kind": "qlora", "decompose": True, "double": True, "rank": 4, "learning_rate": 1e-2},
    "int8": {"kind": "lora", "bits": 8, "rank": 4, "learning_rate": 1e-2},
    "adalora": {"kind": "adalora", "rank": 2, "start_rank": 3, "epochs": 2, "learning_rate": 3e-2},
    "miss": {"kind": "miss", "rank": 24, "learning_rate": 1e-2},  # 64 inputs are no multiple of 24
    "ia3": {"kind": "ia3", "learning_rate": 0.1},
    "full": {"kind": "full", "learning_rate": 3e-3},
}
ALIKE = ("rslora", "qdora")  # lora with another factor; qlora and dora at once


@pytest.fixture(scope="module")
def arms(lesson_in, tmp_path_factory):
    """name -> (settings, lesson, folder, what the arm says)."""
    made = {}

    def arm(name):
        if name not in made:
            place = tmp_path_factory.mktemp(name)
            given = lesson_in(place / "work", "classify")
            strategy = make_strategy({**QUICK, **KINDS[name]}, {})
            fitted = strategy.fit(given)
            (place / "arm").mkdir()
            fitted.save(place / "arm")
            said = logits(fitted.model.network, fitted.model, given)
            made[name] = strategy, replace(given, train=(), val=given.val), place / "arm", said
        return made[name]

    return arm


@pytest.mark.slow
@pytest.mark.parametrize("name", nightly_but([k for k in KINDS if k not in ALIKE], KINDS))
def test_a_merged_network_is_plain_and_says_what_the_arm_says(arms, open_tiny, name):
    strategy, given, folder, said = arms(name)
    model = merge_arm(strategy, folder, replace(given, val=()))
    plain = open_tiny()
    assert set(model.network.state_dict()) == set(plain.network.state_dict())
    assert [type(part) for part in model.network.modules()] == [
        type(part) for part in plain.network.modules()
    ]
    torch.testing.assert_close(logits(model.network, model, given), said, atol=2e-5, rtol=0)
    # the arm is not the base
    assert (said - logits(plain.network, plain, given)).abs().max() > 1e-3


@pytest.mark.parametrize("name", ["lora", "pissa", "dora", "miss", "ia3"])
def test_the_weights_are_those_of_pefts_own_merge(arms, open_tiny, name):
    strategy, given, folder, _ = arms(name)
    own = merge_arm(strategy, folder, replace(given, val=())).network.state_dict()
    theirs = through_peft(open_tiny().network, folder).merge_and_unload().state_dict()
    for key, weight in own.items():
        torch.testing.assert_close(weight, theirs[key], atol=2e-6, rtol=1e-5)


def test_into_the_original_base_the_weights_are_those_on_disk_and_the_product(arms, open_tiny):
    from safetensors.torch import load_file

    strategy, given, folder, said = arms("qlora")
    model = merge_arm(strategy, folder, replace(given, val=()), into="original")
    base, tensors = open_tiny().network, load_file(folder / "adapter_model.safetensors")
    for name in ("model.layers.0.self_attn.q_proj", "model.layers.1.mlp.down_proj"):
        a, b = (tensors[f"base_model.model.{name}.lora_{side}.weight"] for side in "AB")
        wanted = base.get_parameter(f"{name}.weight") + 2 * b @ a  # alpha is twice the rank
        torch.testing.assert_close(
            model.network.get_parameter(f"{name}.weight"), wanted, atol=1e-6, rtol=0
        )
    # the rounding of four bits is gone
    assert (logits(model.network, model, given) - said).abs().max() > 1e-4


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_merged_model_can_be_saved_and_loaded_by_transformers_alone(arms, tmp_path, precision):
    from transformers import AutoModelForCausalLM

    strategy, given, folder, _ = arms("dora")
    model = merge_arm(strategy, folder, replace(given, val=()), precision=precision)
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    assert {weight.dtype for weight in model.network.parameters()} == {dtype}
    model.network.save_pretrained(tmp_path / "out")
    again = AutoModelForCausalLM.from_pretrained(tmp_path / "out", dtype=dtype).eval()
    assert all(torch.equal(again.state_dict()[k], v) for k, v in model.network.state_dict().items())


@pytest.mark.parametrize(
    "kind", ["prefix", "prompt_tuning", "p_tuning", "adapters", "head", "token_head", "majority"]
)
def test_what_changes_no_weight_is_refused_before_anything_is_loaded(lesson, tmp_path, kind):
    with pytest.raises(ModelError) as caught:
        merge_arm(make_strategy({"kind": kind}, {}), tmp_path, lesson("classify"))
    assert [problem.code for problem in caught.value.problems] == ["M110"]


def test_beside_the_original_base_nothing_is_quantised_inside_a_blend_either():
    quantised = {"kind": "qlora", "rank": 4, "double": True}
    alone = beside_full(make_strategy(quantised, {}))
    assert (alone.bits, alone.rank) == (0, 4)
    blend = beside_full(make_strategy({"kind": "blend", "inners": [quantised, quantised]}, {}))
    assert [inner.bits for inner in blend.inners] == [0, 0]
    full = make_strategy({"kind": "full"}, {})
    assert beside_full(full) is full


# --- bases that are not its own -------------------------------------------------------------------


def refused(strategy, folder, given):
    with pytest.raises(ModelError) as caught:
        merge_arm(strategy, folder, given)
    (problem,) = caught.value.problems
    return problem


@pytest.fixture
def own(arms, tmp_path):
    """A copy of the LoRA arm."""
    strategy, given, folder, _ = arms("lora")
    return strategy, replace(given, val=()), shutil.copytree(folder, tmp_path / "arm")


def test_a_base_with_the_digest_that_was_written_down_is_taken(own, tiny_model):
    from assay.models.loading.find import digest_of

    strategy, given, folder = own
    write_json(folder / "arm.json", {"models": {"tiny": digest_of(tiny_model)}})
    merge_arm(strategy, folder, given)


def test_a_base_that_has_changed_since_is_refused(own, tiny_model):
    strategy, given, folder = own
    write_json(folder / "arm.json", {"models": {"tiny": "0" * 64}})
    problem = refused(strategy, folder, given)
    assert problem.code == "M112" and "tiny" in problem.text


def test_a_base_of_another_name_is_refused(own):
    strategy, given, folder = own
    write_json(folder / "arm.json", {"models": {"giant": "0" * 64}})
    problem = refused(strategy, folder, given)
    assert problem.code == "M111" and "giant" in problem.text and "tiny" in problem.text


@pytest.mark.parametrize("name", ["lora", "miss", "ia3", "full", "adalora"])
def test_a_base_of_other_shapes_is_refused(arms, open_tiny, name):
    from transformers import LlamaConfig, LlamaForCausalLM

    strategy, given, folder, _ = arms(name)
    config = LlamaConfig(
        vocab_size=480,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
    )

    def other(name, precision="auto"):
        model = open_tiny(name)
        network = LlamaForCausalLM(config).eval()
        return type(model)(name, network, model.chat)

    given = replace(given, val=(), means=replace(given.means, open_model=other))
    assert refused(strategy, folder, given).code == "M111"


def test_a_tokenizer_with_other_special_tokens_is_refused(own, open_tiny):
    strategy, given, folder = own
    tokenizer = open_tiny().chat.tokenizer
    tokenizer.save_pretrained(folder)
    merge_arm(strategy, folder, given)

    other = copy.deepcopy(tokenizer)
    other.add_special_tokens({"additional_special_tokens": ["<|tool|>"]})
    other.save_pretrained(folder)
    problem = refused(strategy, folder, given)
    assert problem.code == "M113" and "<|tool|>" in problem.text


def test_the_folder_of_the_arm_is_left_alone(arms):
    strategy, given, folder, _ = arms("lora")
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    merge_arm(strategy, folder, replace(given, val=()))
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
