"""What asking a model behind an address costs beside the waiting, and how a written label compares
with a scored one.

    python benchmarks/remote.py [--quick] [--only pace,labels] [--rounds N] [--rows N]

pace    a service on this machine that answers after 20 ms, asked by assay (limits, retries, each
        answer kept on the disk before the next is counted) and by httpx2 in as many threads, which
        is the peer. They take turns.
labels  six labels of banking77, four examples in the prompt, SmolLM2: scored in this process;
        written by a llama.cpp server (xllamacpp) held to a JSON schema; written by it freely. The
        same rows, so differences are paired.

Prints Markdown and writes benchmarks/out/remote.json.
"""

from __future__ import annotations

import argparse
import json
import queue
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from assay.core.answers import Decoding, Form
from assay.core.store import write_json
from assay.core.types import Message, Messages, Task
from assay.models.loading.catalogue import entry_of
from assay.models.loading.fetch import fetch
from assay.models.open import open_model
from assay.models.remote.endpoint import Endpoint
from assay.models.remote.remote_model import RemoteModel
from assay.stats.intervals import paired_interval
from assay.tasks import parsing
from assay.tasks.prompt_format import ask, example_turns
from contest import processor
from workloads import banking77

HERE = Path(__file__).parent
MODEL = "smollm2-135m"
DELAY, AT_ONCE = 0.02, 16
SERVICE = """
import json, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(%s)
        choice = {"message": {"content": "yes"}, "finish_reason": "stop"}
        data = json.dumps({"model": "m", "choices": [choice],
                           "usage": {"prompt_tokens": 10, "completion_tokens": 1}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def log_message(self, *args):
        pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
"""
LLAMA = """
import sys, xllamacpp
wish = xllamacpp.CommonParams()
wish.model.path, wish.hostnames, wish.port = sys.argv[1], ["127.0.0.1"], 0
wish.n_ctx, wish.n_parallel, wish.warmup = 8192, 2, False
server = xllamacpp.Server(wish)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few questions and one round")
    parser.add_argument("--only", type=lambda text: text.split(","), default=["pace", "labels"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=1000, help="of a round of pace")
    parser.add_argument("--rows", type=int, default=200, help="of labels")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.requests, options.rows = 1, 200, 24
    results: dict[str, Any] = {"processor": processor()}
    print(f"\n{results['processor']}\n", flush=True)
    for name, measure, table in (("pace", pace, pace_table), ("labels", labels, labels_table)):
        if name in options.only:
            results[name] = measure(options)
            write_json(HERE / "out" / "remote.json", results)
            print(table(results[name]), flush=True)


@contextmanager
def running(code: str, *arguments: str) -> Iterator[str]:
    """A server in a process of its own; its address."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        yield f"{process.stdout.readline().strip()}/v1"
        process.kill()


# --- pace -----------------------------------------------------------------------------------------


def pace(options: argparse.Namespace) -> dict[str, Any]:
    rates: dict[str, list[float]] = {"assay": [], "httpx2": []}
    with running(SERVICE % DELAY) as url, tempfile.TemporaryDirectory() as place:
        for number in range(options.rounds):
            prompts = [
                (Message("user", f"question {number} {i}"),) for i in range(options.requests)
            ]
            for name, send in (("assay", by_assay), ("httpx2", by_httpx2)):
                begun = time.perf_counter()
                send(url, prompts, Path(place))
                rates[name].append(len(prompts) / (time.perf_counter() - begun))
    return {"delay": DELAY, "at_once": AT_ONCE, "most": AT_ONCE / DELAY, "per_second": rates}


def by_assay(url: str, prompts: list[Messages], place: Path) -> None:
    model = RemoteModel("m", Endpoint(url=url, model="m", concurrency=AT_ONCE), place)
    assert all(one.text == "yes" for one in model.generate(prompts, max_tokens=4))
    model.client.close()


def by_httpx2(url: str, prompts: list[Messages], place: Path) -> None:
    import httpx2

    todo: queue.SimpleQueue[Messages] = queue.SimpleQueue()
    for prompt in prompts:
        todo.put(prompt)
    limits = httpx2.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)

    def work() -> None:
        while True:
            try:
                prompt = todo.get_nowait()
            except queue.Empty:
                return
            body = {
                "model": "m",
                "messages": [{"role": m.role, "content": m.content} for m in prompt],
            }
            said = client.post(f"{url}/chat/completions", json=body).json()
            assert said["choices"][0]["message"]["content"] == "yes"

    with httpx2.Client(limits=limits, trust_env=False) as client:
        threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def pace_table(told: dict[str, Any]) -> str:
    ours, peer = (median(told["per_second"][name]) for name in ("assay", "httpx2"))
    lines = [
        f"{told['at_once']} at a time, {1000 * told['delay']:g} ms each: at most"
        f" {told['most']:,.0f} a second",
        "",
    ]
    lines += ["| asked by | requests a second | of httpx2 |", "|---|---:|---:|"]
    lines += [
        f"| {name} | {rate:,.0f} | {rate / peer:.2f}x |"
        for name, rate in (("assay", ours), ("httpx2", peer))
    ]
    return "\n".join(lines) + "\n"


# --- labels ---------------------------------------------------------------------------------------


def labels(options: argparse.Namespace) -> dict[str, Any]:
    draw = random.Random(0)
    full, train = banking77("train")
    chosen = tuple(sorted(draw.sample(full.labels, 6)))
    task = Task(kind="classify", labels=chosen)
    shots = draw.sample([row for row in train if row.target in chosen and len(row.text) <= 60], 4)
    rows = [row for row in banking77("test")[1] if row.target in chosen]
    rows = draw.sample(rows, min(options.rows, len(rows)))
    prompts = []
    for row in rows:
        system, *last = ask(task, row, labels=True)
        prompts.append(
            (system, *(turn for shot in shots for turn in example_turns(task, shot)), *last)
        )
    begun = time.perf_counter()
    scores = open_model(MODEL).score(prompts, chosen)
    ways: dict[str, Any] = {"scored": {"said": [chosen[i] for i in scores.argmax(1)]}}
    ways["scored"]["seconds"] = (time.perf_counter() - begun) / len(rows)
    entry = entry_of(MODEL)
    assert entry is not None
    with running(LLAMA, str(fetch(entry) / entry.gguf)) as url:
        model = RemoteModel("m", Endpoint(url=url, model="m", concurrency=2, timeout=600))
        form = Form("choice", json.dumps(chosen))
        model.generate(prompts[:1], max_tokens=1)  # what all prompts share is read once
        for name, how in (
            ("held to a schema", Decoding(form=form)),
            ("written freely", Decoding()),
        ):
            begun = time.perf_counter()
            found = model.generate(prompts, max_tokens=24, how=how)
            ways[name] = {"said": [parsing.lenient(task, one.text) for one in found]}
            ways[name]["seconds"] = (time.perf_counter() - begun) / len(rows)
            ways[name]["tokens"] = sum(one.tokens for one in found) / len(found)
    return {"rows": len(rows), "targets": [row.target for row in rows], "ways": ways}


def labels_table(told: dict[str, Any]) -> str:
    import numpy as np

    def right(way: dict[str, Any]) -> Any:
        return np.array(
            [[float(a == b)] for a, b in zip(way["said"], told["targets"], strict=True)]
        )

    first = right(told["ways"]["scored"])
    lines = [f"{told['rows']} rows, 6 labels; differences to the scored labels, 95 %", ""]
    lines += [
        "| labels | accuracy | difference | unreadable | s a row |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, way in told["ways"].items():
        own = right(way)
        gap = "–"
        if name != "scored":
            found = paired_interval(own, first, lambda sums, n: sums[..., 0] / n)
            gap = f"{found.value:+.3f} ({found.low:+.3f} to {found.high:+.3f})"
        unread = sum(said is None for said in way["said"])
        lines.append(f"| {name} | {own.mean():.3f} | {gap} | {unread} | {way['seconds']:.2f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
