"""Virtual tokens that are computed once and lent to all sequences count as if they stood before
each."""

import pytest
import torch
from pydantic import ValidationError

from assay.core.errors import TrainError
from assay.strategies.training.p_tuning import PTuning
from assay.strategies.training.prefix import Prefix
from assay.strategies.training.prompt_tuning import PromptTuning
from assay.strategies.training.trained_arm import sequences_of
from assay.training.batch import TrainingBatch
from helpers.lines import named

METHODS = [
    PromptTuning(tokens=5),
    PromptTuning(tokens=30, start="vocabulary"),
    PTuning(tokens=5),
    PTuning(tokens=3, encoder="lstm", hidden=24),
    Prefix(tokens=5),
    Prefix(tokens=3, hidden=16, start="vocabulary"),
]


def name(method):
    return "-".join(str(value) for value in [method.kind, *method.non_defaults().values()])


methods = pytest.mark.parametrize("method", METHODS, ids=name)
layouts = pytest.mark.parametrize("tree", [True, False], ids=["tree", "rows"])


@pytest.fixture
def changed(lesson, open_tiny, one_thread):
    """`changed(method)`: a tiny model with moved virtual tokens, its change, and five sequences."""

    def make(method, dtype=torch.float32, model=None):
        torch.manual_seed(5)
        given, model = lesson("classify"), model or open_tiny(dtype=dtype)
        change = method.change(model, given)
        with torch.no_grad():
            for parameter in change.trained.values():
                parameter.data = parameter.to(dtype)
                parameter += 0.1 * torch.randn_like(parameter)
        return model, change, sequences_of(model.chat, given.task, given.train[:5])

    return make


def ours(model, change, sequences, tree):
    """Loss and gradients over one batch."""
    batch = TrainingBatch.of(
        sequences, range(len(sequences)), pad=0, device=model.device, tree=tree
    )
    batch.soft = change.soft
    loss = -batch.log_probs(model.network).sum()
    return loss.detach(), torch.autograd.grad(loss, list(change.trained.values()))


def separate(model, change, sequences):
    """The same for each sequence alone, in transformers' own forward: virtual embeddings put before
    those of the words; for a prefix, a cache of its own."""
    network, total = model.network, torch.zeros((), dtype=torch.float64)
    embed = network.get_input_embeddings()
    for sequence in sequences:
        ids = torch.tensor([sequence.ids])
        virtual = change.soft.embeddings()
        if "Prefix" in type(change.soft.config).__name__:
            logits = network(ids, cache=change.soft(), use_cache=True).logits[0]
        else:
            words = torch.cat([virtual[None].to(embed.weight.dtype), embed(ids)], 1)
            logits = network(inputs_embeds=words, use_cache=False).logits[0, len(virtual) :]
        logs = logits.double().log_softmax(-1)
        total = total - sum(logs[i - 1, sequence.ids[i]] for i in sequence.targets)
    return total.detach(), torch.autograd.grad(total, list(change.trained.values()))


@pytest.fixture
def random_model(open_tiny):
    """`random_model(config class, ...)`: the tiny model's chat around a random fp64 network of
    another architecture."""
    from transformers import AutoModelForCausalLM

    from assay.models.inference.chat_model import ChatModel
    from assay.models.inference.tree_attention import NAME

    def make(config, **given):
        tiny = open_tiny()
        sizes = {
            "hidden_size": 64,
            "intermediate_size": 96,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
        }
        config = config(
            vocab_size=tiny.network.config.vocab_size, initializer_range=0.1, **sizes, **given
        )
        torch.manual_seed(2)
        network = AutoModelForCausalLM.from_config(
            config, attn_implementation=NAME, dtype=torch.float64
        )
        return ChatModel("random", network.eval().requires_grad_(False), tiny.chat)

    return make


def assert_equal(model, change, sequences, tree, tolerance):
    """`tolerance` of the loss, and of the largest gradient."""
    loss, grads = ours(model, change, sequences, tree)
    right, expected = separate(model, change, sequences)
    assert float(loss) == pytest.approx(float(right), rel=tolerance)
    largest = max(float(grad.abs().max()) for grad in expected)
    assert largest > 1e-3
    for grad, other in zip(grads, expected, strict=True):
        torch.testing.assert_close(grad, other, atol=tolerance * largest, rtol=0)


@pytest.mark.slow
@methods
@layouts
def test_loss_and_gradients_are_those_of_separate_sequences(changed, random_model, method, tree):
    from transformers import GPTNeoXConfig

    model, change, sequences = changed(method, torch.float64, random_model(GPTNeoXConfig))
    assert_equal(model, change, sequences, tree, 1e-9)


@pytest.mark.slow
@methods
@layouts
def test_so_they_are_where_queries_share_keys(changed, method, tree):
    # Llama's norm computes in fp32 whatever it is given: 1e-6.
    assert_equal(*changed(method, torch.float64), tree, 1e-6)


@methods
def test_a_bf16_network_gives_nearly_the_same_gradient(changed, method, open_tiny):
    grads = []
    for dtype in (torch.float32, torch.bfloat16):
        model, change, sequences = changed(method, model=open_tiny(dtype=dtype))
        grads.append(
            torch.cat([grad.flatten() for grad in ours(model, change, sequences, tree=True)[1]])
        )
    assert {grad.dtype for grad in grads} == {torch.float32}
    assert torch.cosine_similarity(*grads, dim=0) > 0.99


# peft 0.21 itself asks transformers for names that are going away.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
@pytest.mark.filterwarnings("ignore:.*past_key_values.*:FutureWarning")
@methods
def test_plain_peft_loads_the_folder_and_computes_the_same(changed, method, tiny_model, tmp_path):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model, change, sequences = changed(method)
    folder = tmp_path / "arm"
    folder.mkdir()
    change.write(folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    base = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    ids = torch.tensor([sequences[0].ids])
    with torch.no_grad():
        before = base(ids).logits
        theirs = PeftModel.from_pretrained(base, folder).eval()
        expected = theirs(ids, attention_mask=torch.ones_like(ids)).logits[:, -ids.shape[1] :]
        logits = model.network(ids, cache=change.soft(), use_cache=True).logits
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=0)
    assert (logits - before).abs().max() > 1e-2


@methods
def test_what_is_read_back_is_what_was_written(changed, method, tmp_path, open_tiny, lesson):
    _, change, _ = changed(method)
    folder = tmp_path / "arm"
    folder.mkdir()
    change.write(folder)
    again = method.change(open_tiny(), lesson("classify"))
    assert not torch.equal(again.soft.embeddings(), change.soft.embeddings())
    again.read(folder)
    assert torch.equal(again.soft.embeddings(), change.soft.embeddings())


@methods
def test_learning_answering_and_saving_see_the_same_bits(changed, method):
    _, change, _ = changed(method)
    learning = change.soft.embeddings()
    assert learning.requires_grad
    with torch.inference_mode():
        answering = change.soft.embeddings()
        assert not answering.requires_grad
        assert torch.equal(answering, learning)


@methods
def test_nothing_of_the_network_is_trained_or_changed(changed, method, open_tiny):
    model, change, _ = changed(method)
    base = dict(open_tiny().network.named_parameters())
    assert not set(base) & set(change.trained)
    assert all(torch.equal(base[name], weight) for name, weight in model.network.named_parameters())
    assert {parameter.dtype for parameter in change.trained.values()} == {torch.float32}
    assert model.soft is change.soft


@methods
def test_the_virtual_tokens_leave_less_room_for_text(changed, method):
    model, _, _ = changed(method)
    assert model.chat.max_length == 512 - method.tokens


@pytest.mark.parametrize("cls", [PromptTuning, PTuning, Prefix])
def test_more_virtual_tokens_than_fit_are_refused(cls, open_tiny, lesson):
    with pytest.raises(TrainError) as caught:
        cls(tokens=449).change(open_tiny(), lesson("answer"))
    (problem,) = caught.value.problems
    assert (problem.code, problem.help) == ("T031", "set tokens to 448 or less")
    assert cls(tokens=448).change(open_tiny(), lesson("answer"))


@pytest.mark.parametrize("cls", [PromptTuning, PTuning, Prefix])
def test_activations_cannot_be_computed_again(cls):
    with pytest.raises(ValidationError, match="checkpointing"):
        cls(checkpointing=True)


# --- layers with a window -------------------------------------------------------------------------


@pytest.fixture
def windowed(random_model):
    """A Mistral whose layers look back 28 tokens."""
    from transformers import MistralConfig

    return lambda: random_model(MistralConfig, num_key_value_heads=2, sliding_window=28)


@layouts
@pytest.mark.parametrize(
    "method", [PromptTuning(tokens=27), Prefix(tokens=27), Prefix(tokens=9)], ids=name
)
def test_a_window_passes_over_virtual_tokens_as_over_others(changed, windowed, method, tree):
    assert_equal(*changed(method, torch.float64, windowed()), tree, 1e-6)


def test_virtual_tokens_that_fill_a_window_are_refused(windowed, lesson):
    with pytest.raises(TrainError) as caught:
        Prefix(tokens=28).change(windowed(), lesson("answer"))
    assert named(caught.value.problems[0].help, "tokens", "27")
