"""The engine by one word."""

from assay.core.errors import ModelError
from assay.deployment.server.arms import base_arm
from assay.deployment.server.engine_choice import engine_of
from helpers.problems import problem


def test_an_engine_by_one_word(open_tiny):
    arms = [base_arm(open_tiny())]
    engine = engine_of("own", arms, slots=2)
    assert engine.load().slots == 2
    engine.close(0)
    for word in ("llama.cpp", "vllm"):
        with problem(ModelError, "M121"):
            engine_of(word, arms)
