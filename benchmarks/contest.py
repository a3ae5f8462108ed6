"""Contenders as processes that take turns, and the machine they do it on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.core.store import write_json
from assay.models.environment import STARTED_WITH, processor_flags

PEERS = Path(__file__).parent / "peers"


class Child:
    """A contender's process: loads its job, says that it is ready, and does a round for each "go".

    One that fails keeps why; the others go on.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        job: dict[str, Any],
        place: Path,
        env: Mapping[str, str],
    ):
        """
        Args:
            command: interpreter and script; the job's file is added. place: folder for job and log.
        """
        self.name = name
        self.rounds: list[dict[str, Any]] = []
        self.start: dict[str, Any] = {}
        self.failure = ""
        stem = "".join(c if c.isalnum() else "-" for c in name)
        write_json(place / f"{stem}.json", job)
        self._command = [*command, str(place / f"{stem}.json")]
        self._environment = dict(env)
        self._log = place / f"{stem}.log"
        self._process: subprocess.Popen[str] | None = None

    def ready(self) -> None:
        """Start it and wait until it has loaded and warmed up."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self._environment,
            )
        self.start = self._read(self._process)

    def go(self) -> None:
        """One round."""
        if self._process and self._process.stdin and not self.failure:
            self._process.stdin.write("go\n")
            self._process.stdin.flush()
            if told := self._read(self._process):
                self.rounds.append(told)

    def _read(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        line = process.stdout.readline() if process.stdout else ""
        if line:
            return json.loads(line)
        code = process.wait()
        said = self._log.read_text(errors="replace").strip().splitlines()
        self.failure = f"signal {-code}" if code < 0 else said[-1] if said else f"exit code {code}"
        print(f"{self.name} failed: {self.failure}", file=sys.stderr)
        return {}

    def end(self) -> None:
        if self._process is None:
            return
        try:
            self._process.communicate(timeout=20)  # closes its stdin: no further round
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def take_turns(children: Sequence[Child], rounds: int) -> None:
    """All get ready, one after the other; then rounds of one turn each: all see the machine in the
    same state."""
    try:
        for child in children:
            child.ready()
        for _ in range(rounds):
            for child in children:
                child.go()
    finally:
        for child in children:
            child.end()


def environment(threads: int, *, ours: bool) -> dict[str, str]:
    """assay's contenders get what its worker sets; the peer runs as people run it, with the same
    threads."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))
    }
    own = STARTED_WITH if ours else {}
    return {
        **kept,
        **own,
        "OMP_NUM_THREADS": str(threads),
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
    }


def machine(threads: int) -> dict[str, Any]:
    """Processor and peak rates, measured in a process of its own."""
    command = [sys.executable, str(PEERS / "machine.py"), str(threads)]
    env = environment(threads, ours=False)
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    return {"processor": processor(), "threads": threads, **json.loads(done.stdout)}


def processor() -> str:
    try:
        lines: Sequence[str] = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = ()
    name = next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")),
        "unknown processor",
    )
    wide = sorted(processor_flags() & {"amx_bf16", "avx512_bf16", "avx512f", "avx2"})
    return f"{name} ({', '.join(wide)})"


def described(machine: dict[str, Any]) -> str:
    return (
        f"{machine['processor']},"
        f" {machine['threads']} threads; 2048^3 products: fp32 {machine['fp32_gflops']:,.0f},"
        f" bf16 {machine['bf16_gflops']:,.0f} GFLOP/s; copy {machine['copy_gb_per_second']} GB/s"
    )
