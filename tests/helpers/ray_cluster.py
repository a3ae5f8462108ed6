"""A Ray cluster of three nodes on this machine: processes of Ray's own, started for a test."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

# Ray warns of what it does itself: its own deprecated names, sockets that it leaves to be
# collected.
QUIETLY = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)
STORE = 80 << 20  # bytes of Ray's object store, of which nothing here makes use


@contextmanager
def three_nodes(client_port: int | None = None):
    """A head with a processor, and two nodes with a processor and what passes for a graphics card:
    strategies with a model go to these two. `client_port`: of Ray's client server on the head."""
    pytest.importorskip("ray", reason="needs the extra ray: pip install 'assay[ray]'")
    from ray.cluster_utils import Cluster

    ends = signal.getsignal(signal.SIGTERM)  # Ray puts its own in its place
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        # On a busy machine workers of the least priority would get nothing done.
        patch.setenv("RAY_worker_niceness", "0")
        head = {"num_cpus": 1, "object_store_memory": STORE, "include_dashboard": False}
        if client_port is not None:
            head["ray_client_server_port"] = client_port
        cluster = Cluster(initialize_head=True, head_node_args=head)
        try:
            for _ in range(2):
                cluster.add_node(num_cpus=1, num_gpus=1, object_store_memory=STORE)
            yield cluster
        finally:
            import ray

            ray.shutdown()
            cluster.shutdown()
            signal.signal(signal.SIGTERM, ends)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def lose(cluster, id: str) -> None:
    """Kill a node, as a machine that loses its power."""
    node = next(node for node in cluster.worker_nodes if node.node_id == id)
    cluster.remove_node(node, allow_graceful=False)


@contextmanager
def connected(address: str) -> Iterator[object]:
    """The module `ray`, connected."""
    from assay.config.cluster import ClusterSettings
    from assay.runtime.cluster.connection import join

    with join(ClusterSettings(address=address)) as ray:
        yield ray


def node_ids(events: list[dict], stage: str) -> list[str]:
    """The nodes that a strategy's worker ran on, one after another."""
    return [e["id"] for e in events if e.get("event") == "node" and e["stage"] == stage]
