"""The child process behind `converter.convert`: one model folder in, one GGUF file out.

How       llama.cpp's converter, with three things put otherwise: a tokenizer is known by what its
          parts are, and only then by the converter's hash of what it makes of one text; the pieces
          of a tokenizer of SentencePiece's kind get scores in the order of their merges, where the
          converter gives all of them the same; and the file says that answers are to be written
          greedily
Watch out whether llama.cpp makes the same tokens is not believed but measured afterwards: see
          `gguf.py`
Source    github.com/ggml-org/llama.cpp/blob/master/convert_hf_to_gguf.py and src/llama-vocab.cpp
          (pre-tokenizers)
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
from pathlib import Path
from typing import Any

UNKNOWN_ARCHITECTURE, UNKNOWN_TOKENIZER = 3, 4  # exit codes
TYPES = {"f32": "ALL_F32", "f16": "MOSTLY_F16", "q8_0": "MOSTLY_Q8_0"}
# Pre-tokenizers of llama.cpp, by the pattern of `Split` in tokenizer.json.
_WORD = r"[^\r\n\p{L}\p{N}]?\p{L}+"
_REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_SHORT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
PATTERNS = {
    f"{_SHORT}|{_WORD}|\\p{{N}}{{1,3}}|{_REST}": "llama-bpe",
    f"{_SHORT}|{_WORD}|\\p{{N}}|{_REST}": "qwen2",
}


def main(wheel: Path, model: Path, file: Path, kind: Path) -> None:
    """Exits with 3: the architecture is unknown, 4: the tokenizer is. The last line of stderr says
    which."""
    # before site-packages: the converter goes with its own copy of `gguf`
    sys.path.insert(0, str(wheel))
    logging.basicConfig(level=logging.WARNING)
    import torch

    with torch.inference_mode():
        _convert(model, file, str(kind))


def _convert(model: Path, file: Path, kind: str) -> None:
    conversion: Any = importlib.import_module("conversion")
    gguf: Any = importlib.import_module("gguf")
    _patch(
        conversion.TextModel,
        gguf,
        json.loads((model / "tokenizer.json").read_text(encoding="utf-8")),
    )
    settings = conversion.ModelBase.load_hparams(model, False)
    name = conversion.get_model_architecture(settings, conversion.ModelType.TEXT)
    try:
        known = conversion.get_model_class(name)
    except NotImplementedError:
        print(name, file=sys.stderr)
        raise SystemExit(UNKNOWN_ARCHITECTURE) from None
    converted = known(model, gguf.LlamaFileType[TYPES[kind]], file, model_name=file.stem)
    theirs = converted.set_vocab

    def vocabulary() -> None:
        theirs()
        _own(converted.gguf_writer, model)

    converted.set_vocab = vocabulary
    converted.write()


def _own(writer: Any, model: Path) -> None:
    """What is said otherwise than the converter says it."""
    # The template writes the token of the beginning where the model wants one: none is to be put
    # before it.
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    # llama.cpp's programs take these where the caller says nothing.
    writer.add_sampling_temp(0.0)
    writer.add_sampling_top_k(1)
    path = model / "generation_config.json"
    ends = json.loads(path.read_text()).get("eos_token_id") if path.exists() else None
    eos = json.loads((model / "config.json").read_text()).get("eos_token_id")
    # The token that ends a turn, where it is not the one that ends a text.
    if own := [token for token in (ends if isinstance(ends, list) else []) if token != eos]:
        writer.add_eot_token_id(own[0])


def _patch(text_model: Any, gguf: Any, tokenizer: dict[str, Any]) -> None:
    by_hash, by_bytes = text_model.get_vocab_base_pre, text_model._set_vocab_gpt2

    def pre(self: Any, theirs: Any) -> str:
        if name := _pre(tokenizer):
            return name
        logging.disable(logging.WARNING)  # a page of stars
        try:
            # SmolLM2's tokenizer as it comes out of a GGUF file has the hash of another one, which
            # makes other tokens of 22 of the 1,000 texts of `gguf.probes`.
            return by_hash(self, theirs)
        except NotImplementedError:
            print(_parts(tokenizer), file=sys.stderr)
            raise SystemExit(UNKNOWN_TOKENIZER) from None
        finally:
            logging.disable(logging.NOTSET)

    def vocabulary(self: Any) -> None:
        if tokenizer["model"].get("byte_fallback"):
            _pieces(self, gguf, tokenizer)
        else:
            by_bytes(self)

    def absent(self: Any, *rest: Any) -> None:
        raise FileNotFoundError("only tokenizer.json is read")

    text_model.get_vocab_base_pre = pre
    text_model._set_vocab_gpt2 = vocabulary
    text_model._create_vocab_sentencepiece = absent
    text_model._set_vocab_llama_hf = absent


def _pre(tokenizer: dict[str, Any]) -> str:
    """llama.cpp's name for what splits a text before its pieces are merged, by the parts that
    tokenizer.json names; "" for parts that are not among those."""
    before = tokenizer.get("pre_tokenizer") or {}
    parts = before.get("pretokenizers", [before])
    kinds = [part.get("type") for part in parts]
    spaced = any(part.get("add_prefix_space") for part in parts)
    if tokenizer["model"].get("type") == "BPE" and not spaced:
        if kinds == ["ByteLevel"] and parts[0].get("use_regex", True):
            return "gpt-2"
        if kinds == ["Digits", "ByteLevel"] and parts[0].get("individual_digits"):
            return "smollm"
        if kinds == ["Split", "ByteLevel"] and (
            name := PATTERNS.get(parts[0].get("pattern", {}).get("Regex", ""))
        ):
            return name
    return ""


def _parts(tokenizer: dict[str, Any]) -> str:
    before = tokenizer.get("pre_tokenizer") or {}
    names = ", ".join(str(part.get("type")) for part in before.get("pretokenizers", [before]))
    return f"{tokenizer['model'].get('type')} after {names}"


def _pieces(model: Any, gguf: Any, tokenizer: dict[str, Any]) -> None:
    """A tokenizer of SentencePiece's kind: pieces with a score, the highest of which is merged
    first."""
    kinds, own = gguf.TokenType, tokenizer["model"]
    size = model.hparams.get("vocab_size", len(own["vocab"]))
    names = {number: text for text, number in own["vocab"].items()}
    added = {token["id"]: token for token in tokenizer["added_tokens"]}
    first: dict[str, int] = {}
    for rank, pair in enumerate(own["merges"]):
        merged = pair.replace(" ", "") if isinstance(pair, str) else "".join(pair)
        first.setdefault(merged, rank)
    tokens, scores, types = [], [], []
    for number in range(size):  # as many as the network has rows for
        text = added[number]["content"] if number in added else names.get(number, f"[PAD{number}]")
        if number in added:
            kind = kinds.CONTROL if added[number]["special"] else kinds.USER_DEFINED
            text = text if added[number]["special"] else text.replace("\u2581", " ")
            kind = kinds.UNKNOWN if text == own.get("unk_token") else kind
        elif number not in names:
            kind = kinds.UNUSED
        else:
            kind = (
                kinds.BYTE
                if len(text) == 6 and text.startswith("<0x") and text.endswith(">")
                else kinds.NORMAL
            )
        tokens.append(text.encode())
        types.append(kind)
        scores.append(float(-first.get(text, len(own["merges"]))))
    writer = model.gguf_writer
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(types)
    writer.add_add_space_prefix(_has_space_prefix(tokenizer))
    gguf.SpecialVocab(model.dir_model, n_vocab=len(tokens)).add_to_gguf(writer)


def _has_space_prefix(tokenizer: dict[str, Any]) -> bool:
    """Whether a space is put before a text."""
    normal, before = tokenizer.get("normalizer") or {}, tokenizer.get("pre_tokenizer") or {}
    parts = [*normal.get("normalizers", [normal]), *before.get("pretokenizers", [before])]
    return any(
        part.get("type") == "Prepend" or part.get("prepend_scheme") in ("first", "always")
        for part in parts
    )
