"""Rows on either side of a model's position limit are computed as transformers computes each by
itself."""

import math

import numpy as np
import pytest
import torch
import transformers as hf

from assay.core.errors import ModelError
from assay.models.inference.position_limit import (
    furthest,
    limit_of,
    rows_of,
    sides,
    sides_with_answers,
    steps_of,
    watch,
)
from assay.models.tokenizer.chat_tokens import Encoded
from assay.training.batch import TrainingBatch
from assay.training.batch_schedule import BatchPlan
from helpers.architectures import BEYOND, build, config, plain, scaled
from helpers.rows_alone import same_as_plain


@pytest.fixture(autouse=True)
def nothing_noted(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))


def made(kind: str, rope: str = ""):
    torch.manual_seed(0)
    own = config(kind, **(scaled(kind, rope) if rope else {}))
    network = hf.AutoModelForCausalLM.from_config(own, attn_implementation="eager").eval()
    watch(network)
    return network


def states(network, ids):
    with torch.no_grad():
        return network.base_model(input_ids=torch.tensor([ids]), use_cache=False).last_hidden_state


@pytest.mark.parametrize(
    ("kind", "rope", "limit", "far"),
    [
        ("phi3", "longrope", BEYOND, math.inf),
        ("llama", "dynamic", BEYOND, 0),
        ("llama", "yarn", math.inf, 0),
        ("gemma3_text", "", math.inf, 0),
    ],
)
def test_the_limit_is_where_transformers_changes_the_frequencies(kind, rope, limit, far):
    network = made(kind, rope)
    assert limit_of(network) == limit and furthest(network) == far


def test_a_prefix_of_a_long_row_has_the_states_that_it_has_in_the_row():
    network = made("phi3", "longrope")
    long = list(range(5, 5 + BEYOND + 8))
    with rows_of(math.inf):
        whole, part = states(network, long), states(network, long[:10])
    torch.testing.assert_close(part, whole[:, :10])
    assert not torch.allclose(states(network, long[:10]), part, atol=1e-3)


@pytest.mark.parametrize(("kind", "rope"), [("phi3", "longrope"), ("llama", "dynamic")])
def test_a_pass_across_the_limit_that_nobody_announced_is_refused(kind, rope):
    network = made(kind, rope)
    states(network, [5] * BEYOND)
    with pytest.raises(ModelError, match=f"beyond {BEYOND}") as caught:
        states(network, [5] * (BEYOND + 1))
    assert caught.value.problems[0].code == "M160"


def test_dynamic_frequencies_beyond_the_limit_are_refused_for_all_rows():
    with pytest.raises(ModelError, match="M160"), rows_of(math.inf):
        states(made("llama", "dynamic"), [5] * (BEYOND + 1))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["phi3", "phimoe"])
def test_batches_prefixes_and_answers_that_cross_the_limit_are_those_of_rows_alone(tmp_path, kind):
    same_as_plain(build(tmp_path / "model", kind, **scaled(kind, "longrope")), kind)


def test_rows_are_dealt_to_the_sides_of_the_limit():
    assert sides(20, [20, 21, 5]) == [([0, 2], 0), ([1], math.inf)]
    assert sides(math.inf, [3, 4]) == [([0, 1], 0)]
    within, further, across = sides_with_answers(20, [20, 21, 15, 16], 5)
    assert within == ([2], 0) and further == ([1], math.inf) and across[0] == [0, 3]


def test_steps_are_computed_as_rows_of_their_length():
    network = made("phi3", "longrope")

    def steps():
        yield states(network, [5] * (BEYOND + 1))

    found = list(steps_of(steps(), math.inf))
    assert len(found) == 1
    with pytest.raises(ModelError):
        states(network, [5] * (BEYOND + 1))  # afterwards nothing is announced any more


def test_training_rows_on_both_sides_are_computed_as_rows_alone(tmp_path):
    folder = build(tmp_path / "model", "phi3", **scaled("phi3", "longrope"))
    network = plain(folder)
    watch(network)
    draw = torch.Generator().manual_seed(1)
    lengths = (12, BEYOND + 9, 15, BEYOND + 3)
    ids = [torch.randint(3, 500, (n,), generator=draw).tolist() for n in lengths]
    rows = [Encoded(row, ((len(row) - 4, len(row)),)) for row in ids]
    plan = BatchPlan(lengths, 4, 0, 4096, beyond=frozenset({1, 3}))
    parts = plan.step(0, 0)
    assert sorted(map(sorted, parts)) == [[0, 2], [1, 3]]
    found = {}
    for part in parts:
        batch = TrainingBatch.of([rows[i] for i in part], part, pad=0, device=torch.device("cpu"))
        with torch.no_grad():
            logs = batch.log_probs(network)
        for i, own in zip(part, logs.view(len(part), -1), strict=True):
            found[i] = float(own.sum())
    fresh = plain(folder)
    wanted = []
    for row in ids:
        logs = fresh(input_ids=torch.tensor([row])).logits[0].log_softmax(-1)
        wanted.append(sum(float(logs[at - 1, row[at]]) for at in range(len(row) - 4, len(row))))
    np.testing.assert_allclose([found[i] for i in range(4)], wanted, atol=2e-4)
    both = TrainingBatch.of(rows[:2], [0, 1], pad=0, device=torch.device("cpu"))
    with pytest.raises(ModelError, match="M160"):
        both.log_probs(network)
