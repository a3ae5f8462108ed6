"""Every way of training computes the loss and the gradients that its own parameters have in
transformers' plain attention, row by row, whatever the architecture: float64 all the way."""

import random

import pytest
import torch

from assay.core.errors import ModelError, TrainError
from assay.models.inference import tree_attention
from assay.models.inference.chat_model import ChatModel
from assay.models.open import load_network
from assay.models.tokenizer.chat_tokens import Encoded
from assay.strategies.training.adalora import Adalora
from assay.strategies.training.adapters import Adapters
from assay.strategies.training.full import Full
from assay.strategies.training.ia3 import Ia3
from assay.strategies.training.lora import Lora
from assay.strategies.training.miss import Miss
from assay.strategies.training.p_tuning import PTuning
from assay.strategies.training.prefix import Prefix
from assay.strategies.training.prompt_tuning import PromptTuning
from assay.training.acceleration import faster
from assay.training.batch import TrainingBatch
from helpers.architectures import OTHERS, POPULAR, WINDOW, WORDS, Wide, build, plain, variants
from helpers.nights import nightly_but

METHODS = {
    "full": Full(),
    "lora": Lora(rank=2, dropout=0),
    "dora": Lora(rank=2, decompose=True, dropout=0),
    "adalora": Adalora(),
    "adapters": Adapters(),
    "ia3": Ia3(),
    "miss": Miss(rank=2),
    "prefix": Prefix(tokens=3),
    "prompt_tuning": PromptTuning(tokens=3),
    "p_tuning": PTuning(tokens=3),
}
CPU = torch.device("cpu")


def rows() -> list[Encoded]:
    """Sequences that begin alike, a copy, one of three windows."""
    draw = random.Random(1)

    def some(n):
        return [draw.randrange(3, WORDS) for _ in range(n)]

    trunk, out = some(9), []
    for length in (3, 7, 2):
        prompt = trunk + some(length)
        out.append(Encoded(prompt + some(3), ((len(prompt), len(prompt) + 3),)))
    out.append(Encoded(list(out[0].ids), out[0].learnt))
    out.append(Encoded(some(3 * WINDOW + 2), ((6, 9), (3 * WINDOW, 3 * WINDOW + 2))))
    return out


def wide(network):
    network.config._experts_implementation = "eager"  # the grouped product knows no float64
    return network.double()


def changed(network, method, lesson, chat):
    """The network with what the method trains, and the method's change."""
    torch.manual_seed(5)
    model = ChatModel("tiny", network, chat)
    change = METHODS[method].change(model, lesson)
    return network.double().requires_grad_(False), change


def apart(network, change, sequences):
    """The summed cross-entropy of each row by itself."""
    total = 0.0
    for number, row in enumerate(sequences):
        if change.soft:
            batch = TrainingBatch.of([row], [number], pad=0, device=CPU)
            batch.soft = change.soft
            total = total + batch.nll(network)
            continue
        logs = network(torch.tensor([row.ids]), use_cache=False).logits[0].log_softmax(-1)
        total = total - sum(logs[i - 1, row.ids[i]] for i in row.targets)
    return total


def gradients(change, loss):
    for parameter in change.trained.values():
        parameter.grad = None
    loss.backward()
    return {name: p.grad for name, p in change.trained.items() if p.grad is not None}


def trains_as_plain(folder, method, lesson, chat) -> None:
    """
    Raises:
        ModelError: the model is refused. TrainError: the method cannot be used with it.
    """
    tree_attention.register()
    network = wide(load_network(folder, torch.float32)[0])
    with Wide():
        try:
            theirs, plain_change = changed(wide(plain(folder)), method, lesson, chat)
        except RuntimeError:
            return  # transformers itself does not compute it in this type
        ours, change = changed(network, method, lesson, chat)
        assert change.trained.keys() == plain_change.trained.keys()
        draw = torch.Generator().manual_seed(9)
        for name, parameter in change.trained.items():
            # some begin with zeros, which have no gradient to their other side
            if method != "full":
                moved = 0.1 * torch.randn(parameter.shape, generator=draw, dtype=torch.float64)
                parameter.data = parameter.data.double() + moved
            parameter.requires_grad_()
            plain_change.trained[name].data = parameter.data.clone()
            plain_change.trained[name].requires_grad_()
        sequences = rows()
        try:
            expected = apart(theirs, plain_change, sequences)
            wanted = gradients(plain_change, expected)
        except RuntimeError:
            return  # transformers itself does not train it in this type
        assert wanted
        for tree in {network.config._attn_implementation == tree_attention.NAME, False}:
            batch = TrainingBatch.of(sequences, range(len(sequences)), pad=0, device=CPU, tree=tree)
            batch.soft = change.soft
            with faster(ours, compiled=False):
                loss = batch.nll(ours)
                found = gradients(change, loss)
            assert float(loss.detach()) == pytest.approx(float(expected.detach()), rel=1e-8)
            largest = max(float(g.abs().max()) for g in wanted.values())
            # Without a gradient, or with one of zeros, a weight stays as it is.
            for name in found.keys() | wanted.keys():
                ones = [one[name] for one in (found, wanted) if name in one]
                apart_by = (ones[0] - ones[1] if len(ones) == 2 else ones[0]).abs().max()
                assert float(apart_by) / largest < 1e-6, name


# What a method says that cannot be used: it has no such layers (IA3 in mixtures of experts), or
# they lie the other way.
CANNOT = {("gpt2", "miss"): "T024", ("qwen3_moe", "ia3"): "T030", ("mixtral", "ia3"): "T030"}
DAILY = ("qwen2",)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", nightly_but(DAILY, POPULAR))
def test_popular_models_are_trained_as_transformers_computes_them(
    tmp_path, kind, lesson, open_tiny
):
    for name, more in variants(kind):
        folder = build(tmp_path / f"model {name}", kind, **more)
        for method in METHODS:
            if code := CANNOT.get((kind, method)):
                with pytest.raises(TrainError, match=code):
                    trains_as_plain(folder, method, lesson("classify"), open_tiny().chat)
            else:
                trains_as_plain(folder, method, lesson("classify"), open_tiny().chat)


@pytest.mark.nightly
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", OTHERS)
def test_other_models_are_trained_so_or_refused(tmp_path, kind, lesson, open_tiny):
    for name, more in variants(kind):
        folder = build(tmp_path / f"model {name}", kind, **more)
        for method in METHODS:
            try:
                trains_as_plain(folder, method, lesson("classify"), open_tiny().chat)
            except (ModelError, TrainError) as error:
                assert {problem.code for problem in error.problems} <= {
                    "M160",
                    "T020",
                    "T024",
                    "T026",
                    "T030",
                    "T032",
                }
