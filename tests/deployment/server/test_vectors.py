"""Vectors are made a few texts at a time, in the order in which they were asked for."""

import numpy as np
import pytest

from assay.deployment.server.engine import base_arm
from assay.deployment.server.vectors import VectorQueue
from helpers.engines import fit_arm, running
from helpers.letters import Letters, letters

pytestmark = pytest.mark.usefixtures("one_thread")


def test_vectors_are_those_of_the_arms_encoder(lesson):
    settings = {"kind": "rag", "top": 2, "find": "dense", "inner": {"kind": "shots", "k": 0}}
    arm = fit_arm("answer", settings, lesson)
    texts = [f"the colour of number {i}" for i in range(70)] + ["grass"]
    with running([arm, base_arm(arm.model)]) as engine:
        assert [one.embeds for one in engine.list_models()] == [True, False]
        vectors, tokens = engine.embed("arm", texts)
        np.testing.assert_allclose(vectors, arm.encoding.vectors(texts), atol=1e-6)
        assert vectors.dtype == np.float32 and tokens > len(texts)
        assert engine.embed("arm", [])[0].shape == (0, vectors.shape[1])


def test_vectors_come_in_the_order_of_the_texts_however_many_there_are():
    queue, texts = VectorQueue(), [f"text {number}" for number in range(70)]
    first, second = queue.ask(Letters(), texts), queue.ask(Letters(), ["b"])
    while queue.busy:
        assert not second.done() or first.done()
        queue.step()
    np.testing.assert_array_equal(first.result()[0], letters(texts))
    np.testing.assert_array_equal(second.result()[0], letters(["b"]))


def test_who_waits_for_vectors_when_the_engine_ends_is_told_so():
    queue = VectorQueue()
    waits = [queue.ask(Letters(), ["a"]) for _ in range(2)]
    queue.give_up(RuntimeError("stopping"))
    assert not queue.busy
    for one in waits:
        with pytest.raises(RuntimeError, match="stopping"):
            one.result(timeout=0)
