"""What serve.py prints: Markdown tables, and whether what must be reached is reached."""

from __future__ import annotations

import argparse
from statistics import median
from typing import Any

MUST = {"company": 4.0, "transformers": 3.0, "llama.cpp": 1.0, "memory": 1.05}


def company_table(told: dict[str, Any], options: argparse.Namespace) -> str:
    alone, many = told["1"], told[str(options.clients)]
    ratio = many["tokens_per_second"] / alone["tokens_per_second"]
    busy = many["tokens_per_processor_second"] / alone["tokens_per_processor_second"]
    rows = [
        f"| {clients} | {f['tokens_per_second']:.1f}"
        f" | {f['tokens_per_processor_second']:.1f} | {f['seconds']:.1f} | {f['first_p95']:.2f} |"
        for clients, f in ((1, alone), (options.clients, many))
    ]
    word = "reached" if ratio >= MUST["company"] else "short"
    return "\n".join(
        [
            "| clients | tokens/s | tokens/processor s | seconds | p95 to the first piece, s |",
            "|---|---|---|---|---|",
            *rows,
            f"\n{ratio:.1f}x ({busy:.1f}x by processor seconds), {told['equal']:.0%} of the"
            " answers equal; must "
            f"{MUST['company']:g}x: {word}\n",
        ]
    )


def shared_table(told: dict[str, Any], options: argparse.Namespace) -> str:
    lines = [
        f"### {options.questions} questions by {options.clients} clients after"
        f" {told['shared_tokens']} shared tokens, "
        f"{options.tokens} tokens to write\n",
        "| server | tokens/s | seconds | tokens/processor s | p95 to the first piece, s |"
        " answers as assay's |",
        "|---|---|---|---|---|---|",
    ]
    speeds = {}
    for name, found in told["contenders"].items():
        rounds = found["rounds"]
        speeds[name] = median(r["tokens"] / r["seconds"] for r in rounds)
        busy = median(r["tokens"] / max(r["processor"], 1e-9) for r in rounds)
        first = median(r["first_p95"] for r in rounds)
        took = sorted(r["seconds"] for r in rounds)
        lines.append(
            f"| {name} | {speeds[name]:.1f} | {took[0]:.1f}-{took[-1]:.1f} "
            f"| {busy:.1f} | {first:.2f} | {found['same_as_assay']:.0%} |"
        )
    others = {name: speeds["assay"] / value for name, value in speeds.items() if name != "assay"}
    for name, ratio in others.items():
        must = MUST["llama.cpp" if name.startswith("llama.cpp") else "transformers"]
        lines.append(
            f"\nagainst {name}: {ratio:.2f}x; must {must:g}x:"
            f" {'reached' if ratio >= must else 'short'}"
        )
    return "\n".join(lines) + "\n"


def memory_table(told: dict[str, Any], options: argparse.Namespace) -> str:
    points = told["points"]
    rows = [
        f"| {p['requests']:,} | {p['resident'] / 1e6:.0f} | {p['kept'] / 1e6:.0f} |" for p in points
    ]
    half = points[len(points) // 2 - 1]
    growth = points[-1]["resident"] / half["resident"]
    word = "reached" if growth <= MUST["memory"] else "short"
    head = ["| requests | resident, MB | kept beginnings, MB |", "|---|---|---|"]
    last = f"\nthe second half grows to {growth:.3f}x; must {MUST['memory']:g}x at most: {word}\n"
    return "\n".join([*head, *rows, last])


TABLES = {
    "company": company_table,
    "http": company_table,
    "shared": shared_table,
    "memory": memory_table,
}
