"""GGUF files written byte by byte, by the published description of the format."""

import struct


def text_bytes(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def key_bytes(name: str, kind: int, data: bytes) -> bytes:
    return text_bytes(name) + struct.pack("<I", kind) + data


def tensor_bytes(name="token_embd.weight", shape=(32, 2), code=8, offset=0) -> bytes:
    return text_bytes(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, code, offset)


KEYS = (
    key_bytes("general.architecture", 8, text_bytes("llama")),
    key_bytes("llama.block_count", 4, struct.pack("<I", 2)),
    key_bytes("llama.embedding_length", 4, struct.pack("<I", 32)),
    key_bytes("llama.context_length", 4, struct.pack("<I", 128)),
    key_bytes(
        "tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, 2) + text_bytes("a") + text_bytes("é")
    ),
)


def gguf_bytes(keys=KEYS, tensors=None, *, magic=b"GGUF", version=3, counts=None, body=68) -> bytes:
    """One Q8_0 tensor of 2 rows of 32 values: 2 blocks of 2 + 32 bytes."""
    tensors = (tensor_bytes(),) if tensors is None else tensors
    counts = counts or (len(tensors), len(keys))
    head = magic + struct.pack("<IQQ", version, *counts) + b"".join(keys) + b"".join(tensors)
    return head + b"\0" * (-len(head) % 32) + b"\0" * body


def shape_keys(architecture: str) -> tuple[bytes, ...]:
    names = ("block_count", "embedding_length", "context_length")
    return tuple(key_bytes(f"{architecture}.{name}", 4, struct.pack("<I", 2)) for name in names)
