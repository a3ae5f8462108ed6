"""Processes of this machine that apply row steps: they are started once, and each takes a chunk
when it is free.

Ends      each ends when its stdin does, so none outlives this process
Threads   one each for numeric libraries: the processes share the cores already
"""

import os
import subprocess
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

from assay.core.processes import end_process, how_ended, start_process

AHEAD = 2  # chunks on their way for each process: one at work, one waiting
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Lost(Exception):
    """A process ended before it answered."""


class Hands:
    """`count` processes; end them with `end`."""

    def __init__(self, count: int):
        self.count = count
        environment = {**os.environ, **_ONE_THREAD, "TOKENIZERS_PARALLELISM": "false"}
        self._processes = [
            start_process(
                "assay.data.parallel.worker",
                environment=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            for _ in range(count)
        ]
        self._free: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        for process in self._processes:
            self._free.put(process)
        self._threads = ThreadPoolExecutor(count)

    def answers(self, requests: Iterable[bytes]) -> Iterator[bytes]:
        """The answer to each request, in their order; a few requests are taken ahead.

        Raises:
            Lost: the process that had the next one has ended.
        """
        waiting: deque[Future[bytes]] = deque()
        for request in requests:
            waiting.append(self._threads.submit(self._ask, request))
            if len(waiting) > AHEAD * self.count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _ask(self, request: bytes) -> bytes:
        process = self._free.get()
        assert process.stdin and process.stdout
        try:
            process.stdin.write(request)
            process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:
            answer = b""
        self._free.put(process)
        if not answer.endswith(b"\n"):
            raise Lost(how_ended(process.wait()))
        return answer

    def end(self) -> None:
        for process in self._processes:
            process.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for process in self._processes:
            end_process(process)
