"""Beginnings are found again, and keep within their bytes."""

import numpy as np
import torch

from assay.deployment.server.prefix_cache import PrefixCache


def test_the_beginning_that_was_read_longest_ago_makes_room():
    ids = {name: np.arange(40) + 100 * at for at, name in enumerate("abc")}
    layers = [(torch.zeros(1, 1, 40, 2), torch.zeros(1, 1, 40, 2))]
    shelf = PrefixCache(2 * 2 * 40 * 2 * 4)  # two of them
    for name in "ab":
        shelf.put("", ids[name], layers, 0)
    assert shelf.find("", np.append(ids["a"], 0))  # read again
    shelf.put("", ids["c"], layers, 0)
    found = {name for name, own in ids.items() if shelf.find("", np.append(own, 0))}
    assert found == {"a", "c"} and len(shelf) == 2


def test_what_was_asked_for_longest_ago_goes_first():
    def layers(tokens):
        return [(torch.zeros(1, 1, tokens, 4), torch.zeros(1, 1, tokens, 4))]

    shelf = PrefixCache(budget=3 * 2 * 32 * 4 * 4, least=16)
    texts = [np.arange(32) + 100 * i for i in range(4)]
    for text in texts[:3]:
        assert shelf.put("", text, layers(32), 0)
    assert shelf.find("", np.append(texts[0], 7)).tokens == 32
    assert shelf.put("", texts[3], layers(32), 0)
    found = [shelf.find("", np.append(text, 7)) for text in texts]
    assert [lent.tokens if lent else 0 for lent in found] == [32, 0, 32, 32]
    assert shelf.bytes == shelf.budget
    assert shelf.find("other", np.append(texts[0], 7)) is None, "an adapter's keys are its own"
    assert shelf.find("", np.append(texts[0][:25], 7)).tokens == 16, "parts end at multiples of 16"
    assert shelf.put("", np.arange(4000), layers(4000), 0) is None
