"""A folder and the command line by which vLLM serves it.

How         a plain LoRA stays an adapter beside its base (`--enable-lora`); what vLLM takes no
            adapter of (DoRA, quantised bases, other methods, whole models) is merged
Watch out   the check asks transformers, not vLLM, which needs a graphics card and is not part of
            assay: README.md says how to ask the server itself
Source      docs.vllm.ai, "LoRA Adapters" and "OpenAI-Compatible Server"
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from assay.core import store
from assay.core.errors import Problem
from assay.core.types import Tell
from assay.deployment.export.formats import adapter, merged
from assay.deployment.export.formats.plain_transformers import Plain, open_model
from assay.deployment.export.formats.source import (
    ExportSource,
    Format,
    require_prompted,
    sample_turns,
)

RANKS = (8, 16, 32, 64, 128, 256, 320, 512)  # that --max-lora-rank takes
ADAPTER, MODEL = "adapter", "model"


def as_adapter(source: ExportSource) -> bool:
    told = source.strategy.model_dump()
    return source.kind == "lora" and not told["decompose"] and not source.bits


def refuses(source: ExportSource) -> Iterator[Problem]:
    yield from (adapter if as_adapter(source) else merged).refuses(source)


def size(source: ExportSource) -> int:
    return (adapter if as_adapter(source) else merged).size(source)


def write(source: ExportSource, folder: Path, tell: Tell) -> tuple[str, ...]:
    inside = folder / (ADAPTER if as_adapter(source) else MODEL)
    inside.mkdir()
    notes: tuple[str, ...] = ()
    common = ["--dtype", "float32" if source.wish.precision == "fp32" else "bfloat16"]
    common += [
        "--generation-config",
        f"./{inside.name}",
        "--max-model-len",
        str(source.base.context or 2048),
    ]
    if (source.base.folder / "chat_template.jinja").is_file():
        common += ["--chat-template", f"./{inside.name}/chat_template.jinja"]
    if as_adapter(source):
        there = replace(source, out=source.out / ADAPTER)
        notes = adapter.write(there, inside, tell)[1:]
        config = store.read_json(inside / adapter.CONFIG)
        rank = next((one for one in RANKS if one >= config["r"]), RANKS[-1])
        hub = source.base.hub
        base = (
            f"./{ADAPTER}/{adapter.BASE}"
            if source.wish.with_base
            else config["base_model_name_or_path"]
        )
        line = [
            "vllm",
            "serve",
            base,
            *(["--revision", hub[1]] if hub and not source.wish.with_base else []),
        ]
        line += [
            "--enable-lora",
            "--max-lora-rank",
            str(rank),
            "--lora-modules",
            f"{source.name}=./{ADAPTER}",
        ]
    else:
        merged.write(source, inside, tell)
        line = ["vllm", "serve", f"./{MODEL}", "--served-model-name", source.name]
    command = shlex.join([*line, *common])
    store.write_text(folder / "serve.sh", f"#!/bin/sh\n# From this folder.\n{command}\n")
    arm = require_prompted(source.open(), source.name)
    asked = {
        "model": source.name,
        "messages": sample_turns(arm),
        "temperature": 0,
        "max_tokens": arm.room,
    }
    store.write_json(folder / "request.json", asked)
    ask = (
        "curl -s http://localhost:8000/v1/chat/completions -H 'Content-Type: application/json'"
        " -d @request.json"
    )
    return (
        f"```sh\n{command}\n```",
        "The same line stands in `serve.sh`. To"
        " see that the server answers, put a question whose answer you know into `request.json`:",
        f"```sh\n{ask}\n```",
        "The figures below are those of the same"
        " files in transformers; vLLM itself was not asked. To have it asked all test questions,"
        " name it as a model behind an address in a project of its own (docs/remote.md).",
        *notes,
    )


def open_vllm_folder(folder: Path) -> Plain:
    return (
        adapter.open_adapter(folder / ADAPTER)
        if (folder / ADAPTER).is_dir()
        else open_model(folder / MODEL)
    )


VLLM = Format(
    name="vllm",
    about="an adapter or a model with the command line that serves it",
    refuses=refuses,
    size=size,
    write=write,
    runtime="transformers, in place of vLLM",
    opened=open_vllm_folder,
    limit=0.995,
)
