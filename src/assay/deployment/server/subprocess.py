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
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from assay.core.errors import Problem, ResourceError
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
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = wish["threads"]
p.use_jinja, p.ui, p.ctx_shift, p.endpoint_slots = True, False, False, False
server = xllamacpp.Server(p)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True)
class Child:
    """A server that listens. `end` stops it; so does the end of this process."""

    address: str
    key: str
    end: Callable[[], object]


def llama_cpp(file: Path, name: str, *, context: int, slots: int, threads: int) -> Child:
    """llama.cpp's server over one GGUF file. `context`: tokens that each slot has.

    Raises:
        ResourceError: R051, xllamacpp is not installed; R052, it does not start.
    """
    _require_installed("xllamacpp", "llama.cpp", 'pip install "assay[gguf]"')
    key = secrets.token_hex(16)
    process = _process([sys.executable, "-c", _LLAMA], {})
    sizes = {"context": context, "slots": slots, "threads": threads}
    assert process.stdin and process.stdout
    try:
        process.stdin.write(
            json.dumps({"file": str(file), "name": name, "key": key, **sizes}) + "\n"
        )
        process.stdin.flush()
        address = process.stdout.readline().strip()
    except BrokenPipeError:
        address = ""
    if not address.startswith("http://127.0.0.1:"):
        _refuse("llama.cpp", process, str(file))
    return Child(address, key, weakref.finalize(process, end_process, process, LEAVING))


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
    process = _process(
        command, {"VLLM_API_KEY": key, "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}
    )
    until = time.monotonic() + LOADING
    while not _listens(port):
        if process.poll() is not None or time.monotonic() > until:
            _refuse("vLLM", process, str(folder))
        time.sleep(0.5)
    return Child(
        f"http://127.0.0.1:{port}", key, weakref.finalize(process, end_process, process, LEAVING)
    )


def _require_installed(package: str, called: str, way: str) -> None:
    if find_spec(package) is None:
        raise ResourceError(
            Problem("R051", f"{called} is not installed: there is no package {package}", help=way)
        )


def _process(command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environment},
    )


def _refuse(called: str, process: subprocess.Popen[str], place: str) -> None:
    end_process(process, LEAVING)
    text = f"{called} does not start over it (it ended with {process.returncode})"
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
