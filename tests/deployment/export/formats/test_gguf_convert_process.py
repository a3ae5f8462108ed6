"""A tokenizer is known by what its parts are."""

import json

import pytest

from assay.deployment.export.formats.gguf_convert_process import _has_space_prefix, _own, _pre

BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
# As they stand in tokenizer.json of Llama 3 and of Qwen 2.5, but for how many digits go together.
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}DIGITS| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def of(*parts, kind="BPE"):
    before = {"type": "Sequence", "pretokenizers": list(parts)} if len(parts) > 1 else parts[0]
    return {"model": {"type": kind}, "pre_tokenizer": before}


def split(digits):
    pattern = {"Regex": SPLIT.replace("DIGITS", digits)}
    return {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False}


# llama.cpp's own names: src/llama-vocab.cpp, LLAMA_VOCAB_PRE_TYPE_*
@pytest.mark.parametrize(
    ("tokenizer", "name"),
    [
        (of({**BYTES, "use_regex": True}), "gpt-2"),
        (of({"type": "Digits", "individual_digits": True}, BYTES), "smollm"),
        (of(split("{1,3}"), BYTES), "llama-bpe"),
        (of(split(""), BYTES), "qwen2"),
        (of(split("{1,2}"), BYTES), ""),
        (of({**BYTES, "add_prefix_space": True, "use_regex": True}), ""),
        (of({"type": "Metaspace"}, kind="Unigram"), ""),
        ({"model": {"type": "BPE"}, "pre_tokenizer": None}, ""),
    ],
    ids=["gpt-2", "smollm2", "llama 3", "qwen 2.5", "two digits", "space", "unigram", "none"],
)
def test_llama_cpps_name_of_a_pre_tokenizer(tokenizer, name):
    assert _pre(tokenizer) == name


@pytest.mark.parametrize(
    ("parts", "space"),
    [
        ({"normalizer": {"type": "Replace"}, "pre_tokenizer": None}, False),
        ({"normalizer": {"type": "Prepend", "prepend": "\u2581"}}, True),
        ({"normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend"}]}}, True),
        ({"pre_tokenizer": {"type": "Metaspace", "prepend_scheme": "first"}}, True),
        ({"pre_tokenizer": {"type": "Metaspace", "prepend_scheme": "never"}}, False),
    ],
)
def test_whether_a_space_is_put_before_a_text(parts, space):
    assert _has_space_prefix(parts) is space


class Written:
    """A GGUF writer that keeps what it is told, by the name of what tells it."""

    def __init__(self):
        self.told = {}

    def __getattr__(self, name):
        return lambda value: self.told.update({name.removeprefix("add_"): value})


@pytest.mark.parametrize(
    ("ends", "turn"), [([2, 7, 9], 7), ([7, 2], 7), ([2], None), (2, None), (None, None)]
)
def test_nothing_is_put_around_a_prompt_and_the_likeliest_token_is_taken(tmp_path, ends, turn):
    (tmp_path / "config.json").write_text('{"eos_token_id": 2}')
    if ends is not None:
        generation = json.dumps({"eos_token_id": ends})
        (tmp_path / "generation_config.json").write_text(generation)
    writer = Written()
    _own(writer, tmp_path)
    marks = {"add_bos_token": False, "add_eos_token": False}
    drawn = {"sampling_temp": 0.0, "sampling_top_k": 1}
    assert writer.told == marks | drawn | ({} if turn is None else {"eot_token_id": turn})
