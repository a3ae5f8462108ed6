"""GGUF headers written here byte by byte, by the published description of the format."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.errors import ModelError
from assay.models.loading.catalogue import entry_of
from assay.models.loading.fetch import fetch
from assay.models.quantisation.gguf import check, dequantise
from helpers.problems import problem


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _key(name: str, kind: int, data: bytes) -> bytes:
    return _text(name) + struct.pack("<I", kind) + data


def _tensor(name="token_embd.weight", shape=(32, 2), code=8, offset=0) -> bytes:
    return _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, code, offset)


KEYS = (
    _key("general.architecture", 8, _text("llama")),
    _key("llama.block_count", 4, struct.pack("<I", 2)),
    _key("llama.embedding_length", 4, struct.pack("<I", 32)),
    _key("llama.context_length", 4, struct.pack("<I", 128)),
    _key("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, 2) + _text("a") + _text("é")),
)


def _file(keys=KEYS, tensors=None, *, magic=b"GGUF", version=3, counts=None, body=68) -> bytes:
    """One Q8_0 tensor of 2 rows of 32 values: 2 blocks of 2 + 32 bytes."""
    tensors = (_tensor(),) if tensors is None else tensors
    counts = counts or (len(tensors), len(keys))
    head = magic + struct.pack("<IQQ", version, *counts) + b"".join(keys) + b"".join(tensors)
    return head + b"\0" * (-len(head) % 32) + b"\0" * body


def test_a_good_header_is_read(tmp_path):
    path = tmp_path / "m.gguf"
    path.write_bytes(_file())
    header = check(path)
    assert header.architecture == "llama"
    assert header.facts["llama.context_length"] == 128
    assert header.tensors == {"token_embd.weight": ("Q8_0", (32, 2))}


HUGE = 1 << 40
BAD = {
    "begins with": _file(magic=b"<htm"),
    "version 9": _file(version=9),
    "claims 1,099,511,627,776 tensors": _file(counts=(HUGE, 5)),
    "claims 1 tensors and 1,099,511,627,776 keys": _file(counts=(1, HUGE)),
    "claims a text": _file(keys=(struct.pack("<Q", HUGE), *KEYS)),
    "claims an array": _file(keys=(*KEYS, _key("x", 9, struct.pack("<IQ", 4, HUGE)))),
    "an array of kind 9": _file(keys=(*KEYS, _key("x", 9, struct.pack("<IQ", 9, 1)))),
    "unknown kind of value": _file(keys=(*KEYS, _key("x", 99, b""))),
    "the key": _file(keys=(*KEYS, KEYS[0])),
    "does not name its architecture": _file(keys=KEYS[1:]),
    "block_count is 1000000": _file(
        keys=(KEYS[0], _key("llama.block_count", 4, struct.pack("<I", 10**6)), *KEYS[2:])
    ),
    "one part of several": _file(keys=(*KEYS, _key("split.count", 2, struct.pack("<H", 3)))),
    "alignment of 3": _file(keys=(*KEYS, _key("general.alignment", 4, struct.pack("<I", 3)))),
    "5 dimensions": _file(tensors=(_tensor(shape=(32, 1, 1, 1, 1)),)),
    "cannot be dequantised": _file(tensors=(_tensor(code=250),)),
    "impossible for Q8_0": _file(tensors=(_tensor(shape=(33, 2)),)),
    "has the shape": _file(tensors=(_tensor(shape=(HUGE, HUGE)),)),
    "stands twice": _file(tensors=(_tensor(), _tensor(offset=96))),
    "overlap": _file(tensors=(_tensor(), _tensor("b", offset=32))),
    "not aligned": _file(tensors=(_tensor(offset=1),)),
    "incomplete: 0 of 1 MB": _file(tensors=(_tensor(offset=1 << 20),)),
    "ends inside its header": _file()[:100],
}


@pytest.mark.parametrize("words", BAD)
def test_a_bad_header_is_refused_by_name(tmp_path, words):
    path = tmp_path / "m.gguf"
    path.write_bytes(BAD[words])
    with pytest.raises(ModelError, match=words) as caught:
        check(path)
    assert caught.value.problems[0].code == "M097"


@given(place=st.integers(0, 400), value=st.integers(0, 255), end=st.integers(0, 600))
def test_no_change_of_a_byte_gets_past_a_named_error(tmp_path_factory, place, value, end):
    data = bytearray(_file())
    data[place % len(data)] = value
    path = Path(tmp_path_factory.mktemp("gguf")) / "m.gguf"
    path.write_bytes(data[:end] if end < len(data) else data)
    try:
        check(path)
    except ModelError as error:
        assert error.problems[0].code == "M097"


@pytest.mark.nightly
def test_what_transformers_cannot_read_is_a_named_error(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "m.gguf"
    path.write_bytes(
        _file(keys=(_key("general.architecture", 8, _text("nosuch")), *_renamed("nosuch")))
    )
    with problem(ModelError, "M091") as caught:
        dequantise(path, "m")
    assert "nosuch" in caught.value.problems[0].text
    assert not list((tmp_path / "cache").rglob("*.gguf"))


def _renamed(architecture: str) -> tuple[bytes, ...]:
    names = ("block_count", "embedding_length", "context_length")
    return tuple(_key(f"{architecture}.{name}", 4, struct.pack("<I", 2)) for name in names)


@pytest.mark.nightly
@pytest.mark.real
def test_dequantised_smollm_answers_as_it_should(tmp_path, monkeypatch):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    entry = entry_of("smollm2-135m")
    assert entry is not None
    source = fetch(entry) / entry.gguf
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path))
    events = []
    folder = dequantise(source, "smollm2-135m", tell=events.append)
    assert [event["event"] for event in events] == ["dequantise", "dequantise"]
    assert dequantise(source, "smollm2-135m", tell=events.append) == folder and len(events) == 2
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    messages = [
        {
            "role": "system",
            "content": "You are a helpful AI assistant named SmolLM, trained by Hugging Face",
        },
        {"role": "user", "content": "What is the capital of France?"},
    ]
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt")[
        "input_ids"
    ]
    answer = model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=12, do_sample=False
    )
    # The answer of the same GGUF file read by transformers without this module.
    assert (
        tokenizer.decode(answer[0, ids.shape[1] :], skip_special_tokens=True)
        == "The capital of France is Paris."
    )
