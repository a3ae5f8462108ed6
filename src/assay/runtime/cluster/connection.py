"""A Ray cluster joined for one run, or started on this machine for it.

Needs     `pip install 'assay[ray]'`, the same version of Ray and Python on every node
Address   `ray`: the cluster that this machine belongs to (or RAY_ADDRESS names); where there is
          none, Ray is started here. Else HOST:PORT or ray://HOST:PORT
Signals   Ray's processes are in another process group: they end when this process ends them, not
          by a Ctrl-C before it
Watch out who has joined a cluster before the run (Python) keeps that connection
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from assay.config.cluster import LOCAL, ClusterSettings
from assay.core.errors import Problem, ResourceError
from assay.core.module_path import away
from assay.core.processes import other_process_group
from assay.data.parallel.ray_executor import reach


@contextmanager
def join(settings: ClusterSettings) -> Generator[Any]:
    """The module `ray`, connected until the block ends; None where the settings name no cluster.

    Raises:
        ResourceError: R180, Ray is not installed; R181, no cluster answers; R183, it is of another
            version.
    """
    if not settings.names_cluster:
        yield None
        return
    with _variables():
        try:
            import ray
            import ray.exceptions
        except ImportError:
            help = "pip install 'assay[ray]', or leave it out"
            raise ResourceError(Problem("R180", "Ray is not installed", "on", help)) from None
        if ray.is_initialized():
            yield ray
            return
        _connect(ray, settings.address)
        try:
            yield ray
        finally:
            ray.shutdown()


@contextmanager
def _variables() -> Generator[None]:
    """What a Ray that is started here goes by; afterwards the environment is as it was, since fork
    servers compare it."""
    before = {name: value for name, value in os.environ.items() if name.startswith("RAY_")}
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing is reported to anybody
    # Ray would give its workers the least priority, and what else the machine does would stand in
    # the times of the report.
    os.environ.setdefault("RAY_worker_niceness", "0")
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith("RAY_")]:
            del os.environ[name]
        os.environ.update(before)


def _connect(ray: Any, address: str) -> None:
    ends = signal.getsignal(signal.SIGTERM)
    try:
        reach(address)
        with away(), other_process_group():
            ray.init(
                None if address == LOCAL else address,
                log_to_driver=False,
                logging_level=logging.ERROR,
                **({"include_dashboard": False} if address == LOCAL else {}),
            )
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        if any("version mismatch" in line.lower() for line in lines):
            help = "install the same versions of Ray and Python on all machines of the cluster"
            said = " ".join(lines)
            raise ResourceError(Problem("R183", f"{address}: {said}", "on", help)) from error
        first = (lines or ["no answer"])[0]
        said = f"{first} {lines[-1]}" if first.endswith(":") else first  # a traceback of the head's
        text = f"no Ray cluster answers at '{address}': {said}"
        help = "start it there (ray start --head), correct the address, or take on: ray"
        raise ResourceError(Problem("R181", text, "on", help)) from error
    finally:
        # Ray has put its own in the place of the run's, which saves what is done.
        if threading.current_thread() is threading.main_thread() and ends is not None:
            signal.signal(signal.SIGTERM, ends)
