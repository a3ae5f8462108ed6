import math

import numpy as np
import pytest
import torch

from assay.audits.forgetting.items import ProbeItem
from assay.audits.forgetting.measure import ask
from assay.core.types import Message

ITEMS = [
    ProbeItem("c", "choice", "What colour is the sky?", ("blue", "green", "black and white"), 0),
    ProbeItem("c", "choice", "What colour is the grass?", ("red", "green"), 1),
    ProbeItem("w", "last_word", "Which colour has the apple? It is red"),
    ProbeItem("t", "text", "The sky has what colour?"),
    ProbeItem("i", "constraint", "Tell me.", checks=({"check": "at_least_words", "value": 1},)),
]


def alone(model, ids, start):
    """Log-probabilities of ids[start:] from a pass of their own."""
    with torch.no_grad():
        logs = model.network(torch.tensor([ids])).logits[0].double().log_softmax(-1)
    return [float(logs[at - 1, ids[at]]) for at in range(start, len(ids))], logs


@pytest.mark.slow
def test_each_kind_is_asked_as_a_pass_of_its_own_says(open_tiny):
    model = open_tiny()
    found = ask(model, ITEMS)
    for one, item in zip(found[:2], ITEMS[:2], strict=True):
        prompt, _ = model.chat.prompt((Message("user", item.text),))
        sums = [
            sum(alone(model, [*prompt, *model.chat.text_ids(o)], len(prompt))[0])
            for o in item.options
        ]
        best = int(np.argmax(sums))
        assert one.answer == item.options[best] and one.right == int(best == item.answer)
        assert one.bits == pytest.approx(-sums[item.answer] / math.log(2), abs=1e-3)
    begin = model.chat.tokenizer.eos_token_id
    word = [begin, *model.chat.text_ids(ITEMS[2].text)]
    start = 1 + len(model.chat.text_ids(ITEMS[2].text.rsplit(None, 1)[0]))
    values, logs = alone(model, word, start)
    assert (
        found[2].bits == pytest.approx(-sum(values) / math.log(2), abs=1e-3) and found[2].bytes == 3
    )
    assert found[2].rank == int((logs[start - 1] > logs[start - 1, word[start]]).sum())
    assert found[2].right == int(
        all(int(logs[at - 1].argmax()) == word[at] for at in range(start, len(word)))
    )
    text = [begin, *model.chat.text_ids(ITEMS[3].text)]
    assert found[3].bits == pytest.approx(-sum(alone(model, text, 1)[0]) / math.log(2), abs=1e-3)
    assert found[3].right is None and found[3].bytes == len(ITEMS[3].text)
    [said] = model.generate([(Message("user", "Tell me."),)], max_tokens=100)
    assert found[4].answer == said.text
