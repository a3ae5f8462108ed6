"""What the server says, in OpenAI's shapes."""

import json
import math

from assay.deployment.server.engine_api import Piece, Told
from assay.deployment.server.responses import chat_logprobs, text_logprobs, usage


def test_counts_are_those_of_all_answers_of_a_request():
    last = [
        Piece(finish="stop", prompt_tokens=3, written=2, shared=1),
        Piece(finish="length", prompt_tokens=4, written=5, shared=2),
    ]
    found = usage(last)
    assert (found.prompt_tokens, found.completion_tokens, found.total_tokens) == (7, 7, 14)
    assert found.prompt_tokens_details.cached_tokens == 3


def test_a_token_that_cannot_come_has_a_number_that_json_knows():
    told = [Told(1, "é", -math.inf, (("é", -math.inf),))]
    (token,) = chat_logprobs(told).content
    # the bytes of é in UTF-8, and OpenAI's number for "as good as impossible"
    assert (token.bytes, token.logprob, token.top_logprobs[0].logprob) == (
        [0xC3, 0xA9],
        -9999.0,
        -9999.0,
    )
    assert text_logprobs(told, 1).token_logprobs == [-9999.0]
    json.loads(chat_logprobs(told).model_dump_json())


def test_offsets_count_characters_from_where_the_piece_begins():
    told = [Told(1, "né", -1.0), Told(2, "", -1.0), Told(3, " b", -1.0)]
    assert text_logprobs(told, 0, start=5).text_offset == [5, 7, 7]


def test_of_two_tokens_with_one_text_the_likelier_is_told():
    told = [Told(1, "a", None), Told(2, "a", -2.0, (("b", -0.5), ("a", -1.0)))]
    assert text_logprobs(told, 2).top_logprobs == [None, {"b": -0.5, "a": -1.0}]
    assert text_logprobs(told, 0).top_logprobs is None
