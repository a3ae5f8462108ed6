"""Options by how likely a model finds them: likelihoods are the network's own, weights those of
training rows."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from assay.core.errors import TrainError
from assay.core.types import Document, Example, Message, Task
from assay.models.inference.log_likelihood import continuation_log_probs
from assay.strategies.baselines.tfidf import Tfidf
from assay.strategies.prompting.likelihood import WAYS, Likelihood, before, read
from assay.tasks.options import question_with_options

EVERY = (*WAYS, "pmi")

pytestmark = pytest.mark.usefixtures("one_thread")


def said(model, text, continuation):
    """The sum over the continuation's tokens, each by a pass of its own over what stands before
    it."""
    tokenizer, network = model.chat.tokenizer, model.network
    ids = [
        tokenizer.eos_token_id,
        *tokenizer(text + continuation, add_special_tokens=False)["input_ids"],
    ]
    start = 1 + len(tokenizer(text, add_special_tokens=False)["input_ids"])
    total = 0.0
    for at in range(start, len(ids)):
        with torch.inference_mode():
            logits = network(torch.tensor([ids[:at]])).logits[0, -1].double()
        total += float(torch.log_softmax(logits, -1)[ids[at]])
    return total, len(ids) - start


def test_likelihoods_are_those_of_the_network_token_by_token(lesson, open_tiny):
    model, rows = open_tiny(), lesson("choose").train[:3]
    for row, found in zip(rows, read(model, rows, EVERY), strict=True):
        asked = row.text.split("\n")[0]
        assert before(row) == f"Question: {asked}\nAnswer:"
        for option, values in zip(row.options, found.values, strict=True):
            total, tokens = said(model, before(row), f" {option}")
            alone, _ = said(model, "Answer:", f" {option}")
            wanted = [total, total / tokens, total / len(option), total - alone]
            assert values == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("way", EVERY)
def test_one_way_takes_the_option_that_it_finds_likeliest(lesson, way):
    given = lesson("choose")
    arm = Likelihood(by=way).fit(given)
    values = [one.values[:, 0] for one in read(arm.reader, given.val, (way,))]
    answers = arm.answer([row.question for row in given.val])
    assert [answer.text for answer in answers] == ["ABCD"[int(np.argmax(own))] for own in values]


def test_weights_make_the_right_options_of_training_rows_likelier(lesson):
    """On rows whose right option is always the one that the plain sum finds least likely, its
    weight turns round."""
    given = lesson("choose")
    sums = [one.values[:, 0] for one in read(given.open_base(), given.train, ("sum",))]
    rows = tuple(
        replace(row, target="ABCD"[int(np.argmin(own))])
        for row, own in zip(given.train, sums, strict=True)
    )
    # so many that the start counts for little
    arm = Likelihood(rows=2000).fit(replace(given, train=rows * 100))
    right = [answer.text == row.target for row, answer in zip(rows, arm.answer(rows), strict=True)]
    plain = Likelihood(by="sum").fit(replace(given, train=rows)).answer(rows)
    assert np.mean(right) > 0.6
    assert not any(answer.text == row.target for row, answer in zip(rows, plain, strict=True))


def test_passages_stand_before_the_question_and_too_long_ones_lose_their_beginning(open_tiny):
    model, told = open_tiny(), []
    row = Example(
        "a",
        (Message("user", question_with_options("Which?", ("red", "blue"))),),
        "A",
        options=("red", "blue"),
    )
    with_text = replace(row, context=(Document("d", "The apple is red."),))
    assert before(with_text) == "The apple is red.\n\nQuestion: Which?\nAnswer:"
    long = replace(row, context=(Document("d", "The apple is red. " * 200),))
    (found,) = read(model, [long], ("sum",), told.append)
    assert found.tokens <= 2 * model.chat.max_length and np.isfinite(found.values).all()
    assert [event["code"] for event in told if event["event"] == "warning"] == ["D048"]
    (whole,) = continuation_log_probs(model, [("Question: Which?\nAnswer:", " red")])
    assert whole.tokens < 40


def test_other_kinds_and_models_without_likelihoods_are_refused(lesson):
    assert [problem.code for problem in Likelihood().unfit(Task(kind="classify"))] == ["T057"]
    given = lesson(
        "choose", open_model=lambda name="", precision="auto": type("Remote", (), {"name": "far"})()
    )
    with pytest.raises(TrainError) as caught:
        Likelihood().fit(given)
    assert [problem.code for problem in caught.value.problems] == ["T084"]


def test_a_question_without_options_has_no_answer(lesson):
    question = Example("q", (Message("user", "Which?"),))
    assert [
        arm.fit(lesson("choose")).answer([question])[0].text for arm in (Likelihood(), Tfidf())
    ] == [None, None]
