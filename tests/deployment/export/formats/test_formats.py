"""Exports of small arms: what is in the folder, and that it answers as the arm does, in its own
runtime."""

import warnings
from dataclasses import replace

import pytest
import torch

from assay.config import make_strategy
from assay.core.store import read_json
from assay.deployment.export.formats import FORMATS
from assay.deployment.export.formats.merged import plain
from helpers.exporting import both, fitted, source_of

QUICK = {"epochs": 3, "batch_size": 12, "val_rows": 4, "learning_rate": 1e-2}
KINDS = {
    "lora": {"kind": "lora", "rank": 4, **QUICK},
    "dora": {"kind": "dora", "rank": 4, **QUICK},
    "qlora": {"kind": "qlora", "rank": 4, **QUICK},
    "full": {"kind": "full", **QUICK, "learning_rate": 3e-3},
}
LORA, STUDENT = (
    KINDS["lora"],
    {"kind": "distil", "layers": 1, "epochs": 3, "batch_size": 12, "learning_rate": 3e-3},
)
KINDS |= {
    "in 8 bits": {"kind": "quantise", "inner": LORA},
    "in 4 bits": {"kind": "quantise", "bits": 4, "inner": KINDS["full"]},
    "student": {**STUDENT, "inner": LORA},
    "student in 8 bits": {"kind": "quantise", "inner": {**STUDENT, "inner": LORA}},
    "pruned": {"kind": "prune", "layers": 1, "heal": 3, "learning_rate": 1e-2, "inner": LORA},
}
FORM = {one.name: one for one in FORMATS}
pytestmark = [
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.filterwarnings("ignore:.*is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def arms(lesson_in, tmp_path_factory):
    made = {}

    def arm(name):
        if name not in made:
            place = tmp_path_factory.mktemp(name)
            lesson = lesson_in(place / "work", "classify")
            strategy = make_strategy(KINDS[name], {})
            fitted(strategy, lesson, place / "arm")
            made[name] = strategy, lesson, place / "arm"
        return made[name]

    return arm


@pytest.fixture
def source(arms, tiny_model, tmp_path):
    def make(name, **wish):
        return source_of(*arms(name), tiny_model, tmp_path / "out", **wish)

    return make


def written(source, form):
    source.out.mkdir()
    assert not list(form.refuses(source))
    notes = form.write(source, source.out, lambda event: None)
    assert sum(
        path.stat().st_size for path in source.out.rglob("*") if path.is_file()
    ) <= form.size(source)
    return notes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "form", "wish"),
    [
        ("lora", "peft", {}),
        ("lora", "merged", {}),
        pytest.param("dora", "peft", {}, marks=pytest.mark.nightly),
        ("dora", "merged", {}),
        pytest.param("full", "merged", {}, marks=pytest.mark.nightly),
        ("qlora", "peft", {}),
        pytest.param("qlora", "merged", {}, marks=pytest.mark.nightly),
        pytest.param("lora", "peft", {"with_base": True}, marks=pytest.mark.nightly),
        ("lora", "vllm", {}),
        pytest.param("in 8 bits", "merged", {}, marks=pytest.mark.nightly),
        ("in 4 bits", "merged", {}),
        pytest.param("student", "merged", {}, marks=pytest.mark.nightly),
        ("student", "vllm", {}),
        pytest.param("student in 8 bits", "merged", {}, marks=pytest.mark.nightly),
        pytest.param("pruned", "merged", {}, marks=pytest.mark.nightly),
    ],
)
def test_the_export_answers_as_the_arm_does(source, arms, name, form, wish):
    given = source(name, **wish)
    written(given, FORM[form])
    _, lesson, _ = arms(name)
    questions = [row.question for row in (*lesson.val, *lesson.train)]
    arm, export = both(given, FORM[form], questions, given.out)
    assert [one.raw for one in export] == [one.raw for one in arm]
    assert sum(one.text is not None for one in arm) > len(arm) / 2, (
        "an arm that has learnt nothing proves nothing"
    )


@pytest.mark.slow
def test_a_merged_folder_loads_with_the_weights_that_the_arm_computes_with(source):
    from transformers import AutoModelForCausalLM

    given = source("lora")
    notes = written(given, FORM["merged"])
    theirs = AutoModelForCausalLM.from_pretrained(given.out).state_dict()
    ours = plain(given).network.state_dict()
    assert theirs.keys() == ours.keys() and all(
        torch.equal(theirs[name], ours[name]) for name in ours
    )
    assert any("apply_chat_template" in note for note in notes)


@pytest.mark.slow
def test_bf16_halves_the_file_and_says_so(source):
    given = source("lora", precision="bf16")
    notes = written(given, FORM["merged"])
    assert read_json(given.out / "config.json")["dtype"] == "bfloat16" and "bf16" in " ".join(notes)


@pytest.mark.slow
def test_generation_ends_where_the_arm_has_learnt_to_end(source, open_tiny):
    given = source("lora")
    written(given, FORM["peft"])
    settings = read_json(given.out / "generation_config.json")
    chat = open_tiny().chat
    assert settings["do_sample"] is False and chat.end[-1] in settings["eos_token_id"]
    assert settings["max_new_tokens"] == read_json(given.folder / "tuned.json")["room"]


@pytest.mark.slow
def test_the_quantised_base_goes_with_the_adapter_unless_it_is_not_wanted(source):
    given = source("qlora")
    written(given, FORM["peft"])
    assert (given.out / "base" / "model.safetensors").exists() and not (
        given.out / "base_bits.json"
    ).exists()
    assert read_json(given.out / "adapter_config.json")["base_model_name_or_path"] == str(
        given.out / "base"
    )


@pytest.mark.slow
def test_without_the_base_the_folder_says_how_to_quantise(source):
    given = source("qlora", with_base=False)
    notes = written(given, FORM["peft"])
    settings = read_json(given.out / "base_bits.json")
    assert settings["load_in_4bit"] and settings["bnb_4bit_quant_type"] == "nf4"
    assert not (given.out / "base").exists() and "BitsAndBytesConfig" in " ".join(notes)


def test_a_base_on_no_hub_is_said(source):
    given = source("lora")
    assert "on no hub" in " ".join(written(given, FORM["peft"]))


@pytest.mark.slow
def test_vllm_serves_a_plain_adapter_beside_its_base_and_anything_else_merged(source):
    given = source("lora")
    written(given, FORM["vllm"])
    line = (given.out / "serve.sh").read_text()
    assert (
        "--enable-lora --max-lora-rank 8 --lora-modules arm=./adapter" in line
        and "--dtype float32" in line
    )
    assert read_json(given.out / "request.json")["messages"][-1]["content"] == "the question"
    other = replace(source("dora"), out=given.out / "dora")
    written(other, FORM["vllm"])
    assert (
        "vllm serve ./model" in (other.out / "serve.sh").read_text()
        and (other.out / "model").is_dir()
    )


@pytest.mark.nightly
@pytest.mark.parametrize("form", ["gguf-f16", "onnx", "ollama"])
def test_a_converted_arm_answers_as_the_arm_does(source, arms, form):
    if missing := FORM[form].missing():
        pytest.skip(missing)
    given = source("lora")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        written(given, FORM[form])
    _, lesson, _ = arms("lora")
    questions = [row.question for row in (*lesson.val, *lesson.train)]
    arm, export = both(given, FORM[form], questions, given.out)
    equal = sum(a.text == b.text for a, b in zip(arm, export, strict=True))
    assert equal >= 0.99 * len(questions)
