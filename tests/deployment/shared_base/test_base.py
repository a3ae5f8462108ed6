"""What an arm wants of a base, and which arms can share one."""

import pytest

from assay.config import make_strategy
from assay.core.errors import ModelError
from assay.core.types import Lesson, Task
from assay.deployment.shared_base.base import Laid, adapters_in, laying, need_laid
from helpers.problems import problem

LESSON = Lesson(Task(kind="classify"), base="tiny")


def wanted(settings):
    """The bases that the adapters of an arm want."""
    return [laying(one, "tiny") for one in adapters_in(make_strategy(settings, {}))]


@pytest.mark.parametrize(
    ("settings", "meant"),
    [
        ({"kind": "lora"}, [Laid("tiny")]),
        ({"kind": "dora", "model": "other"}, [Laid("other")]),
        ({"kind": "qlora"}, [Laid("tiny", 4, "nf4")]),
        ({"kind": "qlora", "double": True}, [Laid("tiny", 4, "nf4", double=True)]),
        ({"kind": "lora", "bits": 4, "quant": "fp4"}, [Laid("tiny", 4, "fp4")]),
        ({"kind": "lora", "bits": 8, "precision": "bf16"}, [Laid("tiny", 8, precision="bf16")]),
        ({"kind": "rag", "find": "bm25", "inner": {"kind": "lora"}}, [Laid("tiny")]),
        ({"kind": "dpo", "inner": {"kind": "qlora"}}, [Laid("tiny", 4, "nf4")]),
        ({"kind": "grpo", "reward": "exact"}, [Laid("tiny")]),
        ({"kind": "shots", "k": 0}, []),
    ],
    ids=str,
)
def test_what_an_arm_wants_is_what_its_adapter_was_trained_on(settings, meant):
    assert wanted(settings) == meant


@pytest.mark.parametrize("kind", ["full", "ia3", "prefix", "head"])
def test_what_changes_the_network_shares_it_with_nobody(kind):
    with problem(ModelError, "M114", None, kind):
        wanted({"kind": kind})


def test_nor_does_what_goes_on_from_it():
    with problem(ModelError, "M114", None, "full"):
        wanted({"kind": "grpo", "reward": "exact", "inner": {"kind": "full"}})


def test_an_arm_without_an_adapter_stands_on_any_base_and_one_with_an_adapter_on_its_own():
    four_bits = Laid("tiny", 4, "nf4")
    need_laid(make_strategy({"kind": "shots", "k": 0}, {}), LESSON, four_bits)
    need_laid(make_strategy({"kind": "qlora"}, {}), LESSON, four_bits)
    need_laid(make_strategy({"kind": "lora"}, {}), LESSON, None)
    with problem(ModelError, "M111", None, "4"):
        need_laid(make_strategy({"kind": "lora"}, {}), LESSON, four_bits)


def test_a_base_is_named_with_all_that_tells_it_from_others():
    assert str(Laid("tiny")) == "tiny in its own bits, precision auto"
    assert str(Laid("tiny", 4, "nf4", double=True)) == "tiny in 4 bits nf4 double, precision auto"
    assert str(Laid("tiny", 8, precision="bf16")) == "tiny in 8 bits, precision bf16"
