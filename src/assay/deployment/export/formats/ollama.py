"""A GGUF file with a Modelfile: `ollama create NAME -f Modelfile`.

How         Ollama renders a template of its own, in the language of Go. The one that is written is
            rendered here as Ollama renders it, and must say what the model's chat template says of
            an instruction and a question
Watch out   the check asks llama.cpp, which Ollama runs; Ollama itself is not asked
Source      github.com/ollama/ollama/blob/main/docs/modelfile.mdx
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assay.core import store
from assay.core.errors import ModelError, Problem
from assay.core.types import Tell
from assay.deployment.export.formats.converted_formats import (
    Llama,
    no_llama,
    refuses_gguf,
    write_gguf,
)
from assay.deployment.export.formats.merged import size
from assay.deployment.export.formats.source import (
    ExportSource,
    Format,
    chat_model,
    require_prompted,
    system_of,
)

KIND = "q8_0"
# Name -> Go template of one turn. `.Response` and what follows it is what the model writes.
TEMPLATES = {
    "chatml": """{{ if .System }}<|im_start|>system
{{ .System }}<|im_end|>
{{ end }}{{ if .Prompt }}<|im_start|>user
{{ .Prompt }}<|im_end|>
{{ end }}<|im_start|>assistant
{{ .Response }}<|im_end|>
""",
    "gemma": """<start_of_turn>user
{{ if .System }}{{ .System }}

{{ end }}{{ .Prompt }}<end_of_turn>
<start_of_turn>model
{{ .Response }}<end_of_turn>
""",
    "llama3": """{{ if .System }}<|start_header_id|>system<|end_header_id|>

{{ .System }}<|eot_id|>{{ end }}{{ if .Prompt }}<|start_header_id|>user<|end_header_id|>

{{ .Prompt }}<|eot_id|>{{ end }}<|start_header_id|>assistant<|end_header_id|>

{{ .Response }}<|eot_id|>""",
    "plain": """{{ if .System }}{{ .System }}

{{ end }}{{ if .Prompt }}User:
{{ .Prompt }}

{{ end }}Assistant:
{{ .Response }}""",
}


def refuses(source: ExportSource) -> Iterator[Problem]:
    yield from refuses_gguf(KIND, source)


def write(source: ExportSource, folder: Path, tell: Tell) -> tuple[str, ...]:
    arm = require_prompted(source.open(), source.name)
    chat: Any = chat_model(arm).chat
    system = system_of(arm)
    template = TEMPLATES[kind_of(chat.tokenizer, source.name, system=bool(system))]
    said = f'SYSTEM """{system}"""\n' if system else ""
    if '"""' in system:
        text = "the instruction holds three quotation marks in a row, which a Modelfile cannot say"
        raise ModelError(Problem("M104", text, source.name, help="take --to gguf-q8_0"))
    notes = write_gguf(KIND, source, folder, tell)
    end = chat.tokenizer.decode([chat.end[-1]])
    store.write_text(
        folder / "Modelfile",
        f'FROM ./model-{KIND}.gguf\nTEMPLATE """{template}"""\n{said}'
        "PARAMETER temperature 0\n"
        f"PARAMETER num_predict {arm.room}\nPARAMETER num_ctx {chat.max_length}\n"
        + "".join(f"PARAMETER stop {store.to_json(text)}\n" for text in (end, *chat.stops)),
    )
    name = re.sub(r"[^a-z0-9-]", "-", source.name)
    use = f'```sh\nollama create {name} -f Modelfile\nollama run {name} "the question"\n```'
    return (
        use,
        "It was asked in llama.cpp, which Ollama runs; Ollama itself was not asked.",
        *notes[3:],
    )


def kind_of(tokenizer: Any, name: str, *, system: bool = True) -> str:
    """The template that says what the model's own says, with a system turn or without one.

    Raises:
        ModelError: M104, none of them does.
    """
    told, question = "Say a word." if system else "", "Which?"
    turns = [{"role": "system", "content": told}] if told else []
    turns.append({"role": "user", "content": question})
    own = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    own = own.removeprefix(tokenizer.bos_token or "")  # llama.cpp writes it
    for kind, template in TEMPLATES.items():
        if render_template(template, {"System": told, "Prompt": question}) == own:
            return kind
    text = (
        "the chat template is of no kind that is known in Ollama's language:"
        f" {', '.join(TEMPLATES)}"
    )
    raise ModelError(
        Problem("M104", text, name, help="take --to gguf-q8_0, and write a TEMPLATE by hand")
    )


def render_template(template: str, values: dict[str, str]) -> str:
    """What Ollama sends: the template up to `.Response`. Knows `{{ .Name }}` and `{{ if .Name
    }}...{{ end }}`."""
    before = template.partition("{{ .Response }}")[0]

    def expand_if(match: re.Match[str]) -> str:
        return match[2] if values.get(match[1]) else ""

    whole = re.sub(r"\{\{ if \.(\w+) \}\}(.*?)\{\{ end \}\}", expand_if, before, flags=re.DOTALL)
    return re.sub(r"\{\{ \.(\w+) \}\}", lambda match: values.get(match[1], ""), whole)


OLLAMA = Format(
    name="ollama",
    about="a GGUF file in 8 bits with a Modelfile",
    refuses=refuses,
    size=size,
    write=write,
    runtime="llama.cpp",
    opened=Llama,
    missing=no_llama,
    limit=0.99,
)
