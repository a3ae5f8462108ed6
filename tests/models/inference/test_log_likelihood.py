"""Likelihoods of what follows are those of a pass over each text by itself."""

from types import SimpleNamespace

import numpy as np
import torch

from assay.core.errors import TrainError
from assay.core.types import Message
from assay.models.inference import log_likelihood
from assay.models.inference.log_likelihood import (
    continuation_log_probs,
    encode_text,
    need_likelihoods,
    score_continuations,
    text_log_probs,
    token_log_probs,
)
from helpers.problems import problem


def alone(model, ids, start):
    """Log-probabilities of ids[start:] from a pass of their own."""
    with torch.no_grad():
        logs = model.network(torch.tensor([ids])).logits[0].double().log_softmax(-1)
    return [float(logs[at - 1, ids[at]]) for at in range(start, len(ids))], logs


def test_trees_and_single_rows_say_the_same(open_tiny):
    model, trees = open_tiny(), []
    assert model.takes_trees  # tried before passes are counted
    prompt, _ = model.chat.prompt(
        (Message("user", "Which colour has the sky, and help with money now?"),)
    )
    rows = [
        [*prompt, *model.chat.text_ids(word)]
        for word in ("red", "blue", "green", "black money", "re")
    ]
    model.body.register_forward_pre_hook(
        lambda module, args, given: trees.append("tree" in given), with_kwargs=True
    )
    found = score_continuations(model, rows, [len(prompt)] * len(rows))
    assert trees == [True]  # they share nearly all of their tokens
    for row, one in zip(rows, found, strict=True):
        np.testing.assert_allclose(one.log_probs, alone(model, row, len(prompt))[0], atol=1e-4)


def test_trained_keys_and_values_stand_before_the_rows(lesson):
    from assay.strategies.training.prefix import Prefix

    work = lesson("classify")
    model = Prefix(epochs=1, learning_rate=0.3).fit(work).model
    prompt, _ = model.chat.prompt((Message("user", "my card is stolen"),))
    options = ("refund", "card lost")
    rows = [[*prompt, *model.chat.answer(option)] for option in options]
    sums = [one.log_probs.sum() for one in score_continuations(model, rows, [len(prompt)] * 2)]
    # The label scoring of the product, trained prefix and end of turn included.
    np.testing.assert_allclose(
        sums,
        model.score([(Message("user", "my card is stolen"),)], options, left=0.0)[0],
        atol=1e-3,
    )
    bare = model.soft
    model.soft = None
    model.forget()
    assert (
        abs(score_continuations(model, rows, [len(prompt)] * 2)[0].log_probs.sum() - sums[0]) > 1e-3
    )
    model.soft = bare


def test_a_text_is_scored_behind_the_token_that_texts_begin_with(open_tiny):
    model = open_tiny()
    ids = encode_text(model, "my card is lost")
    assert ids[0] == model.chat.tokenizer.eos_token_id  # this one has no token for beginnings
    found, empty = token_log_probs(model, ["my card is lost", ""])
    np.testing.assert_allclose(found, alone(model, ids, 1)[0], atol=1e-4)
    assert len(empty) == 0


def test_windows_of_a_long_text_begin_with_the_token_before(open_tiny, monkeypatch):
    model = open_tiny()
    ids = [model.chat.tokenizer.eos_token_id, *model.chat.text_ids("my card about the money now")]
    monkeypatch.setattr(log_likelihood, "WINDOW", 4)
    (found,) = text_log_probs(model, ["my card about the money now"])
    # Each window reads three new tokens behind the last one of the window before.
    windows = [ids[at : at + 4] for at in range(0, len(ids) - 1, 3)]
    assert len(windows) > 1 and len(found) == len(ids) - 1
    wanted = [value for window in windows for value in alone(model, window, 1)[0]]
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_best_and_rank_are_those_of_the_logits(open_tiny):
    model = open_tiny()
    row = encode_text(model, "the taxi then")
    (found,) = score_continuations(model, [row], [2])
    logs = alone(model, row, 1)[1]
    for at, (best, rank) in enumerate(zip(found.best, found.rank, strict=True), start=2):
        order = logs[at - 1].argsort(descending=True).tolist()
        assert best == order[0] and rank == order.index(row[at])


def test_what_stands_between_text_and_continuation_belongs_to_the_continuation(open_tiny):
    model, told = open_tiny(), []
    text, after = "The sky is", " blue"
    (found,) = continuation_log_probs(model, [(text, after)])
    whole, first = encode_text(model, text + after), encode_text(model, text)
    assert whole[: len(first)] == first and found.tokens == len(whole)
    np.testing.assert_allclose(found.log_probs, alone(model, whole, len(first))[0], atol=1e-4)
    # Of what is too long the beginning goes, and it is said of how many.
    (cut,) = continuation_log_probs(model, [("money " * 600, "now")], told.append)
    assert cut.tokens == model.chat.max_length
    assert [(event["code"], event["count"]) for event in told if event["event"] == "warning"] == [
        ("D048", 1)
    ]


def test_a_model_that_gives_no_likelihoods_is_refused():
    with problem(TrainError, "T084", None, "far"):
        need_likelihoods(SimpleNamespace(name="far"))
