"""A language model behind an address, as the local ones are asked: `LanguageModel` for any
OpenAI-compatible service.

It cannot score  a label is written, in the form of a choice
Paid once        each answer is on the disk before the next progress event; the same question is not
                 sent again
Order            answers come in any order and are given in that of the prompts
Watch out        tokens are counted by the service, afterwards; before, they are estimated from
                 bytes
"""

from __future__ import annotations

import json
import math
import queue
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assay.core.answers import GREEDY, Decoding, Form, Generated, Tell
from assay.core.corrupt_files import silent
from assay.core.errors import AssayError, Problem, ResourceError
from assay.core.examples import Messages
from assay.models.remote.answer_cache import RemoteCache, request_key
from assay.models.remote.client import Client, Halted, Refused
from assay.models.remote.endpoint import Endpoint
from assay.models.remote.event_stream import event_data
from assay.models.remote.request_body import (
    answer_of,
    body_of,
    estimate_prompt_tokens,
    find_refused_parameter,
    room,
)

BEAT = 0.5  # seconds between two progress events while nothing comes
LAST_WORD = 6.0  # seconds that requests on their way get when a run is stopped


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question that is to be sent: its key, and which sample of equal ones it is."""

    key: str
    messages: Messages
    sample: int


class RemoteModel:
    """A model behind an address.

    Args:
        folder: where answers are kept; None keeps them in memory.
        offline: only what is kept is answered (R010). dry: nothing is sent, `due` counts what would
            be.
        tell: gets warnings. seed: of waiting times.
    """

    can_score = False

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        folder: Path | None = None,
        *,
        offline: bool = False,
        dry: bool = False,
        seed: int = 0,
        tell: Tell | None = None,
    ):
        self.name = name
        self.endpoint = endpoint
        self.cache = RemoteCache(folder, endpoint, tell or silent)
        self.offline = offline
        self.dry = dry
        # key of a request -> prompt and answer tokens that it would take
        self.due: dict[str, tuple[int, int]] = {}
        self.sent = 0  # requests that were answered here
        # seconds that the requests of kept answers took when they were sent; NaN where not known
        self.waited = 0.0
        self.client = Client(name, endpoint, seed)
        self._without: frozenset[str] = frozenset()  # parameters that the service does not take
        self._lock = threading.Lock()
        self._tell = tell

    def count_tokens(self, messages: Messages) -> int:
        """An estimate: the service alone knows."""
        return estimate_prompt_tokens(messages)

    def score(
        self, prompts: Sequence[Messages], options: Sequence[str], *, tell: Tell | None = None
    ) -> Any:
        raise RuntimeError("a remote model cannot score: look at can_score")

    def generate(
        self,
        prompts: Sequence[Messages],
        *,
        max_tokens: int,
        how: Decoding = GREEDY,
        tell: Tell | None = None,
    ) -> list[Generated]:
        """Answers in the order of `prompts`, from the cache where they are kept.

        Raises:
            ResourceError: R010 to R017. What is on its way when `tell` raises is still kept, if it
                comes soon.
        """
        asked = self._requests(prompts, max_tokens, how)
        kept = [row for one in asked if (row := self.cache.get(one.key)) is not None]
        self.waited += sum(row.get("seconds", math.nan) for row in kept)
        new = list({one.key: one for one in asked if self.cache.get(one.key) is None}.values())
        if self.dry:
            self.due |= {
                one.key: (estimate_prompt_tokens(one.messages), room(max_tokens, how.form))
                for one in new
            }
            return [
                self._lookup(one.key)
                or Generated("", estimate_prompt_tokens(one.messages), max_tokens, False)
                for one in asked
            ]
        if new and self.offline:
            text = f"{self.name} is behind {self.endpoint.host}, and the network must not be used"
            way = f"{len(new):,} of {len(asked):,} answers are not kept here; run without --offline"
            raise ResourceError(Problem("R010", text, f"remote.{self.name}", help=way))
        self._send(new, max_tokens, how, len(asked), tell)
        return [answer for one in asked if (answer := self._lookup(one.key))]

    def stream(self, prompt: Messages, *, max_tokens: int) -> Iterator[str]:
        """The answer piece by piece, as server-sent events bring it. It is not kept."""
        body = {
            **body_of(self.endpoint, prompt, max_tokens, GREEDY, 0, self._without | {"logprobs"}),
            "stream": True,
        }
        try:
            for data in event_data(self.client.stream(body)):
                if piece := _piece(data):
                    yield self.client.without_key(piece)
        except Refused as error:
            raise self._refusal_error(error) from error

    # --- requests ---------------------------------------------------------------------------------

    def _requests(
        self, prompts: Sequence[Messages], max_tokens: int, how: Decoding
    ) -> list[_Asked]:
        """Equal prompts are one request where the likeliest answer is wanted, and a sample each
        where one is drawn."""
        seen: Counter[Messages] = Counter()
        asked = []
        for messages in prompts:
            sample = seen[messages] if how.temperature else 0
            seen[messages] += 1
            asked.append(
                _Asked(
                    request_key(self.endpoint, messages, max_tokens, how, sample), messages, sample
                )
            )
        return asked

    def _lookup(self, key: str) -> Generated | None:
        row = self.cache.get(key)
        return (
            None if row is None else Generated(**{name: row[name] for name in Generated.__slots__})
        )

    def _send(
        self, new: list[_Asked], max_tokens: int, how: Decoding, total: int, tell: Tell | None
    ) -> None:
        """Ask in several threads; keep each answer as it comes."""
        todo: queue.SimpleQueue[_Asked] = queue.SimpleQueue()
        come: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        for one in new:
            todo.put(one)
        halt = threading.Event()

        def work() -> None:
            while not halt.is_set():
                try:
                    one = todo.get_nowait()
                except queue.Empty:
                    return
                try:
                    self._answer(one, max_tokens, how, halt)
                    come.put(None)
                except (AssayError, Halted) as error:
                    come.put(error)
                    return
                except BaseException as error:
                    come.put(error)
                    raise

        count = min(self.endpoint.concurrency, len(new))
        threads = [threading.Thread(target=work, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        left = len(new)
        try:
            while left:
                try:
                    error = come.get(timeout=BEAT)
                except queue.Empty:
                    error = None
                else:
                    left -= error is None
                if error is not None:
                    raise error
                if tell:
                    tell(
                        {
                            "event": "progress",
                            "done": total - left,
                            "total": total,
                            "unit": "answer",
                        }
                    )
        except BaseException:
            halt.set()  # those that wait stop waiting; those on their way are still kept
            end = time.monotonic() + LAST_WORD
            for thread in threads:
                thread.join(max(0.0, end - time.monotonic()))
            raise

    def _answer(self, one: _Asked, max_tokens: int, how: Decoding, halt: threading.Event) -> None:
        """Ask one question and keep its answer."""
        expected = estimate_prompt_tokens(one.messages) + max_tokens
        value, form, seconds = self._reply(one, max_tokens, how, expected, halt)
        answer = answer_of(value, one.messages, form)
        self.client.used(expected, answer.prompt_tokens + answer.tokens)
        row = asdict(answer) | {"text": self.client.without_key(answer.text)}
        served = value.get("model") if isinstance(value.get("model"), str) else ""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        row |= {
            "served": self.client.clean_text(served or self.endpoint.model),
            "at": now,
            "seconds": seconds,
        }
        self.cache.add(one.key, row)
        with self._lock:
            self.sent += 1

    def _reply(
        self, one: _Asked, max_tokens: int, how: Decoding, expected: int, halt: threading.Event
    ) -> tuple[dict[str, Any], Form | None, float]:
        """The service's JSON, the form it was asked in and the seconds it took; parameters that it
        refuses are left out from then on."""
        while True:
            without = self._without
            body = body_of(self.endpoint, one.messages, max_tokens, how, one.sample, without)
            try:
                value, seconds = self.client.ask(body, expected, halt)
                return value, how.form if "response_format" in body else None, seconds
            except Refused as error:
                if "content_filter" in error.code or "content_filter" in error.message:
                    return _content_filter_reply(error, self.endpoint), None, 0.0
                name = find_refused_parameter(error.message, body)
                if not name:
                    raise self._refusal_error(error) from error
                self._leave_out(name, error)

    def _leave_out(self, name: str, error: Refused) -> None:
        with self._lock:
            known = name in self._without
            self._without |= {name}
        if not known and self._tell and name != "max_tokens":
            text = (
                f"{self.endpoint.host} does not take {name} ({error.message}); {self.name} is"
                " asked without it"
            )
            self._tell({"event": "warning", "code": "M066", "count": 1, "text": text})

    def _refusal_error(self, error: Refused) -> ResourceError:
        text = f"{self.endpoint.host} refuses the request (status {error.status}): {error.message}"
        return ResourceError(
            Problem("R013", text, f"remote.{self.name}", help="check the endpoint's model and url")
        )


def _content_filter_reply(error: Refused, endpoint: Endpoint) -> dict[str, Any]:
    """A prompt that a service's filter took, in the form of an answer that it took."""
    choice = {"finish_reason": "content_filter", "message": {"refusal": error.message}}
    return {"model": endpoint.model, "choices": [choice], "usage": {"completion_tokens": 0}}


def _piece(data: bytes) -> str:
    """The text of one event of a stream."""
    try:
        choices = json.loads(data).get("choices")
        return choices[0]["delta"].get("content") or "" if choices else ""
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def open_remote(
    described: dict[str, Any],
    work: Path,
    *,
    seed: int = 0,
    dry: bool = False,
    tell: Tell | None = None,
) -> RemoteModel:
    """The model that `Endpoint.described` describes, its answers kept in the project's work
    folder."""
    return RemoteModel(
        described["name"],
        Endpoint.model_validate(described["remote"]),
        work / "remote",
        offline=described["offline"],
        dry=dry,
        seed=seed,
        tell=tell,
    )
