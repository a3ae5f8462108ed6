"""What strategies ask of a node, and what is said where none has it."""

import pytest

from assay.config.cluster import ClusterSettings
from assay.runtime.cluster.nodes import Node
from assay.runtime.cluster.ray_servers import lacking_problem, resources_of
from helpers.problems import unnamed


def node(**resources):
    return Node("n", "0", resources, {})


SMALL, LARGE = node(CPU=2.0), node(CPU=16.0)
CARD = node(CPU=4.0, GPU=1.0)


@pytest.mark.parametrize(
    ("settings", "nodes", "threads", "wanted"),
    [
        ({}, [SMALL, LARGE], 8, {"CPU": 8}),  # as on this machine
        ({}, [SMALL], 8, {"CPU": 2}),  # at most what a node has
        ({}, [SMALL, LARGE, CARD], 8, {"CPU": 4, "GPU": 1}),  # a card, where there is one
        ({"gpus": 0}, [LARGE, CARD], 8, {"CPU": 8}),
        ({"cpus": 3}, [LARGE], 8, {"CPU": 3}),
        ({"gpus": 0.5, "memory": 2}, [CARD], 1, {"CPU": 1, "GPU": 0.5, "memory": 2e9}),
    ],
)
def test_what_a_strategy_with_a_model_asks_for(settings, nodes, threads, wanted, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", str(threads))
    assert resources_of(ClusterSettings(**settings), nodes) == wanted


def test_what_no_node_has_is_said_with_the_most_that_one_has():
    having = [one.resources for one in (SMALL, LARGE, CARD)]
    assert lacking_problem(having, {"CPU": 4, "GPU": 1}) is None
    found = lacking_problem(having, {"CPU": 8, "GPU": 1})  # each on some node, on none both
    assert found.code == "R184"
    assert not unnamed(found, "8 processors", "1 graphics cards", "16 processors", "on.gpus")
    assert lacking_problem([], {"CPU": 1}).code == "R184"
