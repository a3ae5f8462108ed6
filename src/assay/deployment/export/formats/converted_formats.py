"""The arm in formats that a converter makes from the merged model: GGUF and ONNX.

How   the merged model is written aside in fp32, converted, and thrown away; see `gguf` and `onnx`
      for the formats
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from assay.core import store
from assay.core.errors import Problem
from assay.core.types import GREEDY, Decoding, Generated, Messages, Tell
from assay.deployment.export.formats.merged import refuses, size, write_model
from assay.deployment.export.formats.source import (
    ExportedModel,
    ExportSource,
    Format,
    Merged,
    describe_turns,
)
from assay.models.loading.folder_validation import TOKENIZER

BESIDE = ("config.json", "generation_config.json", *TOKENIZER)
ABOUT = {
    "f16": "one GGUF file in 16 bits, for llama.cpp",
    "q8_0": "one GGUF file in 8 bits",
    "q4_k_m": "one GGUF file in 4 to 6 bits; what that changes is told, not limited",
}


def write_gguf(kind: str, source: ExportSource, folder: Path, tell: Tell) -> tuple[str, ...]:
    from assay.deployment.export.formats import gguf

    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".model-") as place:
        merged = write_model(source, Path(place))
        prompts = prompts_of(source, merged)
        facts = gguf.write_gguf(Path(place), folder, kind, prompts=prompts, tell=tell)
        store.write_bytes(
            folder / "generation_config.json", (Path(place) / "generation_config.json").read_bytes()
        )
    return (
        f"```sh\nllama-server -m {facts['file']} --temp 0\n```",
        *describe_turns(merged.arm),
        *gguf.sentences(facts),
    )


def write_onnx(source: ExportSource, folder: Path, tell: Tell) -> tuple[str, ...]:
    from assay.deployment.export.formats import onnx

    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".model-") as place:
        merged = write_model(source, Path(place))
        facts = onnx.write_onnx(Path(place), folder, tell=tell)
        for name in BESIDE:
            if (Path(place) / name).is_file():
                store.write_bytes(folder / name, (Path(place) / name).read_bytes())
    return (
        *describe_turns(merged.arm),
        *onnx.sentences(facts),
    )


def prompts_of(source: ExportSource, merged: Merged) -> Sequence[Messages]:
    return [merged.arm.prompt(example) for example in source.examples]


class Llama:
    """A GGUF file in llama.cpp's server, which runs as long as it is asked."""

    def __init__(self, folder: Path):
        self.file = next(folder.glob("*.gguf"))

    def generate(
        self,
        prompts: Sequence[Messages],
        *,
        max_tokens: int,
        how: Decoding = GREEDY,
        tell: Tell | None = None,
    ) -> list[Generated]:
        from assay.deployment.export.formats.llama_cpp import LlamaModel

        model = LlamaModel(self.file)
        try:
            return model.generate(prompts, max_tokens=max_tokens, how=how, tell=tell)
        finally:
            model.close()


def no_llama() -> str:
    from assay.deployment.export.formats.llama_server import missing

    return missing()


def no_onnx() -> str:
    from assay.deployment.export.formats.onnx_runtime import missing

    return missing()


def onnx_model(folder: Path) -> ExportedModel:
    from assay.deployment.export.formats.onnx_runtime import OnnxModel

    return OnnxModel(folder)


def refuses_gguf(kind: str, source: ExportSource) -> Iterator[Problem]:
    from assay.deployment.export.formats.gguf import absent

    yield from refuses(source)
    if problem := absent(kind):
        yield problem


GGUF = tuple(
    Format(
        name=f"gguf-{kind}",
        about=about,
        refuses=partial(refuses_gguf, kind),
        size=size,
        write=partial(write_gguf, kind),
        runtime="llama.cpp",
        opened=Llama,
        missing=no_llama,
        limit=None if kind == "q4_k_m" else 0.99,
    )
    for kind, about in ABOUT.items()
)
ONNX = Format(
    name="onnx",
    about="one network for onnxruntime, with its cache",
    refuses=refuses,
    size=size,
    write=write_onnx,
    runtime="onnxruntime",
    opened=onnx_model,
    missing=no_onnx,
    limit=0.99,
)
