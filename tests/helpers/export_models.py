"""Plain model folders to export: random networks of several kinds, with tokenizers of two kinds."""

from pathlib import Path
from typing import Any

from assay.core.types import Message, Messages

TURNS = (
    "{{ bos_token }}{% for message in messages %}{{ '<start_of_turn>' + message['role'] + '\n"
    "' + message['content'] + '<end_of_turn>\n"
    "' }}{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>assistant\n' }}{% endif %}"
)
TEXTS = [
    "the quick brown fox jumps over the lazy dog",
    "system user assistant",
    "how do I renew a book ?",
    "a b c d e",
]


def pieces() -> Any:
    """A tokenizer of SentencePiece's kind, as Gemma has it: merges of characters, bytes for what is
    left, U+2581 for a space."""
    from tokenizers import Tokenizer, decoders, models, normalizers, trainers
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
    core = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    core.normalizer = normalizers.Replace(" ", "\u2581")
    core.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    bytes_ = [f"<0x{number:02X}>" for number in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=[*special, *bytes_], show_progress=False
    )
    core.train_from_iterator(TEXTS * 3, trainer)
    # The bytes are pieces, not added tokens.
    import json

    told = json.loads(core.to_str())
    told["added_tokens"] = [token for token in told["added_tokens"] if token["content"] in special]
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(told)),
        bos_token="<bos>", eos_token="<eos>", pad_token="<pad>", unk_token="<unk>",
        chat_template=TURNS,
    )  # fmt: skip


def saved(folder: Path, network: Any, tokenizer: Any) -> Path:
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def wide_llama(folder: Path, tokenizer: Any) -> Path:
    """256 wide, so that K-quants fit all but the embedding's tie; 8 layers."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(5)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=256, intermediate_size=512, num_hidden_layers=8,
        num_attention_heads=8,
        num_key_value_heads=4, max_position_embeddings=512, tie_word_embeddings=False,
        initializer_range=0.1,
        bos_token_id=None, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    return saved(folder, LlamaForCausalLM(config), tokenizer)


def gemma(folder: Path) -> Path:
    """Gemma 3 of 6 layers, of which the last looks back over everything and the others over 32
    tokens."""
    import torch
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    torch.manual_seed(6)
    tokenizer = pieces()
    config = Gemma3TextConfig(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=2, head_dim=16, max_position_embeddings=512, sliding_window=32,
        initializer_range=0.1,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=0,
        query_pre_attn_scalar=16,
    )  # fmt: skip
    return saved(folder, Gemma3ForCausalLM(config), tokenizer)


def asked(count: int) -> list[Messages]:
    """Prompts of 3 to 40 words."""
    import random

    draw = random.Random(4)
    words = (
        "plastic chip wallet reader stolen missing return money shop about please help with the"
        " apple sky".split()
    )
    texts = [" ".join(draw.choices(words, k=draw.randint(3, 40))) for _ in range(count)]
    return [(Message("system", "Classify the message."), Message("user", text)) for text in texts]
