"""Which engine serves an arm, and what it needs."""

from assay.core.errors import UsageError
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
