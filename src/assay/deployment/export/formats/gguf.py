"""A merged model as one GGUF file for llama.cpp, Ollama and LM Studio, in f16, q8_0 or q4_k_m.

How         llama.cpp's converter writes f16 and q8_0 (`gguf_converter.py`); q4_k_m is written by
            llama.cpp's recipe from the weights in fp32 (`kquants`). Chat template, the tokens of
            beginning, end and end of turn, control tokens and greedy generation are in the file.
            `gguf.json` beside it says what each tensor became
Checked     header and tensors are read back; then llama.cpp opens the file, and makes of a thousand
            texts and of the arm's prompts the same tokens as the model's own tokenizer, or the
            export is refused
Watch out   rounding to fewer bits changes answers: the share of equal ones stands in the model card
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay.core import store
from assay.core.errors import ModelError, Problem, did_you_mean
from assay.core.types import Message, Messages, Tell
from assay.deployment.export.formats.gguf_converter import CONVERTER, OTHER_WAY, convert
from assay.deployment.export.formats.kquants import Cast, requantise
from assay.deployment.export.formats.llama_cpp import LlamaModel
from assay.deployment.export.formats.llama_server import INSTALL, missing
from assay.models.environment import package_version
from assay.models.quantisation.gguf import check
from assay.models.tokenizer.chat_tokens import Chat

QUANTISATIONS = ("f16", "q8_0", "q4_k_m")
TABLE = "gguf.json"
PROBES = 1000
# of the probes may come out otherwise: they are stranger than what people write; of the prompts
# none
ALLOWED = 0.01


def write_gguf(
    model: Path,
    folder: Path,
    quantisation: str,
    *,
    prompts: Sequence[Messages] = (),
    tell: Tell = lambda event: None,
) -> dict[str, Any]:
    """Write `folder/model-<quantisation>.gguf` and `folder/gguf.json`; what stands in the latter.

    Args:
        model: a plain model folder: config.json, model.safetensors, tokenizer, chat template.
        prompts: of the arm, to compare tokenizers by.

    Raises:
        ModelError: M130 to M134. ResourceError: R002, R004, R098.
    """
    if problem := unknown(quantisation) or absent(quantisation):
        raise ModelError(problem)
    file = folder / f"model-{quantisation}.gguf"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".gguf-") as work:
        raw = Path(work) / f"{file.stem}.gguf"
        tell({"event": "note", "text": f"the weights are written as GGUF, {quantisation}"})
        convert(model, raw, "f32" if quantisation == "q4_k_m" else quantisation, tell=tell)
        if quantisation == "q4_k_m":
            casts = requantise(raw, file)
        else:
            casts = []
            raw.replace(file)
    facts = describe_gguf(file, quantisation, casts)
    facts["tokenizer"] |= compare_tokenizers(model, file, prompts)
    store.write_json(folder / TABLE, facts)
    return facts


def unknown(quantisation: str) -> Problem | None:
    if quantisation in QUANTISATIONS:
        return None
    text = (
        f"there is no GGUF quantisation {quantisation!r}"
        f" here{did_you_mean(quantisation, QUANTISATIONS)}"
    )
    return Problem("M134", text, help="take one of " + ", ".join(QUANTISATIONS))


def absent(quantisation: str) -> Problem | None:
    """What writing needs and is not installed. The converter is fetched when it is needed."""
    if quantisation == "q4_k_m" and package_version("libgguf") == "none":
        return Problem(
            "M133",
            "the package that rounds weights to q4_k_m, libgguf, is not installed",
            help=INSTALL,
        )
    return None


def describe_gguf(file: Path, quantisation: str, casts: Sequence[Cast] = ()) -> dict[str, Any]:
    """Types of all tensors, and where a recipe was not followed; read from the file."""
    header = check(file)
    meant = {cast.name: cast.meant for cast in casts if cast.meant != cast.kind}
    tensors = {name: [kind, list(shape)] for name, (kind, shape) in header.tensors.items()}
    pick = {
        name: header.facts.get(f"tokenizer.ggml.{name}_token_id")
        for name in ("bos", "eos", "eot", "padding")
    }
    return {
        "file": file.name,
        "bytes": file.stat().st_size,
        "sha256": store.file_digest(file),
        "quantisation": quantisation,
        "architecture": header.architecture,
        "context": header.facts.get(f"{header.architecture}.context_length"),
        "converter": f"{CONVERTER.name} {CONVERTER.version}",
        "types": dict(Counter(kind for kind, _ in tensors.values()).most_common()),
        "instead": [
            {"tensor": name, "meant": kind, "is": tensors[name][0]} for name, kind in meant.items()
        ],
        "tensors": tensors,
        "tokenizer": {
            "kind": header.facts.get("tokenizer.ggml.model"),
            "pre": header.facts.get("tokenizer.ggml.pre"),
            "ids": {name: number for name, number in pick.items() if number is not None},
            "template": "tokenizer.chat_template" in header.facts,
        },
    }


def sentences(facts: dict[str, Any]) -> tuple[str, ...]:
    """What the model card says of it."""
    kinds = ", ".join(f"{count} in {kind}" for kind, count in facts["types"].items())
    notes = [
        f"`{facts['file']}` has {len(facts['tensors'])} tensors: {kinds}. `{TABLE}` lists each."
    ]
    if facts["instead"]:
        pairs = Counter((one["meant"], one["is"]) for one in facts["instead"])
        how = ", ".join(
            f"{count} in {kind} instead of {meant}" for (meant, kind), count in pairs.items()
        )
        notes.append(
            "The types of K-quants need rows of a multiple of 256 values, which this model has"
            f" not everywhere: {how}."
        )
    own = facts["tokenizer"]
    if own["texts"]:
        notes.append(
            "llama.cpp made the same"
            f" tokens as the model's own tokenizer of {own['texts'] - own['different']:,}"
            f" of {own['texts']:,} texts, and of all {own['prompts']:,} prompts that were tried."
        )
    else:
        notes.append("Its tokenizer was not compared, because xllamacpp is not installed here.")
    if own["texts"] and not own["chat"]:
        notes.append(
            "llama.cpp's chat endpoint puts other tokens before a question than"
            " the strategy was trained with: send prompts as text or token ids to"
            " /completion instead."
        )
    return tuple(notes)


def compare_tokenizers(model: Path, file: Path, prompts: Sequence[Messages]) -> dict[str, Any]:
    """How many texts and prompts llama.cpp makes other tokens of than the model's own tokenizer.

    Raises:
        ModelError: M131, more than ALLOWED of the texts, or a prompt; M135, llama.cpp does not open
            the file.
    """
    from transformers import AutoTokenizer

    if missing():
        return {"texts": 0, "different": 0, "prompts": 0, "chat": None}
    ours: Any = AutoTokenizer.from_pretrained(model, local_files_only=True, trust_remote_code=False)
    theirs = LlamaModel(file, slots=1)
    try:
        chat = Chat(ours, max_length=theirs.chat.max_length)
        control = [str(token) for token in ours.added_tokens_decoder.values()]
        texts = probes(PROBES, control)
        pairs = zip(texts, theirs.text_ids(texts), strict=True)
        other = [text for text, ids in pairs if chat.text_ids(text) != ids]
        if len(other) > ALLOWED * len(texts):
            raise ModelError(
                _otherwise(f"{len(other)} of {len(texts)} texts, such as {other[0]!r}", file)
            )
        asked = [*prompts, (Message("user", "Which is it?"),)]
        for prompt in asked:
            if chat.prompt(prompt)[0] != theirs.chat.prompt(prompt)[0]:
                raise ModelError(_otherwise("a prompt of this strategy", file))
        same = _by_chat(theirs, asked[-1]) == chat.prompt(asked[-1])[0]
    finally:
        theirs.close()
    return {"texts": len(texts), "different": len(other), "prompts": len(asked), "chat": same}


def _otherwise(what: str, file: Path) -> Problem:
    text = f"llama.cpp makes other tokens than the model's tokenizer of {what}"
    return Problem("M131", text, str(file), help=OTHER_WAY)


def _by_chat(model: LlamaModel, prompt: Messages) -> list[int]:
    """The tokens that llama.cpp's chat endpoint makes of a prompt: the whole text at once, and its
    own beginning."""
    turns = [{"role": message.role, "content": message.content} for message in prompt]
    text = model.server().ask("/apply-template", {"messages": turns})["prompt"]
    return model.server().ask(
        "/tokenize", {"content": text, "add_special": True, "parse_special": True}
    )["tokens"]


WORDS = "the don't I'LL we've naïve Straße İstanbul ﬁn e\u0301te\u0301 x XMLOf".split()
MARKS = (
    "!",
    "?!",
    "...",
    "''",
    "``",
    " - ",
    "\n",
    "\n\n",
    "  ",
    "\t",
    "\r\n",
    " \n ",
    "\xa0",
    "\u200b",
    "\u3000",
)
CODE = (
    "def f(x):\n    return x**2",
    "a_b-c.d/e?f=1&g=%20",
    "{'k': [1,2,3]}",
    "<b>&amp;</b>",
    "0x1F",
    "1e-5",
)
SCRIPTS = ("\x20\x7e", "\xc0\u024f", "\u0370\u03ff", "\u0400\u04ff", "\u05d0\u05ea", "\u0620\u064a",
    "\u0904\u0939",
           "\u0e01\u0e2e", "\u3041\u3096", "\u4e00\u9fa5", "\uac00\ud7a3",
           "\U0001f300\U0001f5ff")  # fmt: skip


def probes(count: int, control: Sequence[str], *, seed: int = 0) -> list[str]:
    """Texts that tokenizers stumble on: scripts, marks over letters, emoji, digits, white space,
    code, contractions, and the model's control tokens forged."""
    draw = random.Random(seed)

    def piece() -> str:
        kind = draw.randrange(7)
        if kind == 0:
            low, high = draw.choice(SCRIPTS)
            return "".join(
                chr(draw.randint(ord(low), ord(high))) for _ in range(draw.randint(1, 6))
            )
        if kind == 1:
            return str(draw.randrange(10 ** draw.randint(1, 9)))
        if kind == 2 and control:
            return draw.choice(control)
        return draw.choice((WORDS, MARKS, CODE)[kind % 3])

    return [
        "".join(piece() + draw.choice(("", " ")) for _ in range(draw.randint(1, 8))).strip()
        for _ in range(count)
    ]
