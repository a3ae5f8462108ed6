"""The weights that are trained are those that were asked for; they come back to the same bits."""

import re
from dataclasses import replace

import pytest
import torch
from pydantic import ValidationError
from transformers import GPT2Config

from assay.core.errors import TrainError
from assay.core.types import Lesson
from assay.strategies.training.full import Full
from assay.tasks.prompt_format import ask
from helpers.problems import unnamed

LAYERS = [f"model.layers.{i}." for i in (0, 1)]
QUICK = {"learning_rate": 3e-3, "epochs": 1, "batch_size": 12}


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_saved_model_comes_back_to_the_same_weights(
    lesson, open_tiny, tmp_path, dtype, one_thread
):
    from safetensors.torch import load_file

    given: Lesson = lesson("classify", open_model=lambda name: open_tiny(name, dtype=dtype))
    strategy = Full(learning_rate=3e-3, epochs=1, batch_size=6)
    arm = strategy.fit(given)
    arm.save(tmp_path)
    again = strategy.restore(tmp_path, given)
    first, second = arm.model.network.state_dict(), again.model.network.state_dict()
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    base = open_tiny(dtype=dtype).network.state_dict()
    assert all(not torch.equal(first[name], base[name]) for name in first if first[name].ndim > 1)
    # The output layer is the input layer, and is stored once.
    tensors = load_file(tmp_path / "model.safetensors")
    assert len(tensors) == len(first) - 1
    assert {tensor.dtype for tensor in tensors.values()} == {dtype}
    assert (again.curve, again.ended, again.room) == (arm.curve, arm.ended, arm.room)


@pytest.mark.slow
def test_it_learns_a_toy_mapping(lesson, one_thread):
    given = replace(lesson("answer"), val=())
    arm = Full(learning_rate=3e-3, epochs=9, batch_size=6).fit(given)
    answers = arm.answer([row.question for row in given.train])
    assert [answer.text for answer in answers] == [row.target for row in given.train]


# --- what is trained ------------------------------------------------------------------------------


def names(given, **settings):
    """(trained, all) names of parameters; exactly the trained ones ask for a gradient."""
    model = given.open_base()
    change = Full(**settings).change(model, given)
    everything = dict(model.network.named_parameters())
    assert {name for name, p in everything.items() if p.requires_grad} == set(change.trained)
    assert all(everything[name] is p for name, p in change.trained.items())
    return set(change.trained), set(everything)


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({}, lambda name: True),
        ({"embeddings": False}, lambda name: "embed" not in name),
        ({"layers": 1}, lambda name: name.startswith(LAYERS[1])),
        ({"layers": 2}, lambda name: "layers" in name),
        ({"freeze": ("model.layers.0",)}, lambda name: not name.startswith(LAYERS[0])),
        ({"freeze": ("*mlp*", "*norm*")}, lambda name: "mlp" not in name and "norm" not in name),
        (
            {"layers": 1, "freeze": ("*.q_proj.weight",)},
            lambda n: n.startswith(LAYERS[1]) and "q_proj" not in n,
        ),
        ({"only": "norms"}, lambda name: "norm" in name),
        (
            {"only": "norms", "layers": 1},
            lambda name: "norm" in name and name.startswith(LAYERS[1]),
        ),
        # One matrix is input and output.
        ({"freeze": ("lm_head",)}, lambda name: "embed" not in name),
    ],
)
def test_the_parameters_that_were_asked_for_are_trained(lesson, settings, wanted):
    trained, everything = names(lesson("classify"), **settings)
    assert trained == {name for name in everything if wanted(name)}


def random_gpt2(given, open_tiny):
    """The same lesson on a GPT-2, which has biases, position embeddings and tied matrices."""
    from transformers import AutoModelForCausalLM

    def open_model(name):
        model = open_tiny()
        config = GPT2Config(vocab_size=480, n_embd=16, n_layer=2, n_head=2, n_positions=512)
        torch.manual_seed(0)
        network = AutoModelForCausalLM.from_config(config).eval().requires_grad_(False)
        return type(model)(model.name, network, model.chat)

    return given(open_model=open_model)


def test_only_biases_are_those_of_every_layer(lesson, open_tiny):
    given = random_gpt2(lambda **means: lesson("classify", **means), open_tiny)
    trained, everything = names(given, only="biases")
    assert (
        trained == {name for name in everything if name.endswith(".bias")}
        and len(trained) == 2 * 6 + 1
    )
    trained, everything = names(given, embeddings=False)
    assert everything - trained == {"transformer.wte.weight", "transformer.wpe.weight"}


def test_tied_matrices_are_said_to_be_one(lesson):
    told = []
    given = lesson("classify", tell=told.append)
    Full(freeze=("lm_head.*",)).change(given.open_base(), given)
    Full(freeze=("model.layers.0",)).change(given.open_base(), given)
    assert [event["text"] for event in told] == [
        "lm_head.weight and model.embed_tokens.weight are one matrix: both stay as they are"
    ]


@pytest.mark.slow
def test_layers_chosen_by_gradient_are_those_that_the_rows_pull_at_most(lesson):
    given = lesson("classify")
    trained, _ = names(given, layers=1, by="gradient")
    # The same ratio from transformers' own loss of every row: 36 rows, of which the method looks at
    # 32.
    model = given.open_base()
    network = model.network.requires_grad_(True)
    for row in given.train:
        pair = model.chat.pair(ask(given.task, row), row.target)
        start = pair.learnt[0][0]
        labels = torch.tensor([[-100] * start + pair.ids[start:]])
        (network(torch.tensor([pair.ids]), labels=labels).loss * (len(pair.ids) - start)).backward()
    ratios = []
    for layer in network.model.layers:
        gradient = torch.cat([p.grad.flatten() for p in layer.parameters()])
        ratios.append(
            float(
                gradient.norm()
                / torch.cat([p.detach().flatten() for p in layer.parameters()]).norm()
            )
        )
    best = max(range(2), key=lambda i: ratios[i])
    assert {name[: len(LAYERS[0])] for name in trained} == {LAYERS[best]}
    assert names(given, layers=1, by="gradient")[0] == trained


# --- what is kept ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"layers": 1}, marks=pytest.mark.nightly),
        {"layers": 1, "by": "gradient"},
        {"only": "norms"},
    ],
)
def test_only_what_was_trained_is_kept_and_restored(
    lesson, open_tiny, tmp_path, settings, one_thread
):
    from dataclasses import replace

    from safetensors.torch import load_file

    given = lesson("classify")
    trained, everything = names(given, **settings)
    strategy = Full(**settings, **QUICK)
    arm = strategy.fit(given)
    (tmp_path / "a").mkdir()
    arm.save(tmp_path / "a")
    assert load_file(tmp_path / "a" / "model.safetensors").keys() == trained
    base = dict(open_tiny().network.named_parameters())
    tuned = dict(arm.model.network.named_parameters())
    assert all(torch.equal(base[name], tuned[name]) == (name not in trained) for name in everything)
    # Restored without rows, and saved again.
    again = strategy.restore(tmp_path / "a", replace(given, train=(), val=()))
    assert all(torch.equal(p, tuned[name]) for name, p in again.model.network.named_parameters())
    (tmp_path / "b").mkdir()
    again.save(tmp_path / "b")
    first, second = ((tmp_path / place / "model.safetensors").read_bytes() for place in "ab")
    assert first == second


# --- what cannot be -------------------------------------------------------------------------------


def refused(given, **settings):
    with pytest.raises(TrainError) as caught:
        Full(**settings).change(given.open_base(), given)
    (problem,) = caught.value.problems
    return problem


def test_a_pattern_that_names_nothing_is_refused_with_the_nearest_name(lesson):
    problem = refused(lesson("classify"), freeze=("model.layers.0", "model.layrs.1"))
    assert (problem.code, problem.place) == ("T040", "freeze")
    assert (
        not unnamed(problem, "'model.layrs.1'", "'model.layers.1'")
        and "model.embed_tokens" in problem.help
    )
    assert not unnamed(refused(lesson("classify"), freeze=("*qproj*",)), "'q_proj'")
    assert re.findall("'(.*?)'", refused(lesson("classify"), freeze=("zzz",)).text) == ["zzz"]


def test_more_layers_than_there_are_is_refused(lesson):
    problem = refused(lesson("classify"), layers=3)
    assert (problem.code, problem.text) == ("T041", "layers: 3, but this model has 2")


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"freeze": ("*",)}, "full: nothing is left to train"),
        ({"only": "biases"}, "full: nothing is left to train: this model has no biases"),
        (
            {"only": "biases", "layers": 1},
            "full: nothing is left to train: this model has no biases in these layers",
        ),
    ],
)
def test_nothing_left_to_train_is_refused(lesson, settings, text):
    problem = refused(lesson("classify"), **settings)
    assert (problem.code, problem.text) == ("T045", text)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"by": "gradient"}, "say how many with `layers`"),
        ({"layers": 2, "embeddings": True}, "leave `embeddings: true` out"),
        ({"only": "bias"}, "'all', 'norms' or 'biases'"),
    ],
)
def test_settings_that_do_not_go_together_are_refused_before_a_model_is_opened(settings, text):
    with pytest.raises(ValidationError, match=text):
        Full(**settings)
