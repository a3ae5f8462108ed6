"""Clients of an OpenAI server, many at a time, and the servers that serve.py compares, as child
processes."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contest import PEERS, environment

PATIENCE = 600  # seconds without a byte of an answer
LOADING = 240  # seconds until a server must answer


@dataclass
class Heard:
    """One answer. `first`, `seconds`: until its first piece, and until its end."""

    text: str
    first: float
    seconds: float


def ask(address: str, body: Mapping[str, Any]) -> Heard:
    """One streamed chat completion.

    Raises:
        RuntimeError: the server answered with something else.
    """
    parts = urlsplit(address)
    assert parts.hostname
    line = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    begun, first, text = time.perf_counter(), 0.0, ""
    try:
        sent = json.dumps({**body, "stream": True}).encode()
        line.request("POST", "/v1/chat/completions", sent, {"Content-Type": "application/json"})
        response = line.getresponse()
        if response.status != 200:
            raise RuntimeError(f"{response.status} {response.read()[:300]!r}")
        for row in response:
            if row.startswith(b"data: {"):
                choices = json.loads(row[6:]).get("choices") or [{}]
                if piece := (choices[0].get("delta") or {}).get("content"):
                    first = first or time.perf_counter() - begun
                    text += piece
    finally:
        line.close()
    return Heard(text, first, time.perf_counter() - begun)


def all_at_once(clients: int, count: int, one: Any) -> list[Any]:
    """`one(i)` for each i below `count`, by so many clients, each of which asks again when it was
    answered."""
    out: list[Any] = [None] * count
    numbers, lock, faults = iter(range(count)), threading.Lock(), []

    def work() -> None:
        while not faults:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            try:
                out[number] = one(number)
            except (OSError, RuntimeError, ValueError, http.client.HTTPException) as fault:
                faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise RuntimeError(str(faults[0]))
    return out


@dataclass
class Server:
    """A server that listens. `model`: the name that it is asked by."""

    name: str
    address: str
    model: str
    process: subprocess.Popen[str]

    def processor(self) -> float:
        """Seconds of all its threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def told(self) -> dict[str, Any]:
        """What assay's server says of its memory."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("memory\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextmanager
def started(
    name: str,
    command: Sequence[str],
    model: str,
    threads: int,
    log: Path,
    *,
    port: int = 0,
    ours: bool = False,
) -> Iterator[Server]:
    """A server as a child; it says its address on a line, or listens on `port`."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=said if port else subprocess.PIPE,
            stderr=said,
            text=True,
            env=environment(threads, ours=ours),
        )
    try:
        if port:
            address = f"http://127.0.0.1:{port}"
            waited(port, process)
        else:
            assert process.stdout
            address = process.stdout.readline().strip()
        if not address.startswith("http://"):
            raise RuntimeError(f"{name} did not start: {log.read_text(errors='replace')[-400:]}")
        yield Server(name, address, model, process)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def waited(port: int, process: subprocess.Popen[str]) -> None:
    for _ in range(LOADING):
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            raise RuntimeError(f"a server ended with {process.returncode}")
        time.sleep(1)
    raise RuntimeError("a server does not listen")


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


def assay_command(folder: Path, dtype: str, threads: int, slots: int) -> list[str]:
    return [
        sys.executable,
        str(PEERS / "assay_server.py"),
        str(folder),
        dtype,
        str(threads),
        str(slots),
    ]


def llama_command(file: Path, threads: int, slots: int, room: int) -> list[str]:
    return [
        sys.executable,
        str(PEERS / "llama_server.py"),
        str(file),
        str(threads),
        str(slots),
        str(room),
    ]


def transformers_command(
    program: str, folder: Path, dtype: str, port: int, *, batching: bool
) -> list[str]:
    more = ["--continuous-batching"] if batching else []
    where = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    return [program, "serve", str(folder), *where, "--dtype", dtype, *more]
