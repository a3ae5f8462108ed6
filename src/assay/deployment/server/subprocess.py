"""Servers of others as children of this process, on loopback: llama.cpp over a GGUF file, vLLM over
a model folder.

How      A child ends when its standard input does, so that none is left when this process is
         killed. Its key is made here and handed over by its input or its environment, where no list
         of processes shows it.
Costs    The child has the weights in memory, and this process has none where only the child writes.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from assay.core.errors import Problem, ResourceError
from assay.core.module_path import import_settings
from assay.core.processes import UNTIL_INPUT_ENDS, end_process

LOADING = 600.0  # seconds until a child must listen
LEAVING = 10.0  # seconds that it has to end
_LLAMA = """
import json, sys
wish = json.loads(sys.stdin.readline())
import xllamacpp
p = xllamacpp.CommonParams()
p.model.path, p.model_alias, p.hostnames, p.port = wish["file"], {wish["name"]}, ["127.0.0.1"], 0
p.api_keys, p.n_parallel, p.kv_unified = [wish["key"]], wish["slots"], False
p.n_ctx = wish["context"] * wish["slots"]
p.use_jinja, p.ui, p.ctx_shift, p.endpoint_slots = True, False, False, False
for name, value in wish["settings"].items():
    setattr(p, name, value)
for part in (p.cpuparams, p.cpuparams_batch):
    for name, value in wish["processor"].items():
        setattr(part, name, value)
server = xllamacpp.Server(p)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


class Child:
    """A server of another program. `end` stops it; so does the end of this process, or nobody's
    holding this object any more.

    Args:
        log: what it says is written there; None: nowhere.

    Attributes:
        address: up to the port; "" until it is known. key: what it is asked with.
    """

    def __init__(
        self,
        command: list[str],
        environment: Mapping[str, str],
        *,
        key: str,
        address: str = "",
        log: IO[bytes] | None = None,
    ):
        self.key, self.address = key, address
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log or subprocess.DEVNULL,
            text=True,
            env={**os.environ, **import_settings(), **environment},
        )
        self.end: Callable[[], object] = weakref.finalize(self, end_process, self.process, LEAVING)

    def read_address(self, wish: Mapping[str, Any]) -> None:
        """Tell it what to load, and wait for where it listens."""
        assert self.process.stdin and self.process.stdout
        with suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(wish) + "\n")
            self.process.stdin.flush()
            said = self.process.stdout.readline().strip()
            self.address = said if said.startswith("http://127.0.0.1:") else ""


def launch_llama_cpp(
    file: Path,
    name: str,
    *,
    context: int,
    slots: int,
    processor: Mapping[str, int],
    settings: Mapping[str, Any] | None = None,
    log: IO[bytes] | None = None,
) -> Child:
    """llama.cpp's server over one GGUF file; without an address where it does not open it. It has
    xllamacpp alone in it: a file that makes llama.cpp abort ends the child, not this process.

    Args:
        context: tokens that each slot has. processor, settings: of llama.cpp, by their names there.
    """
    key = secrets.token_hex(16)
    child = Child([sys.executable, "-c", _LLAMA], {}, key=key, log=log)
    child.read_address(
        {
            "file": str(file),
            "name": name,
            "key": key,
            "context": context,
            "slots": slots,
            "processor": processor,
            "settings": settings or {},
        }
    )
    return child


def llama_cpp(file: Path, name: str, *, context: int, slots: int, threads: int) -> Child:
    """llama.cpp's server, as it is served from. `context`: tokens that each slot has.

    Raises:
        ResourceError: R051, xllamacpp is not installed; R052, it does not start.
    """
    _require_installed("xllamacpp", "llama.cpp", 'pip install "assay[gguf]"')
    child = launch_llama_cpp(
        file, name, context=context, slots=slots, processor={"n_threads": threads}
    )
    if not child.address:
        _refuse("llama.cpp", child, str(file))
    return child


def vllm(
    folder: Path,
    name: str,
    *,
    adapters: Mapping[str, Path] | None = None,
    context: int,
    slots: int,
    port: int = 0,
) -> Child:
    """vLLM's server over a model folder, with adapters in PEFT's form under names of their own.

    Raises:
        ResourceError: R051, vLLM is not installed; R052, it does not start.
    """
    _require_installed(
        "vllm", "vLLM", "pip install vllm, in an environment of its own: it pins torch"
    )
    key, port = secrets.token_hex(16), port or _free()
    lora = [f"{adapter}={place}" for adapter, place in (adapters or {}).items()]
    more = ["--enable-lora", "--lora-modules", *lora] if lora else []
    command = [
        *(
            sys.executable,
            "-c",
            UNTIL_INPUT_ENDS,
            sys.executable,
            "-m",
            "vllm.entrypoints.openai.api_server",
        ),
        *(
            "--model",
            str(folder),
            "--served-model-name",
            name,
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ),
        *(
            "--max-model-len",
            str(context),
            "--max-num-seqs",
            str(slots),
            "--enable-prefix-caching",
            *more,
        ),
    ]
    variables = {"VLLM_API_KEY": key, "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}
    child = Child(command, variables, key=key, address=f"http://127.0.0.1:{port}")
    until = time.monotonic() + LOADING
    while not _listens(port):
        if child.process.poll() is not None or time.monotonic() > until:
            _refuse("vLLM", child, str(folder))
        time.sleep(0.5)
    return child


def _require_installed(package: str, called: str, way: str) -> None:
    if find_spec(package) is None:
        raise ResourceError(
            Problem("R051", f"{called} is not installed: there is no package {package}", help=way)
        )


def _refuse(called: str, child: Child, place: str) -> None:
    child.end()
    text = f"{called} does not start over it (it ended with {child.process.returncode})"
    raise ResourceError(
        Problem("R052", text, place, "serve with engine: own, or export the model again")
    )


def _free() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


def _listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0
