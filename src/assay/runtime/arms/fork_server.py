"""A process that has loaded the heavy libraries once and forks workers; started with a FOLDER by
`process.Servers`.

What it is for   a worker that starts in a moment; cold, torch, transformers and peft cost several
                 processor seconds
How              FOLDER/modules.json lists what is imported. After that the server has one thread
                 and has touched no graphics card, so a fork is a copy of a process that has
                 computed nothing. Each connection to the socket on its stdin asks for one worker:
                 module, arguments, variables, folder, and the three standard streams. It is told
                 the worker's id and, in the end, its exit code; closing it kills the worker
Not inherited    variables and folder (they are the client's), open files, random state, signals,
                 the session
Memory           a fork maps no page of a file that it has not read yet, so the worker would seem
                 smaller than one that imported for itself: it maps those that the server had
                 mapped, and its peak is comparable
Ends             with the process that started it, as each worker ends with it
"""

from __future__ import annotations

import array
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.core.processes import PARENT, die_with_parent
from assay.runtime.arms.fork_messages import receive, send

PATIENCE = 10.0  # seconds that a client may take to send its request
POPULATE_READ = 22  # MADV_POPULATE_READ of Linux 5.14: map pages as reading them would
PRESENT = 1 << 63  # in /proc/self/pagemap
# pyarrow's allocator stops this one before a fork and starts it again
FORK_SAFE = ("jemalloc_bg_thd",)


@dataclass
class Fork:
    """What a forked process is to do."""

    module: str
    arguments: list[str]

    def run(self) -> int:
        sys.argv = [self.module, *self.arguments]
        return importlib.import_module(self.module).main(*map(Path, self.arguments))


@dataclass
class ForkServer:
    """`serve` forks for whoever connects. It returns in the forked process only."""

    listener: socket.socket
    refusal: str = ""  # why nothing can be forked here
    # of files: address and length of each stretch
    pages: list[tuple[int, int]] = field(default_factory=list)
    # descriptor -> it, pid, pidfd
    clients: dict[int, tuple[socket.socket, int, int]] = field(default_factory=dict)
    workers: dict[int, int] = field(default_factory=dict)  # pidfd -> descriptor of its client

    def serve(self) -> Fork:
        poll = select.poll()
        poll.register(self.listener, select.POLLIN)
        while True:
            for place, _ in poll.poll():
                if place == self.listener.fileno():
                    forked = self._accept(poll)
                    if forked is not None:
                        return forked
                elif place in self.workers:
                    self._report(poll, place)
                elif place in self.clients:  # it has ended, or wants the worker to
                    signal.pidfd_send_signal(self.clients[place][2], signal.SIGKILL)
                    poll.unregister(place)

    def _accept(self, poll: select.poll) -> Fork | None:
        client, _ = self.listener.accept()
        client.settimeout(PATIENCE)
        try:
            request, streams = receive(client)
            if self.refusal or not request:  # an empty one asks whether the server is ready
                send(client, {"refused": self.refusal})
                client.close()
                return None
        except (OSError, ValueError):
            client.close()
            return None
        server = os.getpid()
        pid = os.fork()
        if not pid:
            self._close()
            client.close()
            begin(request, streams, server, self.pages)
            return Fork(request["module"], request["arguments"])
        for stream in streams:
            os.close(stream)
        watch = os.pidfd_open(pid)
        self.workers[watch] = client.fileno()
        self.clients[client.fileno()] = (client, pid, watch)
        poll.register(watch, select.POLLIN)
        poll.register(client, select.POLLIN)
        send(client, {"pid": pid}, watch)
        return None

    def _report(self, poll: select.poll, watch: int) -> None:
        place = self.workers.pop(watch)
        client, pid, _ = self.clients.pop(place)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        poll.unregister(watch)
        with suppress(KeyError):  # the client had left before
            poll.unregister(place)
        send(client, {"code": code})
        client.close()
        os.close(watch)

    def _close(self) -> None:
        self.listener.close()
        for client, _, watch in self.clients.values():
            client.close()
            os.close(watch)


def begin(
    request: dict[str, Any], streams: list[int], server: int, pages: list[tuple[int, int]]
) -> None:
    """In the forked process: what one that was started anew would find."""
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update({**request["variables"], PARENT: str(server)})
    die_with_parent()
    populate(pages)
    if "numpy.random" in sys.modules:
        # Python's own generator is seeded anew by the fork itself
        sys.modules["numpy.random"].seed()


def populate(pages: list[tuple[int, int]]) -> None:
    import ctypes

    advise = ctypes.CDLL(None).madvise
    for address, length in pages:
        # an older kernel refuses: no harm
        advise(ctypes.c_void_p(address), ctypes.c_size_t(length), POPULATE_READ)


def file_pages() -> Iterator[tuple[int, int]]:
    """Address and length of each stretch of pages of files that this process has mapped and not
    changed."""
    size = os.sysconf("SC_PAGE_SIZE")
    with (
        Path("/proc/self/maps").open() as maps,
        Path("/proc/self/pagemap").open("rb", buffering=0) as pagemap,
    ):
        for line in maps:
            where, rights, _, _, inode, *_ = line.split()
            if inode == "0" or rights[0] != "r":
                continue
            start, end = (int(part, 16) // size for part in where.split("-"))
            pagemap.seek(8 * start)
            marks = array.array("Q", pagemap.read(8 * (end - start)))
            begun = None
            for page, mark in enumerate([*marks, 0], start):
                if mark & PRESENT and begun is None:
                    begun = page
                elif not mark & PRESENT and begun is not None:
                    yield begun * size, (page - begun) * size
                    begun = None


def why_not() -> str:
    """Why this process cannot be forked safely, or ""."""
    # the first fork ends the waiting threads of OpenBLAS, which start again where they are needed
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
    names = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
    others = [name for name in names[1:] if name not in FORK_SAFE]
    if others:
        return f"threads of libraries are at work ({', '.join(others)})"
    torch = sys.modules.get("torch")
    return "a graphics card is open" if torch and torch.cuda.is_initialized() else ""


def main(folder: Path) -> int:
    die_with_parent()
    listener = socket.socket(fileno=os.dup(0))
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    gc.disable()  # imports leave no cycles worth the search: it takes a tenth of their time
    for module in json.loads((folder / "modules.json").read_text()):
        importlib.import_module(module)
    refusal = why_not()
    # What was imported stays: a collection in a worker would copy each page of it, to note that it
    # is still in use.
    gc.collect()
    gc.freeze()
    gc.enable()
    return ForkServer(listener, refusal, list(file_pages())).serve().run()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
