"""What is learnt of documents, what is held out, what perplexity says of it."""

import math
from dataclasses import replace

import pytest

from assay.core.types import Document
from assay.strategies.training.lora import Lora
from assay.training.document_reading import (
    GENERAL,
    Reading,
    Texts,
    add_replay,
    change,
    divide,
    is_below,
    limited,
    perplexity,
    windows_of,
)
from assay.training.progress import Progress


@pytest.fixture
def chat(lesson):
    chat = lesson("classify").open_base().chat
    return replace(chat, max_length=8)


def documents(count, words=30, place="docs"):
    return [
        Document(f"{place}-{i}", f"the card of wallet {i} " * words, f"{place}/{i}.md")
        for i in range(count)
    ]


def test_of_many_documents_whole_ones_are_held_out(chat):
    texts = divide(documents(40), chat, 3, 0.1, "")
    learnt, held = ({source for source, _ in some} for some in (texts.learnt, texts.held))
    assert len(held) == 4 and len(learnt) == 36 and not learnt & held
    again = divide(documents(40), chat, 3, 0.1, "")
    assert {source for source, _ in again.held} == held
    assert {s for s, _ in divide(documents(40), chat, 4, 0.1, "").held} != held


def test_of_few_documents_the_last_windows_are_held_out(chat):
    some = documents(2)
    texts = divide(some, chat, 3, 0.2, "")
    for document in some:
        whole = [one.ids for _, one in windows_of([document], chat)]
        learnt, held = (
            [one.ids for source, one in part if source == document.source]
            for part in (texts.learnt, texts.held)
        )
        assert learnt + held == whole and len(held) == round(0.2 * len(whole))


def test_general_text_is_neither_learnt_as_the_domains_nor_held_out_of_it(chat):
    texts = divide([*documents(30), *documents(5, place="wiki")], chat, 3, 0.1, "wiki/")
    assert {source.split("/")[0] for source, _ in texts.general} == {"wiki"}
    own = {source.split("/")[0] for source, _ in [*texts.learnt, *texts.held]}
    assert own == {"docs"}


def test_replay_is_a_share_of_all_and_not_what_perplexity_is_told_on(chat):
    own = windows_of(documents(20), chat)
    texts = Texts(own, [], windows_of(documents(60, place="wiki"), chat))
    learnt = add_replay(texts, own, 0.1, 3)
    old = [one for one in learnt if one[0].startswith("wiki")]
    assert len(old) / len(learnt) == pytest.approx(0.1, abs=0.01)
    assert len(texts.general) == GENERAL and not set(map(id, old)) & set(map(id, texts.general))


def test_tokens_are_a_limit_that_is_drawn(chat):
    own = windows_of(documents(20), chat)
    some = limited(own, 1000, 3)
    size = sum(len(one.ids) for _, one in some)
    assert 1000 - chat.max_length <= size <= 1000 and set(map(id, some)) <= set(map(id, own))
    assert limited(own, None, 3) is own and some != limited(own, 1000, 4)


def test_perplexity_of_a_random_network_is_that_of_its_vocabulary(lesson, chat):
    model = lesson("classify").open_base()
    strategy = Lora(rank=2)
    changed = strategy.change(model, lesson("classify"))
    found = perplexity(model, changed, strategy, windows_of(documents(3), chat))
    assert found == pytest.approx(model.network.config.vocab_size, rel=0.3)
    assert math.isnan(perplexity(model, changed, strategy, []))


@pytest.mark.parametrize(
    ("source", "place", "below"),
    [
        ("wiki/a.md", "wiki", True),
        ("./wiki/a.md", "wiki/", True),
        ("wiki.txt", "wiki.txt", True),
        ("wikipedia/a.md", "wiki", False),
        ("docs/wiki/a.md", "wiki", False),
        ("docs/a.md", "", False),
    ],
)
def test_what_lies_in_a_folder(source, place, below):
    assert is_below(source, place) is below


def test_what_is_said_of_it():
    text = Reading(Progress(), 12_345, 20.0, 15.0, (10.0, 10.5)).sentences()[0]
    assert "12,345 tokens" in text and "20.00 before, 15.00 after (−25.0 %)" in text
    assert "of general text: 10.00, then 10.50 (+5.0 %)" in text
    assert "too little text" in Reading(Progress(), 9, math.nan, math.nan).sentences()[0]
    assert change(2.0, 1.0) == "−50.0 %"
