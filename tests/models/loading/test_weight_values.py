"""Weights that no trained model has are refused; all others pass."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from assay.models.loading import weight_values
from assay.models.loading.safetensors_header import Tensor
from assay.models.loading.weight_values import value_problems, whole_number_problems
from helpers.model_folders import gate_codes, model_folder

EMBEDDING = "model.embed_tokens.weight"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))


def said(tmp_path, weights) -> list[str]:
    save_file(weights, tmp_path / "model.safetensors")
    problems = value_problems(tmp_path, ["model.safetensors"])
    assert {problem.code for problem in problems} <= {"M092"}
    return [problem.text for problem in problems]


def test_values_that_are_no_numbers_are_counted_and_the_first_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(weight_values, "PART", 100)  # several parts a tensor
    values = np.ones(1000, np.float32)
    values[[3, 500]] = np.nan, -np.inf
    weights = {"a": np.ones(3, np.float64), "n": np.array([7]), "z": values}
    assert said(tmp_path, weights) == ["holds 2 values that are NaN or infinite, the first in z"]
    # The largest finite number of a type is one: 0x7bff, 65504, of fp16; all ones above is none.
    half = {"h": np.array([0x7BFF, 0x7C00], np.uint16).view(np.float16)}
    assert said(tmp_path, half) == ["holds 1 values that are NaN or infinite, the first in h"]


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize(("value", "refused"), [(1e15, 0), (-3e38, 1)])
def test_a_weight_that_overflows_the_first_product(tmp_path, kind, value, refused):
    weight = np.full((2, 3), 0.5, kind)
    weight[1, 2] = value
    found = said(tmp_path, {"layer.weight": weight, "mask": np.full((2, 2), -3e38, np.float32)})
    assert len(found) == refused and all("layer.weight holds a value over" in one for one in found)


def test_zeros_are_refused_where_no_trained_model_has_them(tmp_path):
    zeros, ones = np.zeros((4, 4), np.float32), np.ones((4, 4), np.float32)
    norm = {"norm.weight": np.ones(4, np.float32)}
    # A layer that adds nothing is one: some models are grown by such.
    assert said(tmp_path, {EMBEDDING: ones, "o_proj.weight": zeros, **norm}) == []
    (text,) = said(tmp_path, {EMBEDDING: zeros, "o_proj.weight": ones, **norm})
    assert EMBEDDING in text
    (text,) = said(tmp_path, {EMBEDDING: ones, "layers.0.self_attn.v_proj.weight": zeros})
    assert "v_proj" in text
    (text,) = said(tmp_path, {EMBEDDING: zeros, "o_proj.weight": zeros, **norm})
    assert "all 2 matrices" in text


def test_whole_numbers_are_no_weights():
    def of(dtype):
        return Tensor(dtype, (4, 4), 0, 16)

    masks = {"h.0.attn.bias": of("U8"), "embeddings.position_ids": of("I64")}
    floats = {"a.weight": of("BF16"), "b.weight": of("F16"), "c.weight": of("F32")}
    assert whole_number_problems({**masks, **floats}, "here") == []
    (found,) = whole_number_problems({"a.weight": of("I8"), "b.gate_proj": of("U8")}, "here")
    assert found.code == "M092" and "a.weight and 1 others" in found.text


@pytest.mark.parametrize(
    "weights",
    [
        {EMBEDDING: np.zeros((8, 4), np.float32)},
        {EMBEDDING: np.full((8, 4), 3e38, np.float32)},
        {EMBEDDING: np.ones((8, 4), np.int32)},
    ],
)
def test_the_gate_refuses_such_folders(tmp_path, weights):
    assert gate_codes(model_folder(tmp_path, weights=weights), scan=True) == ["M092"]
