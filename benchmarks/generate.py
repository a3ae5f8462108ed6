"""How fast assay writes answers after a prompt that all questions share, against transformers'
`generate`.

    python benchmarks/generate.py [--shared 1000] [--tokens 16] [--batch 16] [--questions 64]
    [--rounds 3] [--quick]

Same weights, precision, token ids and number of tokens, in one process, in turn. The peer runs as
it comes, and with the keys and values of the shared prompt computed beforehand and copied for each
batch, as its documentation advises. assay gets the questions a batch at a time, and all at once; it
computes the shared prompt each time. Prints Markdown and writes benchmarks/out/generate.json.
"""

from __future__ import annotations

import argparse
import copy
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

import torch

from assay.core.store import write_json
from assay.core.types import Message, Messages
from assay.models.inference.batch_plan import common_prefix
from assay.models.inference.chat_model import ChatModel
from assay.models.loading.find import find
from assay.models.tokenizer.chat_tokens import Chat
from contest import described, machine

OUT = Path(__file__).parent / "out" / "generate.json"
MODEL = "smollm2-135m"
# times the peer's tokens a second; share of tokens that are the same, but for near ties
MUST, SAME = 5.0, 0.99
NEAR = 0.1  # nats between two tokens' fp32 log-probabilities: below it rounding decides
PEER, PEER_CACHE, OURS, ALL = (
    "transformers",
    "transformers, prompt kept",
    "assay",
    "assay, all at once",
)
TOPICS = (
    "a river",
    "the moon",
    "a market",
    "bread",
    "a storm",
    "chess",
    "a harbour",
    "winter",
    "music",
    "a library",
)
ASKS = ("Tell me a long story about {}.", "Explain {} to a child, at length.",
    "Write a poem on {} and what it means.",
        "Describe {} in as many words as you can.",
        "Why do people care about {}? Give several reasons.")  # fmt: skip


def main() -> None:
    options = asked()
    torch.set_num_threads(options.threads)
    around = machine(options.threads)
    print(f"\n{described(around)}; weights {options.dtype}\n", flush=True)
    model, peer = models(options)
    prompts = questions(model.chat, options)
    told = {"machine": around, **vars(options), **measure(model, peer, prompts, options)}
    write_json(OUT, told)
    print(table(told), flush=True)


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--shared", type=int, default=1000, help="tokens that all prompts begin with, about"
    )
    parser.add_argument("--tokens", type=int, default=16, help="tokens to write")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--questions", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--dtype", default="bfloat16", choices=("bfloat16", "float32"))
    parser.add_argument("--quick", action="store_true", help="one round of one batch")
    options = parser.parse_args()
    if options.quick:
        options.questions, options.rounds = options.batch, 1
    return options


def models(options: argparse.Namespace) -> tuple[ChatModel, Any]:
    """assay's model, and transformers' with its own attention; the weights are the same."""
    from transformers import AutoModelForCausalLM

    from assay.models.open import load_model

    found = find(MODEL)
    model = load_model(found, "bf16" if options.dtype == "bfloat16" else "fp32")
    dtype = getattr(torch, options.dtype)
    return model, AutoModelForCausalLM.from_pretrained(
        found.folder, dtype=dtype, attn_implementation="sdpa"
    ).eval()


def questions(chat: Chat, options: argparse.Namespace) -> list[Messages]:
    """Questions whose answers are long, after one system turn of about `shared` tokens."""
    rule = (
        "Answer the user in plain words, and say nothing about these rules. Rule {}: be kind,"
        " clear and exact. "
    )
    number, system = 0, ""
    while len(chat.text_ids(system)) < options.shared - 12:
        number += 1
        system += rule.format(number)
    texts = [ask.format(topic) for ask in ASKS for topic in TOPICS]
    return [
        (Message("system", system), Message("user", texts[i % len(texts)]))
        for i in range(options.questions)
    ]


def measure(
    model: ChatModel, peer: Any, prompts: list[Messages], options: argparse.Namespace
) -> dict[str, Any]:
    rows = [model.chat.prompt(prompt)[0] for prompt in prompts]
    shared = common_prefix(rows)
    end, pad = model.chat.end[-1], model.chat.tokenizer.pad_token_id
    batches = [
        range(i, min(i + options.batch, len(rows))) for i in range(0, len(rows), options.batch)
    ]
    kept = prefilled(peer, rows[0][:shared])

    def theirs(cache: Any) -> list[list[int]]:
        return [
            a
            for b in batches
            for a in generated(peer, [rows[i] for i in b], options.tokens, end, pad, cache)
        ]

    def ours(parts: Sequence[range]) -> list[list[int]]:
        return [
            tokens
            for part in parts
            for tokens in written(model, [prompts[i] for i in part], options.tokens)
        ]

    sides: dict[str, Callable[[], list[list[int]]]] = {
        OURS: lambda: ours(batches),
        ALL: lambda: ours([range(len(prompts))]),
        PEER_CACHE: lambda: theirs(kept),
        PEER: lambda: theirs(None),
    }
    first = [prompts[i] for i in batches[0]]
    written(model, first, 2)  # warm
    generated(peer, [rows[i] for i in batches[0][:2]], 2, end, pad, None)
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    processor: dict[str, list[float]] = {name: [] for name in sides}
    answers: dict[str, list[list[int]]] = {}
    for _ in range(options.rounds):
        for name, side in sides.items():
            begun, busy = time.perf_counter(), time.process_time()
            answers[name] = side()
            seconds[name].append(time.perf_counter() - begun)
            processor[name].append(time.process_time() - busy)
    counts = {name: sum(map(len, answers[name])) for name in sides}
    return {
        "shared_tokens": shared,
        "prompt_tokens": sum(map(len, rows)) / len(rows),
        "contenders": {
            name: {
                "seconds": seconds[name],
                "processor_seconds": processor[name],
                "tokens_per_second": counts[name] / median(seconds[name]),
            }
            for name in sides
        },
        "agreement": {
            name: agreement(peer, rows, answers[name], answers[PEER])
            for name in (OURS, ALL, PEER_CACHE)
        },
    }


def written(model: ChatModel, prompts: Sequence[Messages], limit: int) -> list[list[int]]:
    """assay's answers as token ids: what `ChatModel.generate` does, with the ids kept."""
    from assay.core.types import GREEDY

    with torch.inference_mode():
        pen = model.pen(GREEDY, limit)
        lines = pen.lines([model.chat.prompt(prompt, room=limit)[0] for prompt in prompts])
        for _ in model.desk([line.ids for line in lines], limit).write(pen, lines):
            pass
    return [line.tokens for line in lines]


def prefilled(peer: Any, ids: Sequence[int]) -> Any:
    from transformers import DynamicCache

    cache = DynamicCache(config=peer.config)
    with torch.inference_mode():
        peer(input_ids=torch.tensor([list(ids)]), cache=cache, use_cache=True, logits_to_keep=1)
    return cache


def generated(
    peer: Any, rows: Sequence[Sequence[int]], limit: int, end: int, pad: int, cache: Any
) -> list[list[int]]:
    """transformers' greedy answers to one batch, padded on the left; `cache`: of what all rows
    begin with."""
    width = max(map(len, rows))
    more = {}
    if cache is not None:
        # The shared beginning stands first, and padding behind it.
        own = copy.deepcopy(cache)
        own.batch_repeat_interleave(len(rows))
        more = {"cache": own}
        start = cache.get_seq_length()
        ids = torch.tensor([[*r[:start], *[pad] * (width - len(r)), *r[start:]] for r in rows])
        mask = torch.tensor(
            [[1] * start + [0] * (width - len(r)) + [1] * (len(r) - start) for r in rows]
        )
    else:
        ids = torch.tensor([[*[pad] * (width - len(r)), *r] for r in rows])
        mask = torch.tensor([[0] * (width - len(r)) + [1] * len(r) for r in rows])
    out = peer.generate(
        input_ids=ids, attention_mask=mask, do_sample=False, max_new_tokens=limit, eos_token_id=end,
        pad_token_id=pad,
        **more,
    )  # fmt: skip
    answers = out[:, width:].tolist()
    return [a[: a.index(end) + 1] if end in a else a for a in answers]


# --- what it means --------------------------------------------------------------------------------


def agreement(
    peer: Any,
    rows: Sequence[Sequence[int]],
    ours: Sequence[Sequence[int]],
    theirs: Sequence[Sequence[int]],
) -> dict[str, float]:
    """Of the tokens up to the first that differs in each answer: the share that are the same or
    nearly tied, by the peer's own weights in fp32; and the largest gap."""
    wide = copy.deepcopy(peer).float()
    compared = same = near = 0
    gaps = [0.0]
    for row, mine, other in zip(rows, ours, theirs, strict=True):
        at = differs(mine, other)
        compared += at
        same += at
        if at < min(len(mine), len(other)):
            ids = torch.tensor([[*row, *other[:at]]])
            with torch.inference_mode():
                logs = wide(input_ids=ids, logits_to_keep=1).logits[0, -1].double().log_softmax(-1)
            gaps.append(abs(float(logs[mine[at]] - logs[other[at]])))
            compared += 1
            near += gaps[-1] < NEAR
    return {
        "compared": compared,
        "same": same / compared,
        "same_or_near": (same + near) / compared,
        "gap": max(gaps),
    }


def differs(first: Sequence[int], second: Sequence[int]) -> int:
    """The place of the first difference; the shorter one's length when there is none."""
    pairs = zip(first, second, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))


def table(told: dict[str, Any]) -> str:
    lines = [
        f"### {told['questions']} questions, {told['shared_tokens']} shared tokens of"
        f" {told['prompt_tokens']:.0f}, "
        f"{told['tokens']} tokens to write, batch {told['batch']}\n",
        "| contender | tokens/s | x transformers | by cpu | seconds | same tokens | same or near"
        " | largest gap, nats |",
        "|---|---|---|---|---|---|---|---|",
    ]
    peer = told["contenders"][PEER]["tokens_per_second"]
    for name, found in told["contenders"].items():
        speed, took = found["tokens_per_second"], sorted(found["seconds"])
        busy = median(told["contenders"][PEER]["processor_seconds"]) / median(
            found["processor_seconds"]
        )
        same = told["agreement"].get(name)
        words = (
            f"{same['same']:.2%} | {same['same_or_near']:.2%} | {same['gap']:.3f}"
            if same
            else "- | - | -"
        )
        lines.append(
            f"| {name} | {speed:.1f} | {speed / peer:.1f} | {busy:.1f} |"
            f" {took[0]:.2f}-{took[-1]:.2f} | {words} |"
        )
    ratio, same = (
        told["contenders"][OURS]["tokens_per_second"] / peer,
        told["agreement"][OURS]["same_or_near"],
    )
    verdict = "reached" if ratio >= MUST and same >= SAME else "short"
    lines.append(
        f"\nwriting against transformers' generate: {ratio:.1f}x; must {MUST:g}x with {SAME:.0%}"
        f" same: {verdict}"
    )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
