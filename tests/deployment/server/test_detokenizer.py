"""What a client hears: whole characters, no part of a stop text, likelihoods of a plain forward
pass."""

import pytest
import torch

from assay.core.types import GREEDY, Decoding, Form
from assay.deployment.server.detokenizer import Voice
from assay.deployment.server.engine import base_arm
from assay.deployment.server.engine_api import Wanted
from assay.models.inference.sampler import PartialAnswer, Pen
from helpers.engines import begin, chat, running

PROMPT = chat("Answer the question.", "so the taxi then and then again")
HALF = "\ufffd"


@pytest.fixture(scope="module")
def model(open_tiny):
    return open_tiny()


@pytest.fixture
def engine(model):
    with running([base_arm(model)]) as engine:
        yield engine


# --- pieces ---------------------------------------------------------------------------------------


def pieces(model, tokens, how=GREEDY, *, whole=True, end=True):
    """What is said token by token, where these tokens are written."""
    pen = Pen(model.chat, how, len(tokens))
    line = PartialAnswer(0, [1])
    voice, said = Voice(pen, line, whole=whole), []
    for place, token in enumerate(tokens):
        if line.over:
            break
        line.tokens.append(token)
        line.ended = pen._ends_with_stop(line.tokens)
        line.over = line.ended or (end and place == len(tokens) - 1)
        said.append(voice.more())
    return said


def in_bytes(model, text):
    """The text cut into tokens of one byte each."""
    one = {model.chat.tokenizer.decode([i]): i for i in range(256 + 3)}
    letters = model.chat.tokenizer.backend_tokenizer.pre_tokenizer.pre_tokenize_str(text)
    ids = [
        model.chat.tokenizer.convert_tokens_to_ids(letter) for word, _ in letters for letter in word
    ]
    assert None not in ids and one
    return ids


@pytest.mark.parametrize(
    "text",
    [
        "a grin \U0001f600 and \u00e9\u4e2d",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467!",
        "\u00e9" * 5,
    ],
)
def test_no_piece_has_half_a_character(model, text):
    tokens = in_bytes(model, text)
    assert len(tokens) == len(text.encode())
    said = pieces(model, tokens)
    assert "".join(said) == text
    assert not any(HALF in piece for piece in said)
    assert sum(bool(piece) for piece in said) == len(text), (
        "each character comes as soon as it is whole"
    )


def test_bytes_that_never_become_a_character_are_said_at_the_end(model):
    tokens = [*in_bytes(model, "ok "), in_bytes(model, "\u4e2d")[0]]
    assert pieces(model, tokens) == ["o", "k", " ", HALF]


def test_no_piece_has_a_part_of_a_stop_text(model):
    stop = Decoding(stop=("END", "\nQ:"))
    tokens = in_bytes(model, "one EN two E\n\nQuestion \nQ: no")
    said = pieces(model, tokens, stop)
    assert "".join(said) == "one EN two E\n\nQuestion "
    assert pieces(model, in_bytes(model, "aENxENDb"), stop) == ["a", "", "", "ENx", "", "", ""]


def test_a_stop_text_in_one_token_with_what_stands_before_it(model):
    tokens = model.chat.text_ids("taxi and plastic")
    assert "".join(pieces(model, tokens, Decoding(stop=("lastic",)))) == "taxi and p"


def test_white_space_at_the_ends_waits_for_what_follows(model):
    tokens = in_bytes(model, " \n a  b \n")
    assert pieces(model, tokens, whole=False) == ["", "", "", "a", "", "", "  b", "", ""]
    assert "".join(pieces(model, tokens, whole=True)) == " \n a  b \n"


@pytest.mark.parametrize(
    "how", [GREEDY, Decoding(temperature=1.5, seed=3), Decoding(stop=("o", "xi t"))]
)
def test_pieces_add_up_to_the_answer(model, engine, how):
    (alone,) = model.generate([PROMPT], max_tokens=40, how=how)
    heard = begin(engine, Wanted("base", PROMPT, max_tokens=40, how=how))
    assert heard.text == alone.text
    assert all(piece.text or piece.finish for piece in heard.pieces)
    assert [piece.finish for piece in heard.pieces[:-1]] == [""] * (len(heard.pieces) - 1)


# --- draws ----------------------------------------------------------------------------------------


def test_a_seed_gives_the_same_answer_in_any_company(model):
    def ask(engine, seed):
        return begin(
            engine, Wanted("base", PROMPT, max_tokens=12, how=Decoding(temperature=1.2, seed=seed))
        )

    with running([base_arm(model)], slots=16) as engine:
        first = ask(engine, 5).text
        crowd = [ask(engine, seed) for seed in (1, 5, 2, 5, 3, 5)]
        assert [heard.text == first for heard in crowd] == [False, True, False, True, False, True]


# --- likelihoods ----------------------------------------------------------------------------------


def plain(model, ids):
    """Log-softmax of a plain forward pass, float64 (tokens, vocabulary)."""
    with torch.inference_mode():
        return model.network(torch.tensor([ids])).logits[0].double().log_softmax(-1)


@pytest.mark.parametrize(
    "how", [GREEDY, Decoding(temperature=1.3, seed=4), Decoding(form=Form("regex", "[a-z ]{3,9}"))]
)
def test_likelihoods_are_those_of_a_plain_pass(model, engine, how):
    heard = begin(engine, Wanted("base", PROMPT, max_tokens=9, how=how, top=3))
    tokens = heard.tokens
    ids, _ = model.chat.prompt(PROMPT)
    logs = plain(model, [*ids, *(told.id for told in tokens)])[len(ids) - 1 :]
    assert len(tokens) == heard.last.written
    for told, row in zip(tokens, logs, strict=False):
        assert told.logprob == pytest.approx(float(row[told.id]), abs=1e-4)
        best = row.topk(3)
        assert [value for _, value in told.top] == pytest.approx(best.values.tolist(), abs=1e-4)
        assert [text for text, _ in told.top] == [
            model.chat.tokenizer.decode([i]) for i in best.indices.tolist()
        ]


def test_without_asking_nothing_is_told_of_tokens(engine):
    assert begin(engine, Wanted("base", PROMPT, max_tokens=5)).tokens == []
    assert all(
        told.top == () for told in begin(engine, Wanted("base", PROMPT, max_tokens=5, top=0)).tokens
    )
