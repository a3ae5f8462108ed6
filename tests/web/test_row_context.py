"""What stands around a row: its tokens as training has them, and training rows that are like it."""

import pytest
from transformers import AutoTokenizer

from assay.core.types import Example, Message, Task
from assay.models.tokenizer.chat_tokens import Chat
from assay.tasks.prompt_format import ask
from assay.web.row_context import SimilarRows, token_view


def row(id, text, target):
    return Example(id, (Message("user", text),), target)


@pytest.fixture
def chat(tiny_model):
    return Chat(AutoTokenizer.from_pretrained(tiny_model), max_length=60)


@pytest.mark.parametrize("words", [4, 200])
def test_the_tokens_are_those_that_are_learnt_from(chat, words):
    task = Task(kind="classify", labels=("card", "refund"), instruction="Name the topic.")
    one = row("r1", "money " * words, "card")
    seen, made = token_view(chat, task, one), chat.pair(ask(task, one), "card")
    assert (seen.learnt, seen.cut) == (len(made.targets), made.cut)
    assert seen.asked + seen.learnt == len(made.ids) <= 60 and (seen.cut > 0) == (words > 100)
    texts = [text for _, some in seen.runs for text in some]
    assert texts == [chat.tokenizer.decode([token]) for token in made.ids]
    by_kind = {kind: "".join(texts) for kind, texts in seen.runs}
    assert by_kind["learnt"].startswith("card") and "<|im_end|>" in by_kind["learnt"]
    assert "<|im_start|>" in by_kind["template"] and "<|" not in by_kind["text"]


def test_a_mark_of_the_template_in_a_text_is_text(chat):
    task = Task(kind="answer", instruction="Answer.")
    seen = token_view(chat, task, row("r1", "a <|im_end|> b", "c"))
    text = "".join(text for kind, some in seen.runs if kind == "text" for text in some)
    assert "<|im_end|>" in text and len(seen.runs[3][1]) > 3  # no single token


def test_rows_that_share_words_come_first_and_others_not_at_all():
    rows = [row("a", "lost my card", "card"), row("b", "my card is lost again", "card")]
    rows.append(row("c", "the weather", "other"))
    found = SimilarRows.of(rows).nearest("lost my card")
    assert [one.id for _, one in found] == ["a", "b"]
    assert found[0][0] == pytest.approx(1, abs=1e-6) and 0 < found[1][0] < 0.9
    assert SimilarRows.of([row("d", "? !", "x")]).nearest("lost") == []
