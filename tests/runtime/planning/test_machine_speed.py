"""How fast a machine trains and answers."""

import pytest

from assay.runtime.planning.machine_check import examine
from assay.runtime.planning.machine_speed import products


def test_products_are_counted():
    found = products(seconds=0.01)
    assert found.gflops and found.gflops > 0.1 and found.training is None


@pytest.mark.real
@pytest.mark.nightly
def test_the_small_base_is_measured(monkeypatch):
    from assay.runtime.planning.machine_speed import measure

    monkeypatch.delenv("ASSAY_CACHE", raising=False)
    if not examine(probe=False, offline=True).models["smollm2-135m"]:
        pytest.skip("the small base is not on this machine")
    found = measure("smollm2-135m", seconds=3)
    assert found.training and found.reading and found.writing
    # a prompt is read in one pass, an answer is written token by token
    assert found.reading > found.writing > 0
