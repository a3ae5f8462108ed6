"""Every decoder that transformers knows is computed as transformers computes it, row by row in
plain attention, or is refused by a code: none is silently wrong."""

import numpy as np
import pytest
import torch

from assay.core.errors import ModelError
from assay.models.inference import tree_attention
from assay.models.inference.chat_model import ChatModel
from assay.models.inference.log_likelihood import score_continuations
from assay.models.open import load_network
from helpers.architectures import OTHERS, POPULAR, WINDOW, WORDS, build, plain, variants
from helpers.nights import nightly_but

ANSWERS = ([5, 6, 7, 2], [5, 6, 9, 2], [5, 8, 2], [11, 12, 13, 14, 2], [11, 2])
LIMIT = 6  # tokens that are written


class Ids:
    """In the place of a chat: prompts and answers are token ids."""

    max_length = 128

    class tokenizer:
        pad_token_id, eos_token_id = 0, 2

    def prompt_with_start(self, ids, room):
        return list(ids), len(ids) - 2, 0

    def answer(self, ids):
        return list(ids)


def prompts() -> list[list[int]]:
    """Some share their beginning; the longest are three windows long with their answers."""
    draw = torch.Generator().manual_seed(3)
    trunk, *own = (
        torch.randint(3, WORDS, (n,), generator=draw).tolist()
        for n in (9, 3, 2 * WINDOW, 9, 2 * WINDOW)
    )
    return [*(trunk + ids for ids in own), own[0]]


def told(network, ids: list[int], answer: list[int]) -> float:
    logs = (
        network(input_ids=torch.tensor([ids + answer]), use_cache=False)
        .logits[0]
        .double()
        .log_softmax(-1)
    )
    return sum(float(logs[len(ids) - 1 + place, token]) for place, token in enumerate(answer))


def written(network, ids: list[int]) -> list[int]:
    out: list[int] = []
    while len(out) < LIMIT and (not out or out[-1] != 2):
        logits = network(input_ids=torch.tensor([ids + out]), use_cache=False).logits[0, -1]
        out.append(int(logits.argmax()))
    return out


@pytest.fixture(autouse=True)
def nothing_noted(tmp_path, monkeypatch):
    """What an earlier run has found out about a network is not known here."""
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))


class Greedy:
    limit = LIMIT

    def write(self, lines, logits):
        for line, row in zip(lines, logits, strict=True):
            line.tokens.append(int(row.argmax()))
            line.over = line.tokens[-1] == 2 or len(line.tokens) == LIMIT


class Line:
    def __init__(self, number, ids):
        self.number, self.ids, self.tokens, self.over = number, ids, [], False


def same_as_plain(folder, kind: str) -> None:
    """Scores, choices, likelihoods and greedy texts. Raises: ModelError: the model is refused."""
    tree_attention.register()
    network, checks = load_network(folder, torch.float32)
    model = ChatModel(kind, network, Ids(), checks)
    theirs, asked = plain(folder), prompts()
    with torch.inference_mode():
        wanted = np.array([[told(theirs, ids, answer) for answer in ANSWERS] for ids in asked])
        found = model.score(asked, ANSWERS, left=0.0)
        np.testing.assert_allclose(found, wanted, atol=2e-4)
        assert (found.argmax(1) == wanted.argmax(1)).all()
        np.testing.assert_allclose(
            model.score(asked[1:2], ANSWERS, left=0.0), wanted[1:2], atol=2e-4
        )
        read = score_continuations(
            model, [ids + ANSWERS[0] for ids in asked], [len(ids) for ids in asked]
        )
        np.testing.assert_allclose([one.log_probs.sum() for one in read], wanted[:, 0], atol=2e-4)
        lines = [Line(number, ids) for number, ids in enumerate(asked)]
        for _ in model.desk(asked, LIMIT).write(Greedy(), lines):
            pass
        assert [line.tokens for line in lines] == [written(theirs, ids) for ids in asked]


# Of what others have, too, one each: a cap and windows on some layers, windows on all, places that
# are learnt, layers without places, scaled logits, experts.
DAILY = ("gemma2", "mistral", "gpt2", "smollm3", "granite", "mixtral")


@pytest.mark.slow
@pytest.mark.parametrize("kind", nightly_but(DAILY, POPULAR))
def test_popular_models_are_computed_as_transformers_computes_them(tmp_path, kind):
    for name, more in variants(kind):
        same_as_plain(build(tmp_path / f"model {name}", kind, **more), kind)


@pytest.mark.nightly
@pytest.mark.parametrize("kind", OTHERS)
def test_other_models_are_computed_so_or_refused(tmp_path, kind):
    for name, more in variants(kind):
        try:
            same_as_plain(build(tmp_path / f"model {name}", kind, **more), kind)
        except ModelError as error:
            assert [problem.code for problem in error.problems] == ["M160"]
