"""Row steps on a Ray cluster, by Ray Data: chunks go out, fates come back, in order.

Needs     `pip install 'assay[ray]'`; on every machine of the cluster the same assay and what its
          steps need
Address   `local` starts Ray on this machine for the run; `auto` joins the cluster that this machine
          belongs to (or RAY_ADDRESS); else `host:6379` or `ray://host:10001`
Watch out rows, and the key where pseudonyms are made, travel to the machines of the cluster
"""

import itertools
import logging
import os
import socket
from collections.abc import Iterable, Iterator
from typing import Any

from assay.core.errors import DataError, Problem
from assay.core.module_path import away
from assay.core.processes import other_process_group

WINDOW = 256  # chunks handed to the cluster at a time, so that what is on its way stays small
SECONDS = 10.0  # that a cluster may take to answer


class _Task:
    """What an actor of the cluster does with a chunk."""

    def __init__(self) -> None:
        # not above: a module that runs by itself is imported by nobody
        from assay.data.parallel.worker import Hand

        self._hand = Hand()

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"answer": self._hand.work(row["request"])}


def reach(address: str) -> None:
    """Raises OSError where nobody listens: Ray itself would try for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host, int(port)), timeout=SECONDS).close()


class OnRay:
    """A cluster that is joined, or started, until `end`."""

    def __init__(self, address: str, processes: int):
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing is reported to anybody
        try:
            import ray
            import ray.data
            import ray.exceptions
        except ImportError:
            raise DataError(
                Problem(
                    "D068",
                    "Ray is not installed",
                    "data.ray",
                    help="pip install 'assay[ray]', or leave it out",
                )
            ) from None
        self._ray = ray
        self._ours = not ray.is_initialized()
        if self._ours:
            local: dict[str, Any] = {}
            if address == "local":
                local = {"num_cpus": processes or None, "include_dashboard": False}
            try:
                reach(address)
                with away(), other_process_group():
                    ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **local)
            except (ConnectionError, ValueError, RuntimeError, OSError) as error:
                first = (str(error).splitlines() or ["no answer"])[0]
                help = "start it (ray start --head), or set data.ray: local"
                raise DataError(
                    Problem(
                        "D068",
                        f"no Ray cluster answers at '{address}': {first}",
                        "data.ray",
                        help=help,
                    )
                ) from error
        for name in ("ray.data", "ray.data._internal"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self.count = processes or max(1, int(ray.cluster_resources().get("CPU", 1)))

    def answers(self, requests: Iterable[bytes]) -> Iterator[bytes]:
        """The answer to each request, in their order.

        Raises:
            DataError: D068, the cluster failed.
        """
        requests = iter(requests)
        while window := [{"request": request} for request in itertools.islice(requests, WINDOW)]:
            yield from self._window(window)

    def _window(self, window: list[dict[str, bytes]]) -> Iterator[bytes]:
        data = self._ray.data
        rows = data.from_items(window, override_num_blocks=len(window))
        rows.context.enable_progress_bars = False
        rows.context.execution_options.preserve_order = True
        size = min(self.count, len(window))
        try:
            task: Any = _Task
            for row in rows.map(task, compute=data.ActorPoolStrategy(size=size)).iter_rows():
                yield bytes(row["answer"])
        except self._ray.exceptions.RayError as error:
            first = next(
                (line for line in reversed(str(error).splitlines()) if line.strip()),
                "no reason given",
            )
            help = (
                "the same assay and the extras of its steps must be on every machine of the cluster"
            )
            raise DataError(
                Problem("D068", f"the Ray cluster failed: {first.strip()}", "data.ray", help)
            ) from error

    def end(self) -> None:
        if self._ours:
            self._ray.shutdown()
