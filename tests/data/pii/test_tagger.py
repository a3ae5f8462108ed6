"""Models that find names: joining of their tokens, long texts, and a model folder of one's own."""

import pytest

from assay.core.types import Changed, Example, Means, Message
from assay.data.pii.spans import Span
from assay.data.pii.tagger import CHUNK, _in_pieces, _merge_tokens, tagger
from assay.data.steps.anonymise import Anonymise


def test_tokens_of_one_sort_that_touch_are_one_name():
    text = "Anna Berg-Lund met Bo in Oslo"
    labels = ["B-PER", "I-PER", "I-PER", "I-PER", "O", "B-PER", "O", "B-LOC"]
    places = [(0, 4), (5, 9), (9, 10), (10, 14), (15, 18), (19, 21), (22, 24), (25, 29)]
    assert _merge_tokens(text, labels, places) == [
        Span(0, 14, "PERSON"),
        Span(19, 21, "PERSON"),
        Span(25, 29, "PLACE"),
    ]
    # Labels without B and I; tokens of no letters; a second name that begins right after the first.
    assert _merge_tokens("Anna Berg", ["PER", "PER"], [(0, 4), (5, 9)]) == [Span(0, 9, "PERSON")]
    assert _merge_tokens("Anna Berg", ["B-PER", "B-PER"], [(0, 4), (5, 9)]) == [
        Span(0, 4, "PERSON"),
        Span(5, 9, "PERSON"),
    ]
    # A person before a company is not one name, whichever comes first.
    for first, second in (("PER", "ORG"), ("ORG", "PER")):
        merged = _merge_tokens("Anna Acme", [first, second], [(0, 4), (5, 9)])
        assert [(span.start, span.end) for span in merged] == [(0, 4), (5, 9)]
    assert _merge_tokens("x", ["O", "B-PER"], [(0, 1), (0, 0)]) == []


def test_a_long_text_is_cut_at_spaces_and_put_together():
    def find(texts):
        assert all(len(text) <= CHUNK for text in texts)
        return [
            [Span(m, m + 4, "PERSON") for m in range(len(t)) if t.startswith("Anna", m)]
            for t in texts
        ]

    text = ("word " * 4003 + "Anna ") * 3
    found = _in_pieces(find)([text, "", "Anna"])
    assert [text[s.start : s.end] for s in found[0]] == ["Anna"] * 3
    assert found[1:] == [[], [Span(0, 4, "PERSON")]]


@pytest.fixture(scope="module")
def ner(tmp_path_factory):
    """A small BERT that has learnt two words: `Anna` is a person, `Oslo` a place."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    words = "[PAD] [UNK] [CLS] [SEP] Anna Oslo lives in and works there".split()
    core = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, unk_token="[UNK]", pad_token="[PAD]")
    labels = {0: "O", 1: "B-PER", 2: "B-LOC"}
    before = torch.get_rng_state()
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=512,
        id2label=labels,
        label2id={v: k for k, v in labels.items()},
    )
    model = BertForTokenClassification(config)
    optimiser = torch.optim.Adam(model.parameters(), 0.02)
    draw = torch.Generator().manual_seed(5)
    for _ in range(120):
        ids = torch.randint(4, len(words), (16, 8), generator=draw)
        target = torch.where(ids == 4, 1, torch.where(ids == 5, 2, 0))
        optimiser.zero_grad()
        model(input_ids=ids, labels=target).loss.backward()
        optimiser.step()
    torch.set_rng_state(before)
    folder = tmp_path_factory.mktemp("ner") / "model"
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_token_classification_model_of_ones_own(ner):
    text = "Anna lives in Oslo"
    found = tagger(str(ner)).find([text, "", "there and " * 600 + "Oslo"])
    assert [(s.kind, text[s.start : s.end]) for s in found[0]] == [
        ("PERSON", "Anna"),
        ("PLACE", "Oslo"),
    ]
    # 1,201 tokens: beyond the first window
    assert found[1] == [] and found[2] == [Span(6000, 6004, "PLACE")]
    step = Anonymise.model_validate({"names": str(ner), "as": "mask"})
    result = step.one(
        Example("r", (Message("user", "there Anna works in Oslo"),)), Means(key=b"k" * 32)
    )
    assert isinstance(result, Changed)
    assert result.example.text == "there <PERSON> works in <PLACE>"
