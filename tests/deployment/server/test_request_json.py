"""Bodies are read more strictly than Python reads JSON."""

from helpers.hostile_requests import (
    BODIES,
    CHAT_AT,
)
from helpers.server_requests import check_answers, check_refusal, run


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
