"""A teacher's distribution as target: against torch's own kl_div on whole logits."""

import pytest
import torch
from torch.nn.functional import cross_entropy, kl_div

from assay.models.tokenizer.chat_tokens import Encoded
from assay.training.batch import TrainingBatch
from assay.training.objectives.completion import completion
from assay.training.objectives.distillation import distillation, logits

CPU = torch.device("cpu")
trees = pytest.mark.parametrize("tree", [False, True], ids=["rows", "tree"])


def sequences(count=5):
    draw = torch.Generator().manual_seed(2)
    ids = [
        [7, 8, 9, *torch.randint(5, 400, (60 + i,), generator=draw).tolist()] for i in range(count)
    ]
    # more learnt tokens than go in one chunk
    return [Encoded(some, ((4, len(some)),)) for some in ids]


def moved(network, seed):
    torch.manual_seed(seed)
    with torch.no_grad():
        for weight in network.parameters():
            weight += 0.02 * torch.randn_like(weight)
    return network


@trees
@pytest.mark.parametrize(("temperature", "share"), [(1.0, 1.0), (2.0, 0.5), (3.0, 0.9)])
def test_loss_and_gradients_are_those_of_whole_logits(open_tiny, temperature, share, tree):
    student, teacher = open_tiny().network.requires_grad_(True), moved(open_tiny().network, 1)
    rows = sequences()
    batch = TrainingBatch.of(rows, range(5), pad=0, device=CPU, tree=tree)
    loss = distillation(teacher, temperature=temperature, share=share)(student, batch)
    weights = list(student.parameters())
    ours = torch.autograd.grad(loss.value, weights)
    kl = nll = 0.0
    for row in rows:
        ids, at = torch.tensor([row.ids]), torch.arange(4, len(row.ids))
        mine, given = (
            student(ids).logits[0, at - 1].double(),
            teacher(ids).logits[0, at - 1].double().detach(),
        )
        soft = [(values / temperature).log_softmax(-1) for values in (mine, given)]
        kl = kl + kl_div(soft[0], soft[1], log_target=True, reduction="none").sum()
        nll = nll + cross_entropy(mine, ids[0, at], reduction="sum")
    theirs = share * temperature**2 * kl + (1 - share) * nll
    assert loss.count == batch.tokens > 256
    assert float(loss.value.detach()) == pytest.approx(float(theirs.detach()), rel=1e-5)
    assert loss.parts["token"] == pytest.approx(float(nll.detach()) / batch.tokens, rel=1e-5)
    for mine, other in zip(ours, torch.autograd.grad(theirs, weights), strict=True):
        torch.testing.assert_close(
            mine, other, atol=1e-5 * float(other.abs().max()) + 1e-8, rtol=1e-3
        )


def test_a_student_that_is_its_teacher_has_no_gradient_from_it(open_tiny):
    network = open_tiny().network.requires_grad_(True)
    batch = TrainingBatch.of(sequences(2), range(2), pad=0, device=CPU)
    loss = distillation(open_tiny().network, share=1.0)(network, batch)
    assert float(loss.value.detach()) == pytest.approx(0, abs=1e-4)
    scale = max(
        float(g.abs().max())
        for g in torch.autograd.grad(completion(network, batch).value, network.parameters())
    )
    grads = torch.autograd.grad(loss.value, network.parameters())
    assert max(float(grad.abs().max()) for grad in grads) < 1e-4 * scale


def test_without_a_teachers_share_it_is_the_completion(open_tiny):
    network = open_tiny().network
    batch = TrainingBatch.of(sequences(2), range(2), pad=0, device=CPU)
    loss = distillation(moved(open_tiny().network, 1), share=0.0)(network, batch)
    assert float(loss.value) == pytest.approx(float(completion(network, batch).value), rel=1e-6)


@trees
def test_output_layers_of_other_sizes_are_compared_where_both_have_tokens(open_tiny, tree):
    # Padding after the tokenizer's own tokens: what the teacher gives to it is left out, and the
    # rest makes up one.
    student, teacher = open_tiny().network, moved(open_tiny().network, 1)
    wider = moved(open_tiny().network, 1)
    wider.resize_token_embeddings(512, mean_resizing=False)
    batch = TrainingBatch.of(sequences(2), range(2), pad=0, device=CPU, tree=tree)
    first, second = (distillation(each, share=1.0)(student, batch) for each in (teacher, wider))
    assert float(second.value) == pytest.approx(float(first.value), rel=1e-5)
    back = distillation(student, share=1.0)(wider, batch)
    assert torch.isfinite(back.value) and float(back.value) > 0


def test_logits_are_scaled_and_capped_as_the_model_does_it():
    from transformers import AutoModelForCausalLM, CohereConfig, Gemma2Config, GraniteConfig

    small = {"vocab_size": 64, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    small |= {"intermediate_size": 32, "num_key_value_heads": 1, "pad_token_id": 0}
    configs = [
        GraniteConfig(**small, logits_scaling=4.0),
        CohereConfig(**small, logit_scale=0.5),
        Gemma2Config(**small, head_dim=8, final_logit_softcapping=0.3),
    ]
    ids = torch.tensor([[5, 6, 7, 8]])
    for config in configs:
        torch.manual_seed(0)
        network = AutoModelForCausalLM.from_config(config).eval()
        with torch.no_grad():
            ours = logits(network, network.base_model(ids).last_hidden_state[0])
            some = logits(
                network, network.base_model(ids).last_hidden_state[0], torch.tensor([9, 3])
            )
            theirs = network(ids).logits[0]
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)
        torch.testing.assert_close(some, theirs[:, [9, 3]], atol=1e-6, rtol=0)
