"""Errors come in OpenAI's shape, so that its clients raise their own."""

import openai
import pytest

from assay.deployment.server.errors import busy, invalid
from helpers.server_requests import ASKED


def test_errors_come_as_the_clients_own(client):
    with pytest.raises(openai.BadRequestError) as found:
        tool = {"type": "function", "function": {"name": "a", "parameters": {}}}
        client.chat.completions.create(model="tfidf", messages=ASKED, tools=[tool])
    assert (found.value.code, found.value.param) == ("unsupported_parameter", "tools")
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="sk-wrong").models.list()
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="gpt-4", messages=ASKED)


@pytest.mark.parametrize(("seconds", "told"), [(0.2, "1"), (2.0, "2"), (2.1, "3")])
def test_the_wait_is_told_in_whole_seconds_and_never_too_short(seconds, told):
    # RFC 9110, section 10.2.3: Retry-After is a whole number of seconds
    refused = busy(seconds, "wait")
    assert refused.status_code == 429 and refused.headers["Retry-After"] == told


def test_a_value_that_is_too_long_to_be_read_is_not_sent_back():
    def said(value):
        error = {"type": "int_parsing", "loc": ("body", "seed"), "msg": "no", "input": value}
        return invalid([error]).body["error"]["message"]

    assert said("abc").endswith('got "abc"') and "got" not in said("a" * 100)
