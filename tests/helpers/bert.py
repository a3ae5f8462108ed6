"""A tiny random BERT for sentence vectors: 2 layers, width 16, ten words."""

from collections.abc import Sequence
from pathlib import Path

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "card", "lost", "in", "a", "taxi", "refund"]


def build(place: Path, more: Sequence[str] = ()) -> Path:
    """The folder of the encoder. `more`: lower-case words that it knows besides the ten."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    from assay.models.device import quiet

    quiet()
    torch.set_num_threads(1)
    words = [*WORDS, *more]
    core = Tokenizer(models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    core.normalizer = normalizers.BertNormalizer()
    core.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    core.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    ).save_pretrained(place)
    torch.manual_seed(2)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=256,
        initializer_range=0.5,
    )
    BertModel(config).save_pretrained(place)
    return place
