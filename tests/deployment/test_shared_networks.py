"""Which engine serves an arm, and what it needs."""

from typing import get_args

from assay.core.errors import UsageError
from assay.deployment import shared_networks
from assay.deployment.server import engine_choice
from assay.deployment.shared_networks import engine_named
from helpers.problems import problem


def test_engines_and_their_weights(tmp_path):
    assert engine_named("own", {}) == "own" and engine_named("vllm", {"lora": tmp_path}) == "vllm"
    wrong = {"a": tmp_path / "x"}
    for kind, weights in (
        ("onw", {}),
        ("llama.cpp", {}),
        ("vllm", wrong),
        ("own", {"a": tmp_path}),
    ):
        with problem(UsageError, "C153"):
            engine_named(kind, weights)


def test_the_names_are_those_of_the_engines_that_there_are():
    assert shared_networks.ENGINES == engine_choice.ENGINES == get_args(engine_choice.EngineName)
