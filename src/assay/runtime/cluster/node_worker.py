"""The worker of one strategy on a node: the actor that starts it there, and the process that the
run sees.

How       the actor starts `python -m assay.worker FOLDER` on its node, as a run does on its own
          machine, forked where the node has servers, and hands on the lines that it writes. A
          thread of the run asks for them and writes them into a pipe: whoever reads that has a
          process like any other
Lost      a node that is lost loses the actor; Ray starts it again on another one, and the worker
          goes on from what lies in the shared folder. Each stage is locked while it is worked on
          (`Job`), so that a process which still lives on a node that Ray has given up is waited for
Ends      the worker ends with its actor, and the actor with the run
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from assay.core.errors import AssayError, Problem, ResourceError
from assay.core.processes import error_to_json
from assay.core.store import to_json
from assay.core.types import Preload

if TYPE_CHECKING:
    from assay.runtime.arms.process import Process

LOOK = 0.5  # seconds that the actor waits for a line, and the run for the actor
AT_ONCE = 500  # lines of an answer at most
PATIENCE = 20.0  # seconds without an answer after which the nodes that are left are looked at


class NodeServers:
    """Runs on a node, once a run: fork servers for the workers that are started there."""

    def __init__(self, variables: Mapping[str, str]):
        from assay.runtime.arms.process import Servers

        os.environ.update(variables)
        self._servers = Servers()

    def start(self, levels: Sequence[Preload]) -> str:
        """The folder of the servers, once all have imported what they are for; "" where there can
        be none."""
        from assay.runtime.arms.process import SHARED

        self._servers.share(levels)
        self._servers.ready(levels)
        return os.environ.get(SHARED, "")

    def end(self) -> None:
        self._servers.__exit__()


class NodeWorker:
    """Runs on a node, once a worker.

    Args:
        variables: of the worker's environment, over those of the node.
        paths: what it must see there.
        preload: as `worker` takes it.
        forks: node -> folder of its fork servers.
    """

    def __init__(
        self,
        folder: str,
        variables: Mapping[str, str],
        paths: Sequence[str],
        preload: Preload = "floors",
        forks: Mapping[str, str] | None = None,
    ):
        import ray

        self._node = ray.util.get_node_ip_address()
        self._place = ray.get_runtime_context().get_node_id()
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stack = ExitStack()
        self._process: Process | None = None
        self._code: int | None = None
        if unseen := [path for path in paths if not Path(path).exists()]:
            error = ResourceError(unseen_problem(self._node, unseen))
            self._lines.put(to_json({"event": "error", **error_to_json(error)}) + "\n")
            self._lines.put(None)
            self._code = error.exit_code
            return
        os.environ.update(variables)
        self._start(Path(folder), preload, (forks or {}).get(self._place, ""))

    def _start(self, folder: Path, preload: Preload, forks: str) -> None:
        from assay.runtime.arms.process import SHARED, worker

        os.environ[SHARED] = forks
        process = self._process = self._stack.enter_context(worker(folder, preload=preload))

        def read() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                self._lines.put(line)
            self._lines.put(None)

        threading.Thread(target=read, daemon=True).start()

    def listen(self) -> dict[str, Any]:
        """What the worker has written since; its exit code once it has ended."""
        lines: list[str] = []
        with suppress(queue.Empty):
            while len(lines) < AT_ONCE:
                line = self._lines.get(timeout=0 if lines else LOOK)
                if line is None:
                    self._lines.put(None)  # who asks again is told again
                    if self._process is not None:
                        self._code = self._process.wait()
                    break
                lines.append(line)
        return {"node": self._node, "id": self._place, "lines": lines, "code": self._code}

    def end(self) -> None:
        """Ask the worker to save and end."""
        if self._process is not None:
            self._process.terminate()


def unseen_problem(node: str, paths: Sequence[str]) -> Problem:
    """R182: a node sees a part of what the run works with."""
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return Problem(
        "R182",
        f"the node {node} does not see {paths[0]}{more}",
        "on",
        "put the project and the models (HF_HOME, ASSAY_CACHE) on a file system that all nodes"
        " mount at the same path",
    )


class NodeProcess:
    """A worker on some node, with what is used of `subprocess.Popen` here.

    Args:
        ray: the module, connected.
        start: gives the actor.
        refuse: raises where no node that is left can take it.
    """

    stdin: IO[Any] | None = None

    def __init__(self, ray: Any, start: Callable[[], Any], refuse: Callable[[], None]):
        self._ray, self._refuse = ray, refuse
        self.returncode: int | None = None
        self._asked = self._is_killed = False
        self._ended = threading.Event()
        reading, writing = os.pipe()
        self.stdout: IO[Any] = os.fdopen(reading)
        self._out = os.fdopen(writing, "w", buffering=1)
        self._actor = start()
        # a daemon: a cluster that never answers does not hold up the end of this process
        threading.Thread(target=self._run, daemon=True).start()

    def wait(self, timeout: float | None = None) -> int:
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired("a worker on a node", timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def terminate(self) -> None:
        """Ask it to save and end."""
        self._asked = True

    def kill(self) -> None:
        self._is_killed = True

    def _run(self) -> None:
        code = -signal.SIGKILL
        try:
            code = self._follow()
        except AssayError as error:
            code = error.exit_code
            with suppress(BrokenPipeError):
                self._say({"event": "error", **error_to_json(error)})
        except BrokenPipeError:
            pass  # nobody listens any more
        finally:
            with suppress(self._ray.exceptions.RayError, ConnectionError, RuntimeError):
                self._ray.kill(self._actor)
            self.returncode = code
            with suppress(BrokenPipeError):
                self._out.close()
            self._ended.set()

    def _follow(self) -> int:
        """Hand on what the worker writes; its exit code.

        Raises:
            ResourceError: R186, the worker or the cluster was lost; whatever `refuse` raises.
        """
        node, name, asked = "", "", ""  # asked: the node whose worker was
        pending, since = self._actor.listen.remote(), time.monotonic()
        while not self._is_killed:
            try:
                if not self._ray.wait([pending], timeout=LOOK)[0]:
                    if self._asked and not node:  # it waits for a place
                        return 128 + signal.SIGTERM
                    if time.monotonic() - since > PATIENCE:
                        self._refuse()
                        since = time.monotonic()
                    continue
                told = self._ray.get(pending)
            except (self._ray.exceptions.RayError, ConnectionError) as error:
                if self._is_killed:
                    break
                raise ResourceError(_lost_problem(error)) from error
            if told["id"] != node:
                if node:
                    text = (
                        f"R185 the node {name} was lost: the worker began again at {told['node']}"
                    )
                    self._say({"event": "note", "text": text})
                node, name = told["id"], told["node"]
                self._say({"event": "node", "node": name, "id": node})
            for line in told["lines"]:
                self._out.write(line)
            if told["code"] is not None:
                return int(told["code"])
            if self._asked and asked != node:
                asked = node
                self._actor.end.remote()
            pending, since = self._actor.listen.remote(), time.monotonic()
        return -signal.SIGKILL

    def _say(self, event: dict[str, Any]) -> None:
        self._out.write(to_json(event) + "\n")


def _lost_problem(error: Exception) -> Problem:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    why = (lines or ["no reason given"])[-1]
    text = f"the node of this strategy was lost, and so were those that took over: {why}"
    help = "the same command goes on from what is kept; on.retries allows more of them"
    return Problem("R186", text, "on", help)
