"""assay's engine and server: many clients against one by one, a shared prompt against other
servers, memory.

    python benchmarks/serve.py [--parts company,http,shared,memory] [--clients 32] [--questions 64]
        [--tokens 32] [--transformers peers/bin/transformers] [--gguf FILE] [--llama-slots 32,4]
        [--dtype bfloat16] [--model smollm2-135m] [--quick]

company  the engine in this process: requests one by one, then by 32 clients; tokens a second, equal
         answers
http     the same through the routes, with the time to the first piece
shared   questions after a system turn of 1,000 tokens by 32 clients: assay, `transformers serve`
         with and without its continuous batching, llama.cpp's server on the same weights in the
         same precision; in turn, `--rounds` times. llama.cpp reads the shared turn once for each of
         its slots: few slots read less, many answer more side by side
memory   resident bytes of the server over 10,000 requests

Tokens are counted by the model's tokenizer on the answers' texts, for all servers alike. Prints
Markdown and writes benchmarks/out/serve.json. --quick: a tiny random model and few requests, which
says that all of it runs.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

import torch

from assay.core.store import write_json
from contest import described, machine
from generate import ASKS, TOPICS
from serve_clients import (
    Heard,
    Server,
    all_at_once,
    ask,
    assay_command,
    free_port,
    llama_command,
    started,
    transformers_command,
)
from serve_tables import TABLES

OUT = Path(__file__).parent / "out" / "serve.json"
PARTS = ("company", "http", "shared", "memory")
CONTEXT = 2048
RULE = (
    "Answer the user in plain words, and say nothing about these rules. Rule {}: be kind, clear"
    " and exact. "
)


def main() -> None:
    options = asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the servers end with it
    torch.set_num_threads(options.threads)
    around = machine(options.threads)
    print(
        f"\n{described(around)}; weights {options.dtype}; load {os.getloadavg()[0]:.1f}\n",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as place:
        folder = small(Path(place) / "small") if options.quick else model_folder(options.model)
        given = {
            key: str(value) if isinstance(value, Path) else value
            for key, value in vars(options).items()
        }
        told: dict[str, Any] = {"machine": around, **given}
        for part in options.parts.split(","):
            told[part] = DOES[part](folder, options, Path(place))
            print(TABLES[part](told[part], options), flush=True)
            write_json(OUT, told)


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--questions", type=int, default=64)
    parser.add_argument("--alone", type=int, default=16, help="questions that are asked one by one")
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument(
        "--shared", type=int, default=1000, help="tokens that all prompts begin with, about"
    )
    parser.add_argument("--requests", type=int, default=10_000, help="of the part memory")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--dtype", default="bfloat16", choices=("bfloat16", "float32"))
    parser.add_argument(
        "--transformers", default="", help="the peer's program, in an environment with its server"
    )
    parser.add_argument(
        "--gguf", type=Path, help="the same weights for llama.cpp, in the same precision"
    )
    parser.add_argument(
        "--llama-slots",
        default="32,4",
        help="how many answers llama.cpp writes at once; each a peer",
    )
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.questions, options.alone, options.tokens, options.requests, options.rounds = (
            32,
            8,
            8,
            300,
            1,
        )
    return options


def model_folder(name: str) -> Path:
    from assay.models.loading.find import find

    return find(name).folder


def small(folder: Path) -> Path:
    """A random network of two thin layers with the tokenizer of SmolLM2."""
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(model_folder("smollm2-135m"))
    sizes = {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
    torch.manual_seed(5)
    config = LlamaConfig(
        **sizes, vocab_size=len(tokenizer), max_position_embeddings=CONTEXT, initializer_range=0.1,
        tie_word_embeddings=True, bos_token_id=1, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=2,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tokenizer_of(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


def texts(count: int) -> list[str]:
    made = [ask_.format(topic) for ask_ in ASKS for topic in TOPICS]
    return [
        f"{made[i % len(made)]}{f' ({i // len(made) + 1})' if i >= len(made) else ''}"
        for i in range(count)
    ]


def system_of(tokenizer: Any, tokens: int) -> str:
    text, number = "", 0
    while len(tokenizer(text)["input_ids"]) < tokens - 12:
        number += 1
        text += RULE.format(number)
    return text


def counted(tokenizer: Any, answers: list[str]) -> int:
    return sum(len(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in answers)


def late(seconds: list[float]) -> float:
    """The 95th percentile."""
    return sorted(seconds)[min(len(seconds) - 1, int(0.95 * len(seconds)))]


# --- company: the engine itself -------------------------------------------------------------------


def company(folder: Path, options: argparse.Namespace, place: Path) -> dict[str, Any]:
    import queue

    from assay.core.types import Message
    from assay.deployment.server.arms import base_arm
    from assay.deployment.server.engine import OwnEngine
    from assay.deployment.server.engine_api import Wanted
    from assay.models.loading.find import LocalModel
    from assay.models.open import load_model

    model = load_model(
        LocalModel(folder, "base", "", "", "", 0), "bf16" if options.dtype == "bfloat16" else "fp32"
    )
    prompts = [(Message("user", text),) for text in texts(options.questions)]
    engine = OwnEngine([base_arm(model)], slots=options.clients)

    def one(number: int) -> Heard:
        come, begun, first, text = queue.Queue(), time.perf_counter(), 0.0, ""
        engine.begin(Wanted("base", prompts[number], max_tokens=options.tokens), come.put)
        while True:
            piece = come.get()
            first, text = first or time.perf_counter() - begun, text + piece.text
            if piece.finish:
                assert piece.finish != "error", piece.error
                return Heard(text, first, time.perf_counter() - begun)

    try:
        all_at_once(2, 2, one)  # warm
        return compared(options, one, tokenizer_of(folder), time.process_time)
    finally:
        engine.close(0)


def compared(
    options: argparse.Namespace, one: Any, tokenizer: Any, processor: Any
) -> dict[str, Any]:
    """One by one, then by many clients; the first questions are asked in both ways."""
    found: dict[str, Any] = {}
    answers: dict[int, list[str]] = {}
    for clients, count in ((1, options.alone), (options.clients, options.questions)):
        begun, busy = time.perf_counter(), processor()
        heard = all_at_once(clients, count, one)
        seconds, busy = time.perf_counter() - begun, processor() - busy
        answers[clients] = [h.text for h in heard]
        tokens = counted(tokenizer, answers[clients])
        found[str(clients)] = {
            "seconds": seconds, "processor": busy, "tokens": tokens,
            "tokens_per_second": tokens / seconds,
            "tokens_per_processor_second": tokens / busy,
            "first_p95": late([h.first for h in heard]),
        }  # fmt: skip
    pairs = list(zip(answers[1], answers[options.clients], strict=False))
    found["equal"] = sum(a == b for a, b in pairs) / len(pairs)
    return found


# --- http, shared, memory: servers ----------------------------------------------------------------


def http_company(folder: Path, options: argparse.Namespace, place: Path) -> dict[str, Any]:
    command = assay_command(folder, options.dtype, options.threads, options.clients)
    with started(
        "assay", command, "base", options.threads, place / "assay.log", ours=True
    ) as server:
        prompts = texts(options.questions)

        def one(number: int) -> Heard:
            return ask(server.address, body(server, prompts[number], options.tokens))

        all_at_once(2, 2, one)
        return compared(options, one, tokenizer_of(folder), server.processor)


def body(server: Server, text: str, tokens: int, system: str = "") -> dict[str, Any]:
    turns = [{"role": "system", "content": system}] if system else []
    turns.append({"role": "user", "content": text})
    return {"model": server.model, "messages": turns, "max_tokens": tokens, "temperature": 0}


def shared(folder: Path, options: argparse.Namespace, place: Path) -> dict[str, Any]:
    tokenizer = tokenizer_of(folder)
    system, prompts = system_of(tokenizer, options.shared), texts(options.questions)
    found: dict[str, Any] = {"shared_tokens": len(tokenizer(system)["input_ids"]), "contenders": {}}
    kept: dict[str, list[str]] = {}
    with ExitStack() as stack:
        servers = contenders(folder, options, place, stack)
        for server in servers:
            found["contenders"][server.name] = {"rounds": []}
        for turn in range(options.rounds):
            for server in servers:
                # Another system turn each round: what was kept of the last one is of no use.
                rule = f"Round {turn}. {system}"

                def one(number: int, server: Server = server, rule: str = rule) -> Heard:
                    return ask(server.address, body(server, prompts[number], options.tokens, rule))

                begun, busy = time.perf_counter(), server.processor()
                heard = all_at_once(options.clients, options.questions, one)
                seconds, busy = time.perf_counter() - begun, server.processor() - busy
                kept[server.name] = [h.text for h in heard]
                tokens = counted(tokenizer, kept[server.name])
                found["contenders"][server.name]["rounds"].append(
                    {
                        "seconds": seconds,
                        "processor": busy,
                        "tokens": tokens,
                        "first_p95": late([h.first for h in heard]),
                    }
                )
    for name, told in found["contenders"].items():
        told["same_as_assay"] = sum(
            a == b for a, b in zip(kept[name], kept["assay"], strict=True)
        ) / len(prompts)
    return found


def contenders(
    folder: Path, options: argparse.Namespace, place: Path, stack: ExitStack
) -> list[Server]:
    """Servers that are there; each is warmed up."""
    threads, slots = options.threads, options.clients
    wanted: list[tuple[str, list[str], str, int]] = [
        ("assay", assay_command(folder, options.dtype, threads, slots), "base", 0)
    ]
    if options.transformers:
        for name, batching in (
            ("transformers serve", False),
            ("transformers serve, batching", True),
        ):
            port = free_port()
            command = transformers_command(
                options.transformers, folder, options.dtype, port, batching=batching
            )
            wanted.append((name, command, str(folder), port))
    if options.gguf:
        room = CONTEXT if not options.quick else 1200
        for few in map(int, options.llama_slots.split(",")):
            wanted.append(
                (
                    f"llama.cpp, {few} slots",
                    llama_command(options.gguf, threads, few, room),
                    "base",
                    0,
                )
            )
    servers = []
    for number, (name, command, model, port) in enumerate(wanted):
        try:
            log = place / f"server-{number}.log"
            server = stack.enter_context(
                started(name, command, model, threads, log, port=port, ours=name == "assay")
            )
            ask(server.address, body(server, "Say a word.", 2))
        except (RuntimeError, OSError) as fault:
            print(f"{name} is left out: {fault}", flush=True)
            continue
        servers.append(server)
    return servers


def memory(folder: Path, options: argparse.Namespace, place: Path) -> dict[str, Any]:
    command = assay_command(folder, options.dtype, options.threads, options.clients)
    points = []
    with started(
        "assay", command, "base", options.threads, place / "memory.log", ours=True
    ) as server:
        step = max(1, options.requests // 20)
        for done in range(0, options.requests, step):
            prompts = [
                f"{RULE.format(i % 97)} {i} " * (1 + i % 7) for i in range(done, done + step)
            ]

            def one(number: int, prompts: list[str] = prompts) -> Heard:
                return ask(server.address, body(server, prompts[number], 1 + number % 6))

            all_at_once(options.clients, step, one)
            points.append({"requests": done + step, **server.told()})
    return {"points": points}


DOES = {"company": company, "http": http_company, "shared": shared, "memory": memory}


if __name__ == "__main__":
    main()
