"""Another engine behind the same routes: llama.cpp's server or vLLM, in a child process, asked
through OpenAI's API.

What     The arm's prompt, search and checks are assay's; the tokens are written by the child. For
         `text` and for the base what is asked is forwarded as it is.
Takes    Arms that write. One that chooses among labels reads likelihoods that such a server does
         not give.
Beware   The child has other rounding, often other weights (GGUF), and so other answers: `assay
         export` measures how many are the same. A form other than a JSON schema, and an echo, are
         not forwarded.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from assay.core.errors import ModelError, Problem, ResourceError, unknown_name
from assay.core.types import Decoding, Example, Messages
from assay.deployment.server.answer_rate import AnswerPace
from assay.deployment.server.arms import ServedArm, decoding, merge_decoding, prepare_prompt
from assay.deployment.server.engine import CLOSING, QUEUE, SECONDS
from assay.deployment.server.engine_api import Load, Piece, QueueFull, Served, Ticket, Told, Wanted
from assay.deployment.server.micro_batching import piece_of
from assay.deployment.server.sequence import FAULTS, Request, describe_fault
from assay.models.remote.event_stream import JsonClient, event_data

if TYPE_CHECKING:
    import httpx2

SLOTS = 32
UNWANTED = (400, 413, 422)  # what a server answers to a request that it will never answer
DONE: dict[str, Literal["stop", "length"]] = {"stop": "stop", "length": "length", "eos": "stop"}


@dataclass(frozen=True)
class OutsideArm:
    """Where an arm's tokens are written: `address` up to the port, the `model`'s name there, the
    tokens it reads."""

    arm: ServedArm
    address: str
    model: str
    context: int
    key: str = ""


class OutsideEngine:
    """Implements `wanted.Engine` by asking other servers, a thread for each answer under way.

    Args:
        end: called when it is closed: ends the children.
    """

    def __init__(
        self,
        places: Sequence[OutsideArm],
        *,
        slots: int = SLOTS,
        queue: int | None = None,
        seconds: float = SECONDS,
        end: Callable[[], object] = lambda: None,
    ):
        for place in places:
            refuse_unwritten(place.arm)
        self.places = {place.arm.name: place for place in places}
        self.slots, self.queue, self.seconds = (
            slots,
            QUEUE * slots if queue is None else queue,
            seconds,
        )
        self._end = end
        self._http = JsonClient()
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="outside")
        self._lock, self._computing = threading.Lock(), threading.Lock()
        self._open: set[Request] = set()
        self._numbers = itertools.count()
        self._pace = AnswerPace()
        self._closed = False

    def list_models(self) -> tuple[Served, ...]:
        return tuple(
            Served(name, place.arm.kind, place.context, place.arm.created, room=place.arm.room)
            for name, place in self.places.items()
        )

    def load(self) -> Load:
        with self._lock:
            running = sum(request.running for request in self._open)
            return Load(running, len(self._open) - running, self.slots, self.queue)

    def embed(self, name: str, texts: Sequence[str]) -> tuple[Any, int]:
        raise ModelError(
            Problem("M121", f"{name} has no encoder here", name, "serve it with engine: own")
        )

    def begin(self, wanted: Wanted, put: Callable[[Piece], None]) -> Ticket:
        """See `wanted.Engine`. What is too long is refused by the child.

        Raises:
            Full: the queue is full. ModelError: M121, M123. ResourceError: R050, it is closing.
        """
        place = self.places.get(wanted.arm)
        if place is None:
            raise ModelError(unknown_name("M123", "model", wanted.arm, self.places, wanted.arm))
        _refuse(place.arm, wanted)
        request = Request(next(self._numbers), wanted, put, time.monotonic() + self.seconds)
        with self._lock:
            if self._closed:
                raise ResourceError(
                    Problem("R050", CLOSING, "", "ask again when it has started anew")
                )
            waiting = sum(not one.running for one in self._open)
            if waiting >= self.queue:
                raise QueueFull(self._pace.until(waiting))
            if not self._open:
                self._pace.began()
            self._open.add(request)
            self._threads.submit(self._answer, request, place)
        return request

    def close(self, seconds: float) -> None:
        with self._lock:
            self._closed = True
        until = time.monotonic() + seconds
        while self._open and time.monotonic() < until:
            time.sleep(0.02)
        for request in list(self._open):
            request.fail(CLOSING)
            request.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._end()  # before its threads, which wait for it
        self._threads.shutdown()

    # --- on a thread of the pool ------------------------------------------------------------------

    def _answer(self, request: Request, place: OutsideArm) -> None:
        request.running = True
        try:
            if why := request.late():
                request.fail(why)
                return
            path, body, passages = self._build_request(request, place)
            if path:
                self._forward(request, place, path, body, passages)
        except _Unwanted as fault:
            request.fail(describe_fault(fault), fault.problems[0].code)
        except FAULTS as fault:
            request.fail(describe_fault(fault))
        finally:
            with self._lock:
                self._open.discard(request)
                self._pace.count_answers(1)

    def _build_request(
        self, request: Request, place: OutsideArm
    ) -> tuple[str, dict[str, Any], tuple[str, ...]]:
        """Path and body for the child, and the passages; no path where the arm has an answer by
        itself."""
        wanted, arm = request.wanted, place.arm
        how, messages, passages = wanted.how, wanted.messages, ()
        if wanted.text is None and arm.adapted is not None:
            with self._computing:  # its search is made for one thread
                found = prepare_prompt(
                    arm.adapted, arm.ready(Example(str(request.number), wanted.messages))
                )
            if found.answer is not None:
                request.say(piece_of(found.answer, likely=False))
                return "", {}, ()
            messages, passages, how = (
                found.messages,
                found.passages,
                merge_decoding(decoding(arm.adapted)[0], how),
            )
        body = {"model": place.model, "max_tokens": wanted.max_tokens, **_how(how, wanted)}
        if wanted.text is None:
            return "/v1/chat/completions", {**body, "messages": _turns(messages)}, passages
        text = wanted.text if isinstance(wanted.text, str) else list(wanted.text)
        return "/v1/completions", {**body, "prompt": text}, passages

    def _forward(
        self,
        request: Request,
        place: OutsideArm,
        path: str,
        body: dict[str, Any],
        passages: tuple[str, ...],
    ) -> None:
        text, finish, counts = _Text(whole=request.wanted.text is not None), "stop", {}
        body |= {"stream": True, "stream_options": {"include_usage": True}}

        def hold(cut: Callable[[], None]) -> None:  # the child stops writing when the client leaves
            request.wake = cut

        wait = max(1.0, request.until - time.monotonic())
        with self._http.send(
            place.address + path, body, place.key, wait=wait, hold=hold
        ) as response:
            for event in _events(response, body["model"]):
                if why := request.late():
                    request.fail(why)
                    return
                counts = event.get("usage") or counts
                for choice in event.get("choices") or ():
                    finish = choice.get("finish_reason") or finish
                    piece = (
                        choice["text"]
                        if "text" in choice
                        else (choice.get("delta") or {}).get("content")
                    )
                    tokens = _parse_logprobs(choice.get("logprobs"))
                    if (new := text.more(piece or "")) or tokens:
                        request.say(Piece(new, tokens))
        request.say(
            Piece(
                "",
                (),
                DONE.get(finish, "stop"),
                counts.get("prompt_tokens", 0),
                counts.get("completion_tokens", 0),
                passages=passages,
            )
        )


def _events(response: httpx2.Response, name: str) -> Iterator[dict[str, Any]]:
    """The JSON of each event.

    Raises:
        RuntimeError: the child fails, with what it says. _Unwanted: it refuses the request, now or
            in its stream.
    """
    if (status := response.status_code) != 200:
        said = b"".join(response.iter_bytes())[:2000].decode(errors="replace")
        text = f"the engine answers {status}: {said}"
        raise _rejection(text, name) if status in UNWANTED else RuntimeError(text)
    for data in event_data(response.iter_bytes()):
        event = json.loads(data)
        if "error" in event:
            text, error = f"the engine says: {event['error']}", event["error"]
            unwanted = isinstance(error, dict) and error.get("code") in UNWANTED
            raise _rejection(text, name) if unwanted else RuntimeError(text)
        yield event


class _Unwanted(ModelError):
    """The request is to blame."""


def _rejection(text: str, name: str) -> _Unwanted:
    """llama.cpp, vLLM and assay's own server all speak of the context where a prompt is too long
    for them."""
    long = "context" in text
    way = "send a shorter prompt, or ask for fewer tokens" if long else "see what it says"
    return _Unwanted(Problem("M120" if long else "M121", text, name, way))


def _how(how: Decoding, wanted: Wanted) -> dict[str, Any]:
    body: dict[str, Any] = {"temperature": how.temperature, "top_p": how.top_p, "seed": how.seed}
    if how.stop:
        body["stop"] = list(how.stop)
    if how.form is not None:
        schema = {"name": "form", "schema": json.loads(how.form.text), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if wanted.top is not None:
        chat = {"logprobs": True, "top_logprobs": wanted.top}
        body |= chat if wanted.text is None else {"logprobs": wanted.top}
    return body


def _turns(messages: Messages) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]


def _parse_logprobs(logprobs: dict[str, Any] | None) -> tuple[Told, ...]:
    """Tokens in the form of chats or in that of texts; a server says no ids."""
    found = logprobs or {}
    if rows := found.get("content"):
        return tuple(
            Told(
                0,
                row["token"],
                row["logprob"],
                tuple((t["token"], t["logprob"]) for t in row["top_logprobs"]),
            )
            for row in rows
        )
    tops = found.get("top_logprobs") or itertools.repeat(None)
    rows = zip(found.get("tokens") or (), found.get("token_logprobs") or (), tops, strict=False)
    return tuple(Told(0, token, log, tuple((top or {}).items())) for token, log, top in rows)


class _Text:
    """Pieces of a text without white space at its ends, or `whole`, as they come."""

    def __init__(self, *, whole: bool):
        self.whole = whole
        self._held = ""
        self._begun = whole

    def more(self, piece: str) -> str:
        if self.whole:
            return piece
        text = self._held + piece
        text = text if self._begun else text.lstrip()
        self._begun = self._begun or bool(text)
        said_ = text.rstrip()
        self._held = text[len(said_) :]
        return said_


def _refuse(arm: ServedArm, wanted: Wanted) -> None:
    if wanted.text is None and (not wanted.messages or wanted.messages[-1].role != "user"):
        _unfit(
            arm,
            "is asked by a conversation whose last turn is the user's",
            "put a user's turn last",
        )
    if wanted.echo:
        _unfit(arm, "echoes no prompt", "serve it with engine: own")
    own = decoding(arm.adapted)[0].form if arm.adapted is not None and wanted.text is None else None
    form = wanted.how.form or own
    if form is not None and form.kind != "json":
        _unfit(arm, "is held to no other form than a JSON schema", "serve it with engine: own")


def refuse_unwritten(arm: ServedArm) -> None:
    """Raises ModelError, M121, for an arm that does not write its answers."""
    if arm.adapted is not None and not arm.writes:
        _unfit(arm, "chooses among labels, which this engine cannot", "serve it with engine: own")


def _unfit(arm: ServedArm, text: str, way: str) -> None:
    raise ModelError(Problem("M121", f"{arm.name} {text}", arm.name, way))
