import os
import sys

import pytest

from assay.core.errors import DataError
from assay.core.types import Example
from assay.data.parallel.executor import Scale
from assay.data.parallel.ray_executor import OnRay
from assay.data.steps.dedupe import Dedupe
from assay.data.steps.length import Length
from assay.data.steps.repair import Repair
from helpers.problems import problem

# Ray warns of what it does itself: its own deprecated names, sockets that it leaves to be
# collected.
quietly = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)


@pytest.mark.nightly
@quietly
def test_a_ray_cluster_gives_the_same_bytes(rows_of, result_of):
    pytest.importorskip("ray.data", reason="needs the extra ray: pip install 'assay[ray]'")
    rows, test = rows_of(400), rows_of(90, seed=9)
    test = [Example(f"test-{e.id}", e.messages, e.target, source=f"test{e.source}") for e in test]
    steps = (Repair(), Length(max_chars=90), Dedupe())
    alone = result_of(rows, test=test, steps=steps)
    assert result_of(rows, test=test, steps=steps, scale=Scale(processes=2, ray="local")) == alone
    import ray

    assert not ray.is_initialized()
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


@pytest.mark.nightly
@quietly
def test_a_cluster_that_is_not_there_is_said(rows_of, result_of):
    pytest.importorskip("ray.data", reason="needs the extra ray: pip install 'assay[ray]'")
    with problem(DataError, "D068", "data.ray", "'127.0.0.1:1'"):
        result_of(rows_of(200), scale=Scale(ray="127.0.0.1:1"))


def test_without_ray_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "1")  # put back afterwards
    monkeypatch.setitem(sys.modules, "ray", None)  # as where it is not installed
    with problem(DataError, "D068", "data.ray", "assay[ray]"):
        OnRay("local", 2)
