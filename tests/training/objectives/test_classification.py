"""Labels learnt by a layer on the states, or as answers among the labels' answers: against closed
forms."""

import itertools
import math

import numpy as np
import pytest
import torch

from assay.core.errors import TrainError
from assay.models.inference.option_scores import Trie
from assay.models.tokenizer.chat_tokens import Encoded
from assay.tasks.prompt_format import ask
from assay.training.batch import TrainingBatch
from assay.training.objectives.classification import (
    ClassifierLayer,
    classification,
    label_set,
    pool_states,
)

CPU = torch.device("cpu")
trees = pytest.mark.parametrize("tree", [False, True], ids=["rows", "tree"])


def random_sequences(count=4, learnt=()):
    draw = torch.Generator().manual_seed(2)
    ids = [torch.randint(5, 400, (6 + i,), generator=draw).tolist() for i in range(count)]
    # A shared beginning, and one sequence twice with another label.
    ids = [[7, 8, 9, *some] for some in ids] + [[7, 8, 9, *ids[0]]]
    return [
        Encoded(some, learnt or ((1, len(some)),), 0, label)
        for some, label in zip(ids, (2, 0, 1, 2, 0), strict=True)
    ]


def states_alone(network, sequences):
    """transformers' last hidden states of each sequence by itself."""
    return [network.model(torch.tensor([s.ids])).last_hidden_state[0] for s in sequences]


# --- a layer on the states ------------------------------------------------------------------------


@trees
def test_pooled_states_are_those_of_each_sequence_alone(open_tiny, tree):
    network, sequences = open_tiny().network, random_sequences()
    alone = states_alone(network, sequences)
    batch = TrainingBatch.of(sequences, range(5), pad=0, device=CPU, tree=tree)
    states = batch.states(network)
    last, mean = torch.stack([s[-1] for s in alone]), torch.stack([s.mean(0) for s in alone])
    torch.testing.assert_close(pool_states(states, batch, "last"), last, atol=1e-5, rtol=0)
    torch.testing.assert_close(pool_states(states, batch, "mean"), mean, atol=1e-5, rtol=0)


@trees
@pytest.mark.parametrize("hidden", [0, 5])
def test_loss_and_gradients_are_cross_entropy_on_the_last_states(open_tiny, hidden, tree):
    network, sequences = open_tiny().network.requires_grad_(True), random_sequences()
    torch.manual_seed(4)
    layer = ClassifierLayer(64, 3, hidden=hidden)
    torch.nn.init.normal_(layer.out.weight)
    layer.measure(torch.randn(9, 64) * 3 + 1)
    batch = TrainingBatch.of(sequences, range(5), pad=0, device=CPU, tree=tree)
    loss = classification(layer, smoothing=0.1)(network, batch)
    weights = [*layer.parameters(), *network.model.layers[0].parameters()]
    ours = torch.autograd.grad(loss.value, weights)
    states = torch.stack([s[-1] for s in states_alone(network, sequences)])
    values = (states - layer.mean) * layer.scale
    if layer.hidden is not None:
        values = torch.tanh(values @ layer.hidden.weight.T + layer.hidden.bias)
    logs = (values @ layer.out.weight.T + layer.out.bias).log_softmax(-1)
    # Label smoothing: 0.9 on the label and 0.1 spread over all three.
    right = -logs[range(5), [s.label for s in sequences]]
    theirs = (0.9 * right - 0.1 * logs.mean(-1)).sum()
    assert loss.count == 5
    assert float(loss.value.detach()) == pytest.approx(float(theirs.detach()), rel=1e-5)
    for mine, other in zip(ours, torch.autograd.grad(theirs, weights), strict=True):
        torch.testing.assert_close(
            mine, other, atol=1e-5 * float(other.abs().max()) + 1e-8, rtol=1e-4
        )


def test_a_sequence_without_a_label_counts_for_nothing(open_tiny):
    network, sequences = open_tiny().network, random_sequences()
    layer = ClassifierLayer(64, 3)
    torch.nn.init.normal_(layer.out.weight)
    silent = [*sequences[:4], Encoded(sequences[4].ids, (), 0, -1)]
    objective = classification(layer)
    whole = objective(network, TrainingBatch.of(silent, range(5), pad=0, device=CPU))
    part = objective(network, TrainingBatch.of(sequences[:4], range(4), pad=0, device=CPU))
    assert whole.count == part.count == 4
    assert float(whole.value.detach()) == pytest.approx(float(part.value.detach()), rel=1e-6)


def test_it_begins_with_all_labels_as_likely(open_tiny):
    network, batch = (
        open_tiny().network,
        TrainingBatch.of(random_sequences(), range(5), pad=0, device=CPU),
    )
    loss = classification(ClassifierLayer(64, 3, hidden=8))(network, batch)
    assert float(loss.value.detach()) == pytest.approx(5 * math.log(3))


def test_measured_states_have_mean_0_and_variance_1():
    draw = torch.Generator().manual_seed(0)
    states = (
        torch.randn(400, 6, generator=draw) * torch.tensor([1.0, 100.0, 1.0, 1.0, 1.0, 1e-6]) + 5
    )
    layer = ClassifierLayer(6, 2)
    layer.measure(states)
    values = (states - layer.mean) * layer.scale
    torch.testing.assert_close(values.mean(0), torch.zeros(6), atol=1e-3, rtol=0)
    assert float(values[:, 1].var(correction=0)) == pytest.approx(1, abs=1e-3)
    # One that hardly varies is not blown up to the others' size.
    assert float(values[:, 5].var(correction=0)) < 1e-6


def test_dropout_follows_the_networks_mode(open_tiny):
    network, batch = (
        open_tiny().network,
        TrainingBatch.of(random_sequences(), range(5), pad=0, device=CPU),
    )
    layer = ClassifierLayer(64, 3, dropout=0.5)
    torch.nn.init.normal_(layer.out.weight)
    objective = classification(layer)
    network.eval()
    assert float(objective(network, batch).value.detach()) == float(
        objective(network, batch).value.detach()
    )
    network.train()
    assert float(objective(network, batch).value.detach()) != float(
        objective(network, batch).value.detach()
    )


# --- answers among the labels' answers ------------------------------------------------------------


@pytest.fixture
def answers(open_tiny, lesson):
    given, model = lesson("classify"), open_tiny()
    sequences = [model.chat.pair(ask(given.task, row), row.target) for row in given.train[:6]]
    return (
        given,
        model,
        sequences,
        Trie.of([model.chat.answer(label) for label in given.task.labels]),
    )


def by_hand(network, sequence, options):
    """-log of the product over the answer of exp(z) over its sum among the tokens that some option
    has there."""
    start = sequence.learnt[0][0]
    answer, logits, total = (
        sequence.ids[start:],
        network(torch.tensor([sequence.ids])).logits[0].double(),
        0.0,
    )
    for i, token in enumerate(answer):
        may = sorted({o[i] for o in options if len(o) > i and o[:i] == answer[:i]})
        total = total - torch.log_softmax(logits[start + i - 1][may], 0)[may.index(token)]
    return total


@trees
def test_each_token_is_told_from_those_that_can_stand_there(answers, tree):
    given, model, sequences, trie = answers
    network = model.network.requires_grad_(True)
    loss = label_set(trie)(
        network, TrainingBatch.of(sequences, range(6), pad=0, device=CPU, tree=tree)
    )
    options = [model.chat.answer(label) for label in given.task.labels]
    theirs = sum(by_hand(network, sequence, options) for sequence in sequences)
    assert loss.count == 6  # labels, not tokens
    assert float(loss.value.detach()) == pytest.approx(float(theirs.detach()), rel=1e-5)
    weights = list(network.parameters())
    for mine, other in zip(
        torch.autograd.grad(loss.value, weights), torch.autograd.grad(theirs, weights), strict=True
    ):
        torch.testing.assert_close(
            mine, other, atol=1e-5 * float(other.abs().max()) + 1e-8, rtol=1e-3
        )


def test_it_is_a_distribution_over_the_labels(answers):
    given, model, _, trie = answers
    question, objective = ask(given.task, given.val[0]), label_set(trie)
    pairs = [model.chat.pair(question, label) for label in given.task.labels]
    losses = [
        objective(model.network, TrainingBatch.of([pair], [0], pad=0, device=CPU)).value
        for pair in pairs
    ]
    assert sum(math.exp(-float(loss)) for loss in losses) == pytest.approx(1, abs=1e-5)


def test_a_sequence_without_learnt_tokens_has_no_part_in_it(answers):
    _, model, sequences, trie = answers
    silent = [*sequences[:2], Encoded(sequences[2].ids, ())]
    two, three = (
        label_set(trie)(model.network, TrainingBatch.of(s, range(3), pad=0, device=CPU))
        for s in (silent[:2], silent)
    )
    assert (three.count, float(three.value)) == (2, pytest.approx(float(two.value), rel=1e-5))
    none = label_set(trie)(model.network, TrainingBatch.of(silent[2:], [0], pad=0, device=CPU))
    assert (none.count, float(none.value)) == (0, 0)


def test_a_token_that_is_in_no_labels_answer_is_an_error(answers):
    given, model, sequences, trie = answers
    other = model.chat.pair(ask(given.task, given.val[0]), "something else")
    with pytest.raises(TrainError) as caught:
        label_set(trie)(
            model.network, TrainingBatch.of([*sequences[:2], other], [4, 5, 9], pad=0, device=CPU)
        )
    assert caught.value.problems[0].code == "T046"
    assert "row 9" in caught.value.problems[0].text


def test_a_fork_of_two_is_logistic_regression():
    # One fork of two tokens, states and weights by hand: -log sigmoid of the difference of the two
    # logits.
    class Stub(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(3, 5, bias=False)
            self.config = type("Config", (), {"to_dict": lambda self: {}})()

        def get_output_embeddings(self):
            return self.layer

        def base_model(self, input_ids, **_):
            states = torch.nn.functional.one_hot(input_ids % 3, 3).float()
            return type("Output", (), {"last_hidden_state": states})()

    torch.manual_seed(0)
    network = Stub()
    sequences = [Encoded([a, b], ((1, 2),)) for a, b in itertools.product([0, 1, 2], [3, 4])]
    loss = label_set(Trie.of([[3], [4]]))(
        network, TrainingBatch.of(sequences, range(6), pad=0, device=CPU)
    )
    weight = network.layer.weight.detach().double().numpy()
    gaps = [weight[b, a] - weight[7 - b, a] for a, b in itertools.product([0, 1, 2], [3, 4])]
    assert float(loss.value.detach()) == pytest.approx(
        sum(np.log1p(np.exp(-gap)) for gap in gaps), rel=1e-6
    )
