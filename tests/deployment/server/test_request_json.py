"""Bodies are read more strictly than Python reads JSON."""

import pytest

from assay.deployment.server.errors import HttpRefusal
from assay.deployment.server.request_json import LARGE, _once, parse_body
from helpers.hostile_requests import BODIES, CHAT, CHAT_AT
from helpers.server_requests import check_answers, check_refusal, run

JSON = {"content-type": "application/json"}


def test_bodies(ask):
    async def work():
        async with ask() as client:
            for wrong, body, headers, status, code in BODIES:
                try:
                    check_refusal(
                        await client.post(CHAT_AT, content=body, headers=headers), status, code
                    )
                except AssertionError as error:
                    raise AssertionError(wrong) from error
            await check_answers(client)

    run(work)


def test_a_name_that_comes_twice_is_found_among_a_hundred_thousand(ask):
    """Each name is looked up once: counting each of them would take hours."""
    names = [f'"{number:x}":0' for number in range(90_000)]
    for place in (0, 45_000, 89_999):
        body = "{" + ",".join([*names, names[place]]) + "}"
        with pytest.raises(HttpRefusal, match=f"'{place:x}' stands twice"):
            parse_body(body.encode())
    assert len(body) < 1 << 20  # as large as the server takes

    async def work():
        async with ask() as client:
            check_refusal(await client.post(CHAT_AT, content=body, headers=JSON), 400)
            long = {**CHAT, "user": "u" * LARGE}
            assert (await client.post(CHAT_AT, json=long)).status_code in (200, 400)
            await check_answers(client)

    run(work)


def test_no_name_is_compared_with_all_others():
    compared = []

    class Name(str):
        __hash__ = str.__hash__

        def __eq__(self, other):
            compared.append(other)
            return str.__eq__(self, other)

    names = [Name(number) for number in range(2000)]
    with pytest.raises(HttpRefusal, match="'1999' stands twice"):
        _once([(name, 0) for name in [*names, Name(1999)]])
    assert len(compared) < 2 * len(names)
