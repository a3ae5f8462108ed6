"""The processes that do the heavy work: started cold, or forked from one that has loaded the
libraries already.

How       `worker` starts one process and ends it with the block. `Servers` holds the fork servers
          of a run (`fork_server.py`): "floors" has loaded what every worker needs, "words"
          scikit-learn too, "models" torch and transformers, "training" peft as well, each forked
          from the one below, so that what they share is in memory once
Cold      without a server, and where none can be: another system than Linux, a library whose
          threads are at work. What a process does, its messages, its exit code and its memory are
          the same both ways
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from assay.core.errors import Stopped
from assay.core.locked_folder import locked_folder
from assay.core.module_path import import_settings
from assay.core.processes import (
    PARENT,
    Running,
    die_with_parent,
    end_process,
    start_process,
)
from assay.runtime.arms.forked_process import ForkedProcess

if TYPE_CHECKING:
    from assay.core.types import Preload

GRACE = 10.0  # seconds a worker gets to save its state
# Left over from a launcher around `assay run`, these would have the worker wait for processes that
# nobody starts.
LAUNCHED = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
PRELOADED: dict[Preload, tuple[str, ...]] = {
    "floors": ("assay.worker", "assay.config", "assay.strategies.catalogue"),
    "words": ("sklearn.feature_extraction.text", "sklearn.linear_model"),
    "models": (
        "torch",
        "transformers.models.auto.modeling_auto",
        "transformers.models.auto.tokenization_auto",
        "transformers.models.llama.modeling_llama",
        "assay.models.inference.chat_model",
        "assay.models.open",
        "assay.models.embeddings",
        "assay.models.inference.batch_plan",
    ),
    "training": ("peft", "assay.training.loop"),
}
BELOW: dict[Preload, Preload] = {"words": "floors", "models": "floors", "training": "models"}
# Variables that no library reads while it is imported; all others must be those that the server was
# started with.
FREE = ("ASSAY_", "PYTEST_", "RAY_", "COLUMNS", "LINES", "PWD", "OLDPWD", "SHLVL")
WAY = "ASSAY_WORKERS"  # "cold": fork nothing
SHARED = "ASSAY_FORK_SERVERS"  # names the folder of servers that another process holds


def begin() -> None:
    """The first thing that a worker does: it ends with its parent, and what it and its libraries
    write is for its owner alone, as the folders are that results lie in."""
    die_with_parent()
    os.umask(0o077)


def environment() -> dict[str, str]:
    """The variables that a process which computes is started with."""
    from assay.models.environment import STARTED_WITH, threads

    return {
        **{name: value for name, value in os.environ.items() if name not in LAUNCHED},
        **{name: os.environ.get(name, value) for name, value in STARTED_WITH.items()},
        "OMP_NUM_THREADS": str(threads()),
        PARENT: str(os.getpid()),
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        **import_settings(),
    }


def surroundings(variables: Mapping[str, str]) -> str:
    """All that a process takes over from the one that starts it, but for the variables that are
    `FREE`: only where it is the same can a fork stand for a process that was started anew."""
    from assay.core.store import digest

    status = Path("/proc/self/status").read_text().splitlines()
    return digest(
        {
            "python": sys.executable,
            "variables": {
                k: v for k, v in variables.items() if not k.startswith(FREE) and k != "_"
            },
            "limits": [
                resource.getrlimit(getattr(resource, name))
                for name in dir(resource)
                if name[:7] == "RLIMIT_"
            ],
            "processors": sorted(os.sched_getaffinity(0)),
            "niceness": os.getpriority(os.PRIO_PROCESS, 0),
            "rights": [
                line for line in status if line.startswith(("Umask:", "Uid:", "Gid:", "CapEff:"))
            ],
        }
    )


class Process(Running, Protocol):
    """What a run uses of the process of a worker: started cold, forked, or on another machine."""

    def terminate(self) -> None: ...


class Servers:
    """The fork servers of one run. They end with the block.

    A level is started when it is first asked for, or by `begin`. Where a folder of servers is named
    in the environment that were started as this process would start them, these are used. All
    workers get the environment of now: what libraries add to that of this process later is theirs.

    Args:
        start: False: use what is named in the environment, and start none. One process alone gains
            nothing by a server.
        at_once: strategies of the run that may be at work at a time.
    """

    def __init__(self, *, start: bool = True, at_once: int = 1) -> None:
        self.variables = environment()
        self.at_once = at_once
        self._starts = start
        self._running: list[Process] = []
        self._is_stopped = False
        self._stack = ExitStack()
        self._folder: Path | None = None
        # the folder of each server; None where there can be none
        self._levels: dict[Preload, Path | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: Any) -> None:
        self._stack.close()

    @contextmanager
    def hold(self, process: Process) -> Generator[None]:
        """While the block runs, `stop` ends this worker.

        Raises:
            Stopped: they have been stopped.
        """
        self._running.append(process)
        try:
            if self._is_stopped:
                raise Stopped(signal.SIGTERM)
            yield
        finally:
            self._running.remove(process)

    def stop(self) -> None:
        """Ask the workers of all threads to save and end; none is begun any more."""
        self._is_stopped = True
        for process in [*self._running]:
            process.terminate()

    def memory(self) -> float:
        """Bytes that strategies at work at a time may take together."""
        from assay.training.estimate.usage import free_memory

        return free_memory()

    def begin(self, levels: Iterable[Preload]) -> None:
        """Start the servers of these levels, and do not wait for them."""
        for level in levels:
            self._server(level)

    def share(self, levels: Iterable[Preload] = ()) -> None:
        """Start the servers of these levels, all where none is named, and let the processes that
        this one starts use them, too."""
        from assay.core import store

        self.begin(levels or tuple(PRELOADED))
        if self._folder is not None:
            store.write_text(self._folder / "surroundings", surroundings(self.variables))
            os.environ[SHARED] = str(self._folder)

    def ready(self, levels: Iterable[Preload]) -> None:
        """Wait until the servers of these levels have imported all, so that they disturb nobody's
        measurement."""
        for level in levels:
            if (folder := self._server(level)) is not None and (
                connection := _request(folder, {})
            ) is not None:
                with connection:
                    _reply(connection)

    def numeric(self) -> dict[str, str]:
        """What the workers' last bits depend on."""
        from assay.models.environment import numeric_environment

        return numeric_environment()

    def fork(
        self, level: Preload, module: str, argument: Path, stdin: bool, stderr: int
    ) -> Process | None:
        """`python -m module argument` by a fork; None where it must be started cold."""
        if (folder := self._server(level)) is None:
            return None
        with ExitStack() as theirs:
            reading, writing = os.pipe()
            theirs.callback(os.close, writing)
            given, ours = os.pipe() if stdin else (os.open(os.devnull, os.O_RDONLY), None)
            theirs.callback(os.close, given)
            request = self._request_of(module, argument)
            connection = _request(folder, request, given, writing, stderr)
            said, watch = _reply(connection) if connection else (None, None)
        if connection and said and "pid" in said and watch is not None:
            pipe = None if ours is None else os.fdopen(ours, "w")
            return ForkedProcess(connection, said["pid"], watch, pipe, os.fdopen(reading))
        self._levels[level] = None
        if connection:
            connection.close()
        for end in filter(None, (reading, ours)):
            os.close(end)
        return None

    def _server(self, level: Preload) -> Path | None:
        from assay.models.packages import lacking

        # An arm whose model is behind an address needs neither.
        if level in ("models", "training") and lacking():
            level = "floors"
        if level not in self._levels:
            self._levels[level] = None
            if sys.platform == "linux" and os.environ.get(WAY) != "cold":
                self._levels[level] = _find_shared(level, self.variables) or (
                    self._start(level) if self._starts else None
                )
        return self._levels[level]

    def _start(self, level: Preload) -> Path | None:
        """A server for this level, forked from that of the level below."""
        from assay.core import store

        below = BELOW.get(level)
        if self._folder is None:
            self._folder = self._stack.enter_context(locked_folder("assay-fork-"))
        folder = self._folder / level
        store.write_json(folder / "modules.json", PRELOADED[level])
        with socket.socket(socket.AF_UNIX) as listener, (folder / "server.log").open("ab") as log:
            listener.bind(str(folder / "socket"))
            listener.listen(128)
            if below is None:
                process = start_process(
                    "assay.runtime.arms.fork_server",
                    folder,
                    environment=self.variables,
                    stdin=listener.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                )
                self._stack.callback(end_process, process)
                return folder
            request = self._request_of("assay.runtime.arms.fork_server", folder)
            streams = (listener.fileno(), log.fileno(), log.fileno())
            connection = (
                None
                if (lower := self._server(below)) is None
                else _request(lower, request, *streams)
            )
        if connection is None:
            return None
        self._stack.callback(connection.close)  # which ends the server
        return folder

    def _request_of(self, module: str, argument: Path) -> dict[str, Any]:
        own = {name: value for name, value in os.environ.items() if name.startswith(FREE)}
        variables = {**self.variables, **own, PARENT: str(os.getpid())}
        return {
            "module": module,
            "arguments": [str(argument)],
            "variables": variables,
            "folder": str(Path.cwd()),
        }


def _find_shared(level: Preload, variables: Mapping[str, str]) -> Path | None:
    named = os.environ.get(SHARED)
    if not named or not (Path(named) / level / "socket").exists():
        return None
    return (
        Path(named) / level
        if (Path(named) / "surroundings").read_text() == surroundings(variables)
        else None
    )


def _request(folder: Path, request: dict[str, Any], *streams: int) -> socket.socket | None:
    """A connection to a server, which has been sent the request; None where the server has
    ended."""
    from assay.runtime.arms.fork_messages import send

    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(folder / "socket"))
    except OSError:
        connection.close()
        return None
    send(connection, request, *streams)
    return connection


def _reply(connection: socket.socket) -> tuple[dict[str, Any] | None, int | None]:
    """What the server says to a request, with the descriptor of a process where it gives one."""
    from assay.runtime.arms.fork_messages import receive

    try:
        said, files = receive(connection)
    except ConnectionError:
        return None, None
    return said, files[0] if files else None


@contextmanager
def worker(
    folder: Path,
    module: str = "assay.worker",
    *,
    stdin: bool = False,
    servers: Servers | None = None,
    preload: Preload = "floors",
) -> Generator[Process]:
    """A process for `folder`, forked where there are servers. When the parent is interrupted, it is
    asked to save and end.

    Args:
        module: its `main(folder)` runs in the process. stdin: give it a pipe to read from.
        preload: what a forked one finds imported.
    """
    from assay.core.file_ownership import opener

    servers = servers or Servers(start=False)
    with open(folder / "worker.log", "ab", opener=opener) as log:
        process: Process | None = servers.fork(preload, module, folder, stdin, log.fileno())
        if process is None:
            process = start_process(
                module,
                folder,
                environment=environment(),
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
    try:
        with servers.hold(process):
            yield process
    except (KeyboardInterrupt, Stopped):
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
        raise
    finally:
        end_process(process)
