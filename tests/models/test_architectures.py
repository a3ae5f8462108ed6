"""Every decoder that transformers knows is computed as transformers computes it, row by row in
plain attention, or is refused by a code: none is silently wrong."""

import pytest
import torch

from assay.core.errors import ModelError
from helpers.architectures import OTHERS, POPULAR, SCALED, build, scaled, variants
from helpers.nights import nightly_but
from helpers.rows_alone import prompts, same_as_plain

# Of what others have, too, one each: a cap and windows on some layers, windows on all, places that
# are learnt, layers without places, scaled logits, experts.
DAILY = ("gemma2", "mistral", "gpt2", "smollm3", "granite", "mixtral")
TYPES = (torch.float32, torch.bfloat16)


@pytest.fixture(autouse=True)
def nothing_noted(tmp_path, monkeypatch):
    """What an earlier run has found out about a network is not known here."""
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))


def same_or_refused(folder, kind: str, dtype: torch.dtype) -> bool:
    """Whether it is refused. Beyond a limit of positions the rows may be, those within it not."""
    asked = prompts()
    for some in (asked, [ids for ids in asked if len(ids) < 13]):
        try:
            same_as_plain(folder, kind, dtype, some)
        except ModelError as error:
            assert [problem.code for problem in error.problems] == ["M160"]
        else:
            return some is not asked
    return True


@pytest.mark.slow
@pytest.mark.parametrize("kind", nightly_but(DAILY, POPULAR))
def test_popular_models_are_computed_as_transformers_computes_them(tmp_path, kind):
    for name, more in variants(kind):
        same_as_plain(build(tmp_path / f"model {name}", kind, **more), kind)


@pytest.mark.nightly
@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("kind", (*POPULAR, *OTHERS))
def test_all_models_are_computed_so_or_refused_in_words(tmp_path, kind, dtype):
    for name, more in variants(kind):
        folder = build(tmp_path / f"model {name}", kind, **more)
        refused = same_or_refused(folder, kind, dtype)
        assert not (refused and kind in POPULAR)


@pytest.mark.nightly
@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize(("kind", "rope"), SCALED)
def test_scaled_positions_are_computed_so_or_refused_in_words(tmp_path, kind, rope, dtype):
    folder = build(tmp_path / "model", kind, **scaled(kind, rope))
    refused = same_or_refused(folder, kind, dtype)
    assert refused == (rope == "dynamic")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "more", "is_refused"),
    [
        ("phi3", scaled("phi3", "longrope"), False),
        ("llama", scaled("llama", "dynamic"), True),
        ("bloom", {}, False),
        ("falcon", {"alibi": True}, True),
        ("lfm2", {}, False),
        ("afmoe", {}, False),
    ],
    ids=["longrope", "dynamic", "alibi", "two ways", "hybrid", "views of attention"],
)
def test_the_hardest_are_computed_in_bf16_so_or_refused(tmp_path, kind, more, is_refused):
    folder = build(tmp_path / "model", kind, **more)
    assert same_or_refused(folder, kind, torch.bfloat16) is is_refused


@pytest.mark.slow
def test_rows_of_a_cache_that_they_cannot_leave_are_written_one_by_one(tmp_path):
    same_as_plain(build(tmp_path / "model", "zamba2"), "zamba2")
