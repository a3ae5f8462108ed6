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
from helpers.gguf_files import KEYS, gguf_bytes, key_bytes, shape_keys, tensor_bytes, text_bytes
from helpers.problems import problem


def test_a_good_header_is_read(tmp_path):
    path = tmp_path / "m.gguf"
    path.write_bytes(gguf_bytes())
    header = check(path)
    assert header.architecture == "llama"
    assert header.facts["llama.context_length"] == 128
    assert header.tensors == {"token_embd.weight": ("Q8_0", (32, 2))}


HUGE = 1 << 40
BAD = {
    "begins with": gguf_bytes(magic=b"<htm"),
    "version 9": gguf_bytes(version=9),
    "claims 1,099,511,627,776 tensors": gguf_bytes(counts=(HUGE, 5)),
    "claims 1 tensors and 1,099,511,627,776 keys": gguf_bytes(counts=(1, HUGE)),
    "claims a text": gguf_bytes(keys=(struct.pack("<Q", HUGE), *KEYS)),
    "claims an array": gguf_bytes(keys=(*KEYS, key_bytes("x", 9, struct.pack("<IQ", 4, HUGE)))),
    "an array of kind 9": gguf_bytes(keys=(*KEYS, key_bytes("x", 9, struct.pack("<IQ", 9, 1)))),
    "unknown kind of value": gguf_bytes(keys=(*KEYS, key_bytes("x", 99, b""))),
    "the key": gguf_bytes(keys=(*KEYS, KEYS[0])),
    "does not name its architecture": gguf_bytes(keys=KEYS[1:]),
    "block_count is 1000000": gguf_bytes(
        keys=(KEYS[0], key_bytes("llama.block_count", 4, struct.pack("<I", 10**6)), *KEYS[2:])
    ),
    "one part of several": gguf_bytes(
        keys=(*KEYS, key_bytes("split.count", 2, struct.pack("<H", 3)))
    ),
    "alignment of 3": gguf_bytes(
        keys=(*KEYS, key_bytes("general.alignment", 4, struct.pack("<I", 3)))
    ),
    "5 dimensions": gguf_bytes(tensors=(tensor_bytes(shape=(32, 1, 1, 1, 1)),)),
    "cannot be dequantised": gguf_bytes(tensors=(tensor_bytes(code=250),)),
    "impossible for Q8_0": gguf_bytes(tensors=(tensor_bytes(shape=(33, 2)),)),
    "has the shape": gguf_bytes(tensors=(tensor_bytes(shape=(HUGE, HUGE)),)),
    "stands twice": gguf_bytes(tensors=(tensor_bytes(), tensor_bytes(offset=96))),
    "overlap": gguf_bytes(tensors=(tensor_bytes(), tensor_bytes("b", offset=32))),
    "not aligned": gguf_bytes(tensors=(tensor_bytes(offset=1),)),
    "incomplete: 0 of 1 MB": gguf_bytes(tensors=(tensor_bytes(offset=1 << 20),)),
    "ends inside its header": gguf_bytes()[:100],
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
    data = bytearray(gguf_bytes())
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
        gguf_bytes(
            keys=(key_bytes("general.architecture", 8, text_bytes("nosuch")), *shape_keys("nosuch"))
        )
    )
    with problem(ModelError, "M091") as caught:
        dequantise(path, "m")
    assert "nosuch" in caught.value.problems[0].text
    assert not list((tmp_path / "cache").rglob("*.gguf"))


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
    assert [event["event"] for event in events] == ["activity"]
    assert dequantise(source, "smollm2-135m", tell=events.append) == folder and len(events) == 1
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
