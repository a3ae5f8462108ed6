"""Answers to conversations and texts: whole, or as a stream of events; noted before their end is
handed out.

Promise   An answer that a client has whole stands in the log: it is written there before the last
          byte leaves.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.types import Receive

from assay.core.errors import AssayError
from assay.deployment.server import engine_requests, responses
from assay.deployment.server.admission import InFlightRequests
from assay.deployment.server.engine_api import Engine, Piece, Told, Wanted
from assay.deployment.server.errors import HttpRefusal
from assay.deployment.server.limits import ServerLimits
from assay.deployment.server.metrics import Metrics
from assay.deployment.server.requests import ChatRequest, CompletionRequest
from assay.deployment.server.stream import Answers, Events, while_there


@dataclass
class PendingReply:
    """One request while it is answered.

    Attributes:
        head: what every part of the reply says. chat: a conversation, not a text. counts: a stream
            ends with usage.
    """

    head: dict[str, Any]
    wanted: Sequence[Wanted]
    answers: Answers
    chat: bool
    counts: bool
    begun: float
    pieces: list[list[Piece]] = field(default_factory=list)  # of each answer

    def take(self, number: int, piece: Piece) -> None:
        self.pieces[number].append(piece)

    def text(self, number: int) -> str:
        return "".join(piece.text for piece in self.pieces[number])

    @property
    def last(self) -> list[Piece]:
        return [pieces[-1] for pieces in self.pieces]

    def passages(self, number: int) -> list[str]:
        return next(
            (list(piece.passages) for piece in reversed(self.pieces[number]) if piece.passages), []
        )


class RequestAnswerer:
    """Asks the engine what a request wants, and notes each answer before it is handed out.

    Args:
        inside: who is inside. log: takes a record of each whole answer before it is handed out;
            None: nothing is noted.
    """

    def __init__(
        self,
        engine: Engine,
        limits: ServerLimits,
        metrics: Metrics,
        *,
        inside: InFlightRequests,
        log: Callable[[dict[str, Any]], None] | None = None,
    ):
        self.engine = engine
        self.encoding = asyncio.Semaphore(2)  # requests for vectors at once
        self.seconds = limits.seconds
        self._metrics = metrics
        self._inside = inside
        self._log = log

    async def chat(self, asked: ChatRequest, receive: Receive) -> Response:
        served = engine_requests.find_model(self.engine, asked.model)
        reply = self._reply(
            "chatcmpl", [engine_requests.chat(asked, served)], asked.counts, chat=True
        )
        return await self._respond(reply, receive, streamed=bool(asked.stream))

    async def completions(self, asked: CompletionRequest, receive: Receive) -> Response:
        wanted = engine_requests.completions(
            asked, engine_requests.find_model(self.engine, asked.model)
        )
        reply = self._reply("cmpl", wanted, asked.counts, chat=False)
        return await self._respond(reply, receive, streamed=bool(asked.stream))

    def _reply(
        self, kind: str, wanted: Sequence[Wanted], counts: bool, *, chat: bool
    ) -> PendingReply:
        head = {
            "id": f"{kind}-{uuid.uuid4().hex}",
            "created": int(time.time()),
            "model": wanted[0].arm,
        }
        answers = Answers(self.engine, wanted, self._inside, self.seconds)
        return PendingReply(
            head, wanted, answers, chat, counts, time.monotonic(), [[] for _ in wanted]
        )

    async def _respond(self, reply: PendingReply, receive: Receive, *, streamed: bool) -> Response:
        handed = False
        try:
            # The first piece is waited for, so that what the engine refuses has a status of its
            # own.
            first = await while_there(receive, self._first(reply))
            if streamed:
                handed = True
                return Events(self._events(reply, first), reply.answers)
            await while_there(receive, self._rest(reply))
            return JSONResponse(_plain(_whole(reply)))
        finally:
            if not handed:
                reply.answers.close()

    async def _first(self, reply: PendingReply) -> tuple[int, Piece]:
        await reply.answers.begin()
        found = await reply.answers.next()
        assert found is not None
        self._metrics.first.labels(reply.head["model"]).observe(time.monotonic() - reply.begun)
        await self._take(reply, *found)
        return found

    async def _rest(self, reply: PendingReply) -> None:
        while (found := await reply.answers.next()) is not None:
            await self._take(reply, *found)

    async def _take(self, reply: PendingReply, number: int, piece: Piece) -> None:
        reply.take(number, piece)
        if piece.finish:
            self._metrics.count_answer(reply.head["model"], piece)
            if self._log is not None and (record := _record(reply, number)):
                try:
                    await asyncio.to_thread(self._log, record)
                except AssayError as error:  # the disk is full
                    raise HttpRefusal(
                        500, f"the answer could not be noted: {error.problems[0].text}", "log"
                    ) from error

    async def _events(
        self, reply: PendingReply, first: tuple[int, Piece]
    ) -> AsyncIterator[BaseModel | dict[str, Any]]:
        found: tuple[int, Piece] | None = first
        if reply.chat:
            yield _chunk(reply, 0, {"delta": {"role": "assistant", "content": ""}})
        starts = [0] * len(reply.wanted)
        while found is not None:
            number, piece = found
            if piece.text or piece.tokens:
                yield _chunk(reply, number, _part(reply, piece, starts[number], number))
                starts[number] += len(piece.text)
            if piece.finish:
                end: dict[str, Any] = {"delta": {}} if reply.chat else {"text": ""}
                if passages := reply.passages(number):
                    end["passages"] = passages
                yield _chunk(reply, number, end, piece.finish)
            if (found := await reply.answers.next()) is not None:
                await self._take(reply, *found)
        if reply.counts:
            yield {**_top(reply), "choices": [], "usage": responses.usage(reply.last).model_dump()}


def _top(reply: PendingReply) -> dict[str, Any]:
    kind = "chat.completion.chunk" if reply.chat else "text_completion"
    return {"id": reply.head["id"], "object": kind, **reply.head}


def _chunk(
    reply: PendingReply, number: int, part: dict[str, Any], finish: str | None = None
) -> dict[str, Any]:
    choice = {"index": number, "logprobs": None, **part, "finish_reason": finish or None}
    return {**_top(reply), "choices": [choice], **({"usage": None} if reply.counts else {})}


def _part(reply: PendingReply, piece: Piece, start: int, number: int) -> dict[str, Any]:
    """The text of a piece, with its tokens where they were asked for."""
    said = {"delta": {"content": piece.text}} if reply.chat else {"text": piece.text}
    logprobs = _logprobs(reply, number, piece.tokens, start)
    return {**said, "logprobs": None if logprobs is None else logprobs.model_dump()}


def _logprobs(reply: PendingReply, number: int, tokens: Sequence[Told], start: int = 0) -> Any:
    top = reply.wanted[number].top
    if top is None:
        return None
    return (
        responses.chat_logprobs(tokens)
        if reply.chat
        else responses.text_logprobs(tokens, top, start)
    )


def _whole(reply: PendingReply) -> responses.ChatCompletion | responses.Completion:
    counts = responses.usage(reply.last)
    parts: list[dict[str, Any]] = [
        {
            "index": number,
            "logprobs": _logprobs(
                reply, number, [told for piece in pieces for told in piece.tokens]
            ),
            "finish_reason": pieces[-1].finish,
            "passages": reply.passages(number) or None,
        }
        for number, pieces in enumerate(reply.pieces)
    ]
    if reply.chat:
        said = responses.AssistantMessage(content=reply.text(0))
        return responses.ChatCompletion(
            **reply.head, choices=[responses.ChatChoice(**parts[0], message=said)], usage=counts
        )
    choices = [responses.TextChoice(**part, text=reply.text(part["index"])) for part in parts]
    return responses.Completion(**reply.head, choices=choices, usage=counts)


def _plain(whole: BaseModel) -> dict[str, Any]:
    """As JSON. An arm that reads no documents says nothing of passages."""
    found = whole.model_dump()
    for choice in found["choices"]:
        if choice["passages"] is None:
            del choice["passages"]
    return found


def _record(reply: PendingReply, number: int) -> dict[str, Any] | None:
    """One line of the log; None for a prompt of token ids, and for one that is only read
    (`echo`)."""
    wanted, last = reply.wanted[number], reply.pieces[number][-1]
    if wanted.echo or isinstance(wanted.text, tuple):
        return None
    question = wanted.text or "\n".join(
        one.content for one in wanted.messages if one.role != "system"
    )
    sure = {} if last.confidence is None else {"confidence": round(last.confidence, 4)}
    return {
        "id": reply.head["id"] if len(reply.wanted) == 1 else f"{reply.head['id']}-{number}",
        "at": reply.head["created"],
        "arm": wanted.arm,
        "question": question,
        "answer": reply.text(number),
        "passages": reply.passages(number),
        "prompt_tokens": last.prompt_tokens,
        "tokens": last.written,
        "seconds": round(time.monotonic() - reply.begun, 4),
        "finish": last.finish,
        **sure,
    }
