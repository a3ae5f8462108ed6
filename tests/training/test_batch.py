import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from assay.models.tokenizer.chat_tokens import Encoded
from assay.training.batch import TrainingBatch
from assay.training.batch_schedule import BatchPlan
from assay.training.objectives.completion import completion
from assay.training.optim.master_weights import Masters

CPU = torch.device("cpu")


def test_layout():
    batch = TrainingBatch.of(
        [Encoded([5, 6, 7, 8], ((2, 4),)), Encoded([9, 1], ((1, 2),))], [4, 2], pad=0, device=CPU
    )
    assert batch.ids.tolist() == [[5, 6, 7, 8], [9, 1, 0, 0]]
    assert batch.real.tolist() == [[True] * 4, [True, True, False, False]]
    # Token 7 is predicted at column 1 of row 0, token 8 at column 2; token 1 at column 0 of row 1.
    assert (batch.reads.tolist(), batch.targets.tolist()) == ([1, 2, 4], [7, 8, 1])
    assert (batch.tokens, batch.rows) == (3, (4, 2))


@pytest.fixture
def sequences(open_tiny, lesson):
    from assay.strategies.training.trained_arm import sequences_of

    given_ = lesson("classify")
    return sequences_of(open_tiny().chat, given_.task, given_.train[:6])


def theirs(network, sequence):
    """The loss that transformers computes for one sequence, summed over the learnt tokens."""
    labels = [-100] * sequence.learnt[0][0] + sequence.ids[sequence.learnt[0][0] :]
    loss = network(input_ids=torch.tensor([sequence.ids]), labels=torch.tensor([labels])).loss
    return loss * (len(sequence.ids) - sequence.learnt[0][0])


def test_log_probs_are_those_of_each_sequence_alone(open_tiny, sequences):
    network = open_tiny().network
    batch = TrainingBatch.of(sequences, range(6), pad=0, device=CPU)
    alone = []
    for sequence in sequences:
        logs = network(torch.tensor([sequence.ids])).logits[0].log_softmax(-1)
        alone += [
            logs[i - 1, sequence.ids[i]] for i in range(sequence.learnt[0][0], len(sequence.ids))
        ]
    torch.testing.assert_close(batch.log_probs(network), torch.stack(alone), atol=1e-5, rtol=0)


def test_log_probs_at_a_temperature_and_values_at_the_same_states(open_tiny, sequences):
    network = open_tiny().network
    torch.manual_seed(1)
    layer = torch.nn.Linear(64, 1)
    batch = TrainingBatch.of(sequences, range(6), pad=0, device=CPU)
    logs, values = batch.log_probs_and(network, 0.5, layer)
    alone, read = [], []
    for sequence in sequences:
        ids = torch.tensor([sequence.ids])
        found = (network(ids).logits[0] / 0.5).log_softmax(-1)
        states = network.base_model(ids).last_hidden_state[0]
        for i in range(sequence.learnt[0][0], len(sequence.ids)):
            alone.append(found[i - 1, sequence.ids[i]])
            read.append(layer(states[i - 1])[0])
    torch.testing.assert_close(logs, torch.stack(alone), atol=1e-5, rtol=0)
    torch.testing.assert_close(values, torch.stack(read), atol=1e-5, rtol=0)
    assert batch.log_probs_and(network, 1.0)[1] is None
    assert torch.equal(batch.log_probs_and(network, 1.0)[0], batch.log_probs(network))


def test_loss_and_gradients_of_micro_batches_are_those_of_separate_sequences(open_tiny, sequences):
    ours, reference = (
        open_tiny().network.requires_grad_(True),
        open_tiny().network.requires_grad_(True),
    )
    masters = Masters(ours.named_parameters())
    total, learnt = 0.0, 0
    for rows in ([0, 3], [1, 2, 4], [5]):
        batch = TrainingBatch.of([sequences[r] for r in rows], rows, pad=0, device=CPU)
        loss = completion(ours, batch)
        loss.value.backward()
        masters.collect()
        total, learnt = total + float(loss.value.detach()), learnt + batch.tokens
    masters.scale(1 / learnt)
    loss = sum(theirs(reference, sequence) for sequence in sequences) / learnt
    loss.backward()
    assert total / learnt == pytest.approx(float(loss.detach()), abs=1e-5)
    for (name, mine), other in zip(ours.named_parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(
            mine.grad, other.grad, atol=1e-5, rtol=0, msg=lambda text, name=name: f"{name} {text}"
        )


PLANS = st.builds(
    BatchPlan,
    st.lists(st.integers(1, 50), min_size=1, max_size=60).map(tuple),
    batch_size=st.integers(1, 9),
    seed=st.integers(0, 3),
    micro_tokens=st.integers(64, 200),
)


@given(PLANS, st.integers(0, 3))
def test_an_epoch_has_every_row_once_in_full_batches(plan, epoch):
    steps = plan.epoch(epoch)
    assert len(steps) == plan.steps
    assert sorted(row for rows in steps for row in rows) == list(range(len(plan.lengths)))
    assert sorted(map(len, steps))[1:] == [plan.batch_size] * (plan.steps - 1)


@pytest.mark.slow
@given(PLANS, st.integers(0, 3))
def test_a_step_is_a_function_of_seed_and_epoch_and_its_micro_batches_fit(plan, epoch):
    again = BatchPlan(plan.lengths, plan.batch_size, plan.seed, plan.micro_tokens)
    for step, rows in enumerate(plan.epoch(epoch)):
        parts = again.step(epoch, step)
        assert sorted(row for part in parts for row in part) == sorted(rows)
        for part in parts:
            assert (
                len(part) * max(plan.lengths[row] for row in part) <= plan.micro_tokens
                or len(part) == 1
            )


def test_epochs_and_seeds_differ():
    plans = [BatchPlan(tuple(range(1, 41)), 4, seed, 64) for seed in (0, 1)]
    orders = [str(plan.epoch(epoch)) for plan in plans for epoch in (0, 1)]
    assert len(set(orders)) == 4
