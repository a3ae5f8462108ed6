"""assay's own engine: several arms in one process, one thread that computes, requests from any
thread.

What     Written answers are streamed by continuous batching, chosen ones gathered into calls
         (`micro_batching`), vectors made between passes. Arms whose networks are one object share
         passes, slots and kept beginnings.
Limits   A queue of so many requests, then `QueueFull` with the time after which it is worth asking
         again, from the measured pace; so many seconds a request; bounded bytes of keys and values.
         Nothing is kept of a request that is over.
Faults   What one request makes go wrong ends that request with a piece whose `finish` is "error". A
         conversation that the arm's own prompt makes longer than the model reads is cut as in the
         exam; one that is too long by itself is refused before it is queued.
Source   Yu et al. (2022), Orca, usenix.org/conference/osdi22/presentation/yu; Kwon et al. (2023),
         vLLM, arxiv.org/abs/2309.06180; Juravsky et al. (2024), Hydragen, arxiv.org/abs/2402.05099;
         Sheng et al. (2023), S-LoRA, arxiv.org/abs/2311.03285
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import torch

from assay.core.errors import ModelError, Problem, ResourceError, unknown_name
from assay.core.types import Example
from assay.deployment.server.answer_rate import AnswerPace
from assay.deployment.server.arms import (
    ServedArm,
    base_arm,
    decoding,
    merge_decoding,
    prepare_prompt,
)
from assay.deployment.server.continuous_batching import OWN_BYTES, SLOTS, Writer, fits
from assay.deployment.server.engine_api import Load, Piece, QueueFull, Served, Ticket, Wanted
from assay.deployment.server.micro_batching import MicroBatcher, QueuedQuestion, piece_of
from assay.deployment.server.prefix_cache import BYTES, PrefixCache
from assay.deployment.server.sequence import FAULTS, Request, RowState, describe_fault
from assay.deployment.server.sequential import Apart
from assay.deployment.server.validation import Front
from assay.deployment.server.vectors import VectorQueue
from assay.deployment.shared_base.multi_adapter import Sharing
from assay.models.inference.chat_model import ChatModel
from assay.models.inference.input_batch import Mix

QUEUE = 16  # requests a slot that may wait
SECONDS = 600.0  # that an answer may take
CLOSING = "the server is stopping"


class OwnEngine:
    """Implements `wanted.Engine`.

    Args:
        arms: by name; the first names of /v1/models. slots: rows of one network at work. queue:
            requests that may wait.
        seconds: that a request may take, its time in the queue included.
        kept_bytes: of beginnings between requests, a network. own_bytes: of rows at work, a
            network.
    """

    def __init__(
        self,
        arms: Sequence[ServedArm],
        *,
        slots: int = SLOTS,
        queue: int | None = None,
        seconds: float = SECONDS,
        kept_bytes: int = BYTES,
        own_bytes: int = OWN_BYTES,
    ):
        self.arms = {arm.name: arm for arm in arms}
        self.slots = slots
        self.queue = QUEUE * slots if queue is None else queue
        self.seconds = seconds
        self.shelves: list[PrefixCache] = []
        self._front = Front(arms)
        self._writers: dict[int, Writer | Apart] = {}  # by network
        self._sizes = {"slots": slots, "own_bytes": own_bytes}
        self._kept_bytes = kept_bytes
        self._wholes = {arm.name: MicroBatcher(arm) for arm in arms if not arm.writes}
        self._inbox: deque[tuple[Request, ServedArm, list[int]]] = deque()
        self._vectors = VectorQueue()
        self._open: list[Request] = []  # not over
        self._numbers = itertools.count()
        self._pace = AnswerPace()
        self._changed = threading.Condition()
        self._closing: float | None = None  # the time at which what runs is given up
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    # --- from any thread --------------------------------------------------------------------------

    def list_models(self) -> tuple[Served, ...]:
        return tuple(
            Served(
                arm.name,
                arm.kind,
                arm.model.chat.max_length if arm.model else 0,
                arm.created,
                embeds=arm.encoding is not None,
                writes=arm.writes,
                room=arm.room,
            )
            for arm in self.arms.values()
        )

    def begin(self, wanted: Wanted, put: Callable[[Piece], None]) -> Ticket:
        """See `wanted.Engine`.

        Raises:
            Full: the queue is full. ModelError: M120 to M123, M056 to M059. ResourceError: R050, it
                is closing.
        """
        arm = self._arm(wanted.arm)
        self._refuse_late()
        with self._changed:
            self._refuse_full()
        ids = self._front.prompt(arm, wanted)
        request = Request(
            next(self._numbers), wanted, put, time.monotonic() + self.seconds, self._wake
        )
        with self._changed:
            self._refuse_late()
            self._refuse_full()
            if not self._open:
                self._pace.began()
            self._open.append(request)
            self._inbox.append((request, arm, ids))
            self._changed.notify()
        return request

    def embed(self, name: str, texts: Sequence[str]) -> tuple[Any, int]:
        """See `wanted.Engine`.

        Raises:
            ModelError: M121, the arm has no encoder; M123. ResourceError: R050, it is closing.
        """
        arm = self._arm(name)
        if arm.encoding is None:
            raise ModelError(
                Problem(
                    "M121",
                    f"{name} has no encoder",
                    name,
                    "name a strategy that searches by meaning",
                )
            )
        with self._changed:
            self._refuse_late()
            made = self._vectors.ask(arm.encoding, texts)
            self._changed.notify()
        return made.result()

    def load(self) -> Load:
        with self._changed:
            running = sum(request.running for request in self._open)
            return Load(running, len(self._open) - running, self.slots, self.queue)

    def close(self, seconds: float) -> None:
        """See `wanted.Engine`; it waits until the thread has ended."""
        with self._changed:
            self._closing = time.monotonic() + seconds
            self._changed.notify()
        self._thread.join()

    def _arm(self, name: str) -> ServedArm:
        if name not in self.arms:
            raise ModelError(unknown_name("M123", "model", name, self.arms, name))
        return self.arms[name]

    def _refuse_late(self) -> None:
        if self._closing is not None:
            raise ResourceError(Problem("R050", CLOSING, "", "ask again when it has started anew"))

    def _refuse_full(self) -> None:
        waiting = sum(not request.running for request in self._open)
        if waiting >= self.queue:
            raise QueueFull(self._pace.until(waiting))

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify()

    # --- on the engine's thread -------------------------------------------------------------------

    @torch.inference_mode()
    def _run(self) -> None:
        try:
            while self._turn():
                pass
        finally:  # also where a fault of the engine itself ends the thread
            with self._changed:
                self._closing = self._closing or 0.0
            self._give_up()

    def _turn(self) -> bool:
        """Take in what has come and compute a little of everything. False: it is over."""
        with self._changed:
            while not self._inbox and not self._parts():
                if self._closing is not None and self._sleep() is None:
                    return False
                self._changed.wait(self._sleep())
            come = list(self._inbox)
            self._inbox.clear()
            if self._closing is not None and time.monotonic() > self._closing:
                self._inbox.extend(come)
                return False
        for request, arm, ids in come:
            self._place(request, arm, ids)
        for part in (*self._writers.values(), *self._wholes.values(), self._vectors):
            if part.busy:
                part.step()
        self._settle()
        return True

    def _parts(self) -> bool:
        """Whether something can be computed now."""
        parts = (*self._writers.values(), self._vectors)
        return any(part.busy for part in parts) or self._sleep() == 0

    def _sleep(self) -> float | None:
        """Seconds until chosen answers are due; None: there are none."""
        due = min((whole.due() for whole in self._wholes.values()), default=math.inf)
        return None if math.isinf(due) else due

    def _place(self, request: Request, arm: ServedArm, ids: list[int]) -> None:
        """Give a request to what answers it."""
        wanted = request.wanted
        if request.expire():
            return
        try:
            if wanted.text is None and not arm.writes:
                self._wholes[arm.name].add(QueuedQuestion(request, self._question(request, arm)))
                return
            assert arm.model is not None
            how, passages = wanted.how, ()
            if wanted.text is None and arm.adapted is not None:
                found = prepare_prompt(arm.adapted, self._question(request, arm))
                if found.answer is not None:
                    request.say(piece_of(found.answer, likely=False))
                    return
                ids, _ = arm.model.chat.prompt(found.messages, room=wanted.max_tokens)
                how, passages = merge_decoding(decoding(arm.adapted)[0], wanted.how), found.passages
            row = RowState.of(
                request, arm.model, arm.adapter, ids, how, wanted.max_tokens, passages
            )
            self._writer(arm).add(row)
        except FAULTS as fault:
            request.end(describe_fault(fault))

    def _question(self, request: Request, arm: ServedArm) -> Example:
        return arm.ready(Example(str(request.number), request.wanted.messages))

    def _writer(self, arm: ServedArm) -> Writer | Apart:
        assert arm.model is not None
        place = id(arm.model.network)
        if place not in self._writers:
            if fits(arm.model):
                self.shelves.append(PrefixCache(self._kept_bytes))
                self._writers[place] = Writer(
                    arm.model, self.shelves[-1], mix=self._mix(arm.model), **self._sizes
                )
            else:
                self._writers[place] = Apart(arm.model, slots=self.slots)
        return self._writers[place]

    def _mix(self, model: ChatModel) -> Mix | None:
        """What says which row has which adapter, where a network has several."""
        models = (arm.model for arm in self.arms.values())
        found = (
            one.many.rows
            for one in models
            if isinstance(one, Sharing) and one.network is model.network
        )
        return next(found, None)

    def _settle(self) -> None:
        """Forget what is over."""
        with self._changed:
            left = [request for request in self._open if not request.over and not request.gone]
            self._pace.count_answers(len(self._open) - len(left))
            self._open = left

    def _give_up(self) -> None:
        for part in (*self._writers.values(), *self._wholes.values()):
            part.give_up(CLOSING)
        for request, _, _ in self._inbox:
            request.fail(CLOSING)
        self._vectors.give_up(ResourceError(Problem("R050", CLOSING)))
        self._inbox.clear()
        self._settle()


__all__ = ["OwnEngine", "base_arm"]
