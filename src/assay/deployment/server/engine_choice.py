"""The engine by one word: assay's own, llama.cpp's server, or vLLM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from assay.core.errors import ModelError, Problem
from assay.deployment.server.arms import ServedArm
from assay.deployment.server.engine_api import Engine

EngineName = Literal["own", "llama.cpp", "vllm"]
ENGINES: tuple[EngineName, ...] = ("own", "llama.cpp", "vllm")
SLOTS, SECONDS, CONTEXT = 32, 600.0, 2048
EXPORTED = {"llama.cpp": ("a GGUF file", "gguf"), "vllm": ("a merged model folder", "merged")}


def engine_of(
    word: EngineName,
    arms: Sequence[ServedArm],
    *,
    files: Mapping[str, Path] | None = None,
    slots: int = SLOTS,
    seconds: float = SECONDS,
    context: int = CONTEXT,
    threads: int = 1,
) -> Engine:
    """What answers for the arms.

    Args:
        files: of llama.cpp and vllm, by arm: the GGUF file or the model folder that its tokens are
            written by.
        slots: answers at work. seconds: that a request may take.
        context: tokens of prompt and answer, threads: of a child; the own engine knows them from
            the model.

    Raises:
        ModelError: M121, there is no file of an arm, or the arm cannot be served so.
        ResourceError: R051, R052: the engine is not there, or does not start.
    """
    if word == "own":
        from assay.deployment.server.engine import OwnEngine

        return OwnEngine(arms, slots=slots, seconds=seconds)
    from assay.deployment.server import subprocess as child
    from assay.deployment.server.external_engine import OutsideArm, OutsideEngine, refuse_unwritten

    files = files or {}
    for arm in arms:
        refuse_unwritten(arm)
        if arm.name not in files:
            what, form = EXPORTED[word]
            text = f"{word} writes for {arm.name} by {what}, and there is none"
            raise ModelError(
                Problem(
                    "M121", text, arm.name, f"assay export PROJECT --with {arm.name} --to {form}"
                )
            )
    children: list[child.Child] = []
    try:
        for arm in arms:
            if word == "llama.cpp":
                sizes = {"context": context, "slots": slots, "threads": threads}
                children.append(child.llama_cpp(files[arm.name], arm.name, **sizes))
            else:
                children.append(child.vllm(files[arm.name], arm.name, context=context, slots=slots))
    finally:
        if len(children) < len(arms):  # one did not start
            for one in children:
                one.end()
    places = [
        OutsideArm(arm, one.address, arm.name, context, one.key)
        for arm, one in zip(arms, children, strict=True)
    ]
    return OutsideEngine(
        places, slots=slots, seconds=seconds, end=lambda: [one.end() for one in children]
    )
