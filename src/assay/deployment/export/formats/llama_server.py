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
import secrets
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assay.core.errors import ModelError, Problem
from assay.models.environment import package_version

INSTALL = 'pip install "assay[gguf]"'
WAIT = 600.0  # seconds without a byte of an answer
_CHILD = """
import json, sys
wish = json.loads(sys.stdin.readline())
import xllamacpp
p = xllamacpp.CommonParams()
p.model.path, p.hostnames, p.port, p.api_keys = wish["file"], ["127.0.0.1"], 0, [wish["key"]]
p.n_ctx, p.n_parallel, p.kv_unified = wish["room"] * wish["slots"], wish["slots"], False
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = wish["threads"]
p.cpuparams.poll = p.cpuparams_batch.poll = 0
p.warmup, p.ui, p.ctx_shift, p.use_jinja, p.prefill_assistant = False, False, False, True, False
p.cache_ram_mib, p.endpoint_slots = 0, False
server = xllamacpp.Server(p)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


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
        self._key = secrets.token_hex(16)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  (it goes with this object)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
        )
        self._end = weakref.finalize(self, _stop, self._process)
        self.address = self._begin(threads)
        # no proxy stands before loopback
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def _begin(self, threads: int) -> str:
        assert self._process.stdin and self._process.stdout
        wish = {
            "file": str(self.file),
            "key": self._key,
            "room": self.room,
            "slots": self.slots,
            "threads": threads,
        }
        try:
            self._process.stdin.write(json.dumps(wish) + "\n")
            self._process.stdin.flush()
            address = self._process.stdout.readline().strip()
        except BrokenPipeError:
            address = ""
        if not address.startswith("http://127.0.0.1:"):
            raise ModelError(self._problem("llama.cpp does not open this file"))
        return address

    def _problem(self, text: str) -> Problem:
        """With the last thing that llama.cpp said about it."""
        self._end()
        self._said.seek(0)
        lines = self._said.read()[-20_000:].decode(errors="replace").splitlines()
        self._said.close()
        said = [
            line for line in lines if "error" in line.lower() or "failed" in line.lower()
        ] or lines
        more = (
            f": {said[-1].strip()[-300:]}"
            if said
            else f" (it ended with {self._process.returncode})"
        )
        return Problem("M135", text + more, str(self.file), help="write the file again")

    def close(self) -> None:
        self._end()
        self._said.close()

    def ask(self, path: str, body: dict[str, Any]) -> Any:
        """The JSON that the server answers with.

        Raises:
            ModelError: M135, it refuses the request, or it has ended.
        """
        with self._send(path, body) as response:
            return json.load(response)

    def lines(self, path: str, body: dict[str, Any]) -> Iterator[Any]:
        """The JSON of each event of a stream."""
        with self._send(path, {**body, "stream": True}) as response:
            for line in response:
                if line.startswith(b"data: {"):
                    yield json.loads(line[6:])

    def _send(self, path: str, body: dict[str, Any]) -> Any:
        head = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        request = urllib.request.Request(
            self.address + path, data=json.dumps(body).encode(), headers=head
        )
        try:
            return self._opener.open(request, timeout=WAIT)
        except urllib.error.HTTPError as error:
            with error:
                said = error.read().decode(errors="replace")
            raise ModelError(
                Problem("M135", f"llama.cpp refuses {path}: {_message(said)}", str(self.file))
            ) from error
        except OSError as error:
            raise ModelError(self._problem(f"llama.cpp has stopped ({error})")) from error


def missing() -> str:
    """What is not installed, or nothing."""
    return (
        ""
        if package_version("xllamacpp") != "none"
        else "llama.cpp's Python package, xllamacpp, is not installed"
    )


def _stop(process: subprocess.Popen[str]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _message(said: str) -> str:
    try:
        return str(json.loads(said)["error"]["message"])[:500]
    except (ValueError, KeyError, TypeError):
        return said[:500]
