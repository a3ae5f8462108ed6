import numpy as np
import pytest
import torch

from assay.models.inference import padded_scoring
from assay.models.inference.option_scores import Trie
from assay.models.inference.padded_scoring import groups, right_padded, scores

PROMPTS = ([5, 6, 7], [5, 6, 7, 8, 9, 10, 11], [12])
ANSWERS = ([20, 21, 2], [20, 22, 2], [20, 2], [23, 2], [20, 2])


@pytest.fixture(scope="module")
def model(open_tiny):
    return open_tiny()


def alone(model, ids, answer):
    with torch.no_grad():
        logs = model.network(torch.tensor([[*ids, *answer]])).logits[0].double().log_softmax(-1)
    return sum(float(logs[len(ids) - 1 + at, token]) for at, token in enumerate(answer))


def test_scores_are_those_of_each_prompt_and_answer_by_itself(model):
    with torch.no_grad():
        found = scores(model, PROMPTS, Trie.of(ANSWERS))
    wanted = [[alone(model, ids, answer) for answer in ANSWERS] for ids in PROMPTS]
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_every_prompt_is_in_one_group_that_fits(model, monkeypatch):
    trie = Trie.of(ANSWERS)
    assert groups(model, PROMPTS, trie) == [[2, 0, 1]]  # by length
    # Four different answers of up to three tokens after up to seven: 40 tokens a prompt.
    monkeypatch.setattr(padded_scoring, "TOKENS", 80)
    assert groups(model, PROMPTS, trie) == [[2, 0], [1]]
    monkeypatch.setattr(padded_scoring, "TOKENS", 1)
    assert groups(model, PROMPTS, trie) == [[2], [0], [1]]


def test_padding_on_the_right_changes_no_token_before_it(model):
    with torch.no_grad():
        found = right_padded(model, PROMPTS)
        for row, ids in zip(found, PROMPTS, strict=True):
            own = model.body(torch.tensor([ids])).last_hidden_state[0]
            torch.testing.assert_close(row[: len(ids)], own, atol=1e-5, rtol=1e-5)
