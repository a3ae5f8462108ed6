"""llama.cpp's server in a child process: it opens one GGUF file on a loopback port, and ends when
it is let go.

How         the child imports xllamacpp alone; file, key and sizes come on its standard input, and
            its end is the child's end, so that none is left when this process is killed. A file
            that makes llama.cpp abort ends the child, not the run
Watch out   keys and values are kept in f16, as llama.cpp has it; answers of rows that run together
            may differ in the last bits from those that run alone
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core.errors import ModelError, Problem
from assay.deployment.server.subprocess import launch_llama_cpp
from assay.models.environment import package_version
from assay.models.remote.event_stream import JsonClient, event_data

if TYPE_CHECKING:
    import httpx2

INSTALL = 'pip install "assay[gguf]"'
# what it says is compared: no cache of prompts, nothing is computed before it is asked for
MEASURING = {"warmup": False, "prefill_assistant": False, "cache_ram_mib": 0}


class LlamaServer:
    """One running server.

    Args:
        room: tokens of prompt and answer that each of the `slots` has.

    Raises:
        ModelError: M133, xllamacpp is not installed; M135, llama.cpp does not open the file.
    """

    def __init__(self, file: Path, *, room: int, slots: int, threads: int):
        if problem := missing():
            raise ModelError(Problem("M133", problem, str(file), help=INSTALL))
        self.file, self.room, self.slots = file, room, slots
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  (it goes with this object)
        self._http = JsonClient()
        self._child = launch_llama_cpp(
            file,
            file.stem,
            context=room,
            slots=slots,
            processor={"n_threads": threads, "poll": 0},
            settings=MEASURING,
            log=self._said,
        )
        if not self._child.address:
            raise ModelError(self._problem("llama.cpp does not open this file"))

    def _problem(self, text: str) -> Problem:
        """With the last thing that llama.cpp said about it."""
        self._child.end()
        self._said.seek(0)
        lines = self._said.read()[-20_000:].decode(errors="replace").splitlines()
        self._said.close()
        said = [
            line for line in lines if "error" in line.lower() or "failed" in line.lower()
        ] or lines
        more = (
            f": {said[-1].strip()[-300:]}"
            if said
            else f" (it ended with {self._child.process.returncode})"
        )
        return Problem("M135", text + more, str(self.file), help="write the file again")

    def close(self) -> None:
        self._child.end()
        self._said.close()

    def ask(self, path: str, body: dict[str, Any]) -> Any:
        """The JSON that the server answers with.

        Raises:
            ModelError: M135, it refuses the request, or it has ended.
        """
        with self._send(path, body) as response:
            return json.loads(response.read())

    def lines(self, path: str, body: dict[str, Any]) -> Iterator[Any]:
        """The JSON of each event of a stream."""
        with self._send(path, {**body, "stream": True}) as response:
            yield from map(json.loads, event_data(response.iter_bytes()))

    @contextlib.contextmanager
    def _send(self, path: str, body: dict[str, Any]) -> Generator[httpx2.Response]:
        try:
            with self._http.send(self._child.address + path, body, self._child.key) as response:
                if response.status_code != 200:
                    text = f"llama.cpp refuses {path}: {_message(response.read())}"
                    raise ModelError(Problem("M135", text, str(self.file)))
                yield response
        except OSError as error:
            raise ModelError(self._problem(f"llama.cpp has stopped ({error})")) from error


def missing() -> str:
    """What is not installed, or nothing."""
    return (
        ""
        if package_version("xllamacpp") != "none"
        else "llama.cpp's Python package, xllamacpp, is not installed"
    )


def _message(answer: bytes) -> str:
    said = answer.decode(errors="replace")
    try:
        return str(json.loads(said)["error"]["message"])[:500]
    except (ValueError, KeyError, TypeError):
        return said[:500]
