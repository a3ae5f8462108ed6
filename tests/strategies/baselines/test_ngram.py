"""Language modelling: counts of bytes, and a model that reads texts through; against closed
forms."""

import math
import random
from dataclasses import replace

import pytest

from assay.core.errors import UsageError
from assay.core.types import Example, Lesson, Message, Record, Task
from assay.evaluation.scoring import judge
from assay.strategies.baselines.copy import Copy
from assay.strategies.baselines.majority import Majority
from assay.strategies.baselines.ngram import Ngram
from assay.strategies.catalogue import refuse_unfit
from assay.strategies.prompting.few_shot import Shots
from assay.strategies.training.lora import Lora

TASK = Task(kind="continue")


def texts(*some):
    return tuple(Example(f"{i}", (Message("user", text),), text) for i, text in enumerate(some))


def bits(arm, rows):
    answers = arm.answer([row.question for row in rows])
    return judge(
        [Record(r.question, r.target or "", (), a) for r, a in zip(rows, answers, strict=True)],
        TASK,
    ).values


def test_the_probability_of_a_byte_by_hand():
    arm = Ngram(order=2).fit(Lesson(TASK, texts("aab")))
    # Alone: a twice, b once, two kinds: (2 + 2/256) / 5. After an a: a once, b once, two kinds.
    alone = (2 + 2 / 256) / 5
    assert arm.chance(b"", ord("a")) == pytest.approx(alone)
    assert arm.chance(b"a", ord("a")) == pytest.approx((1 + 2 * alone) / 4)
    assert arm.chance(b"z", ord("a")) == pytest.approx(alone)  # nothing ever followed a z
    for before in (b"", b"a", b"b", b"xa"):
        assert sum(arm.chance(before, byte) for byte in range(256)) == pytest.approx(1)


def test_random_bytes_of_four_kinds_cost_two_bits(tmp_path):
    draw = random.Random(1)
    rows = texts(*("".join(draw.choice("abcd") for _ in range(4000)) for _ in range(2)))
    lesson = Lesson(TASK, rows[:1])
    values = bits(Ngram(order=1).fit(lesson), rows[1:])
    assert values["bits_per_byte"] == pytest.approx(2.0, abs=0.02)
    assert values["perplexity"] == pytest.approx(4.0, abs=0.06)
    arm = Ngram(order=3).fit(lesson)
    arm.save(tmp_path)
    assert bits(Ngram(order=3).restore(tmp_path, lesson), rows[1:]) == bits(arm, rows[1:])


def test_a_base_reads_plain_text_token_by_token(lesson, open_tiny):
    """The sum over prefixes of one text at a time is the likelihood of the whole."""
    import torch

    rows = texts("the apple is red", "coal is black and snow is white")
    arm = Shots(k=0).fit(replace(lesson("answer"), task=TASK, train=rows))
    model = open_tiny()
    for answer, row in zip(arm.answer([one.question for one in rows]), rows, strict=True):
        ids = [
            model.chat.tokenizer.bos_token_id or model.chat.tokenizer.eos_token_id,
            *model.chat.text_ids(row.text),
        ]
        with torch.inference_mode():
            logs = torch.log_softmax(model.network(torch.tensor([ids])).logits[0].double(), -1)
        expected = -sum(float(logs[i, token]) for i, token in enumerate(ids[1:]))
        assert answer.nats == pytest.approx(expected, abs=1e-2)
        assert answer.read == len(ids) - 1


def test_a_text_beyond_the_window_is_read_to_its_end(open_tiny):
    from assay.models.inference.log_likelihood import text_log_probs

    model, text = open_tiny(), "the sky is blue and the snow is white " * 120
    (found,) = text_log_probs(model, [text])
    assert len(found) == len(model.chat.text_ids(text)) > model.chat.max_length
    assert text_log_probs(model, [""])[0].shape == (0,)


@pytest.mark.slow
def test_training_lowers_the_bits_of_the_texts_learnt(lesson, tmp_path):
    from assay.runtime.arms.task_score import val_score

    rows = texts("the apple is red", "the sky is blue", "coal is black", "snow is white")
    given = replace(
        lesson("answer"),
        task=TASK,
        train=rows,
        val=rows,
        score=lambda arm, some: val_score(arm, some, TASK),
    )
    settings = Lora(rank=8, epochs=25, batch_size=4, learning_rate=5e-3, warmup=0.0)
    arm = settings.fit(given)
    before, after = (bits(one, rows)["bits_per_byte"] for one in (Shots(k=0).fit(given), arm))
    assert after < before / 2
    arm.save(tmp_path)
    again = settings.restore(tmp_path, replace(given, train=(), val=()))
    assert bits(again, rows)["bits_per_byte"] == pytest.approx(after, abs=1e-4)


def test_arms_of_another_kind_of_task_are_refused():
    for arms, task in (
        ({"majority": Majority()}, TASK),
        ({"shots": Shots(k=2)}, TASK),
        ({"ngram": Ngram()}, Task(kind="answer")),
        ({"copy": Copy()}, Task(kind="classify")),
    ):
        with pytest.raises(UsageError, match="C095") as caught:
            refuse_unfit(arms, task)
        assert caught.value.problems[0].place == next(iter(arms))
    refuse_unfit({"ngram": Ngram(), "shots": Shots(k=0), "lora": Lora()}, TASK)
    refuse_unfit({"copy": Copy()}, Task(kind="rewrite"))


@pytest.mark.real
def test_shakespeare_costs_what_is_known_of_its_letters(shared_data):
    """Bytes alone cost the entropy of the letters; five together far less."""
    from collections import Counter

    path = next(
        p
        for p in shared_data("tinyshakespeare", whole=True).iterdir()
        if p.suffix == ".txt" and "SOURCE" not in p.name
    )
    whole = path.read_text()[:120_000]
    rows = texts(whole[:100_000], whole[100_000:])
    counts = Counter(whole[:100_000])
    entropy = -sum(n / 100_000 * math.log2(n / 100_000) for n in counts.values())
    lesson = Lesson(TASK, rows[:1])
    assert bits(Ngram(order=1).fit(lesson), rows[1:])["bits_per_byte"] == pytest.approx(
        entropy, abs=0.1
    )
    assert bits(Ngram().fit(lesson), rows[1:])["bits_per_byte"] < 2.7
