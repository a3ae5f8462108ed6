"""Both sides of the sandbox in one process: the program in a thread, its tests here, and between
them the socket that they have in earnest. Only for programs that do no harm."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from assay.evaluation.sandbox.inside.candidate import ProgramSide, serve
from assay.evaluation.sandbox.inside.reference_objects import Reference
from assay.evaluation.sandbox.inside.stand_ins import SandboxChannel
from assay.evaluation.sandbox.inside.wire import READY, send


def _serve(source: str, channel: socket.socket) -> None:
    with suppress(EOFError, OSError), channel:
        send(channel, READY)
        serve(ProgramSide(source, ""), channel)


@contextmanager
def beside(source: str, *, objects: bool = False, reference: str = "") -> Iterator[SandboxChannel]:
    """The checker's end of the channel to `source`, which waits to be loaded."""
    one, two = socket.socketpair()
    program = threading.Thread(target=_serve, args=(source, one))
    program.start()
    try:
        with two:
            yield SandboxChannel(two, objects, Reference(reference or source, ""))
    finally:
        program.join()
