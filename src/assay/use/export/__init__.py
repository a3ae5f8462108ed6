"""Giving a fitted arm away: one module a family of formats, each with `Format` values that
`FORMATS` names."""

from assay.use.export.adapter import PEFT
from assay.use.export.converted import GGUF, ONNX
from assay.use.export.index import INDEX
from assay.use.export.merged import MERGED
from assay.use.export.ollama import OLLAMA
from assay.use.export.prompt_file import PROMPT
from assay.use.export.source import Format
from assay.use.export.vllm import VLLM

# In the order in which `assay list formats` shows them.
FORMATS: tuple[Format, ...] = (PEFT, MERGED, *GGUF, ONNX, OLLAMA, VLLM, INDEX, PROMPT)

__all__ = ["FORMATS", "Format"]
