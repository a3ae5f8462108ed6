"""Giving a fitted arm away: one module a family of formats, each with `Format` values that
`FORMATS` names."""

from assay.deployment.export.formats.adapter import PEFT
from assay.deployment.export.formats.converted_formats import GGUF, ONNX
from assay.deployment.export.formats.merged import MERGED
from assay.deployment.export.formats.ollama import OLLAMA
from assay.deployment.export.formats.prompt_file import PROMPT
from assay.deployment.export.formats.retrieval_index import INDEX
from assay.deployment.export.formats.source import Format
from assay.deployment.export.formats.vllm import VLLM

# In the order in which `assay list formats` shows them.
FORMATS: tuple[Format, ...] = (PEFT, MERGED, *GGUF, ONNX, OLLAMA, VLLM, INDEX, PROMPT)

__all__ = ["FORMATS", "Format"]
