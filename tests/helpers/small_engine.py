"""A small real engine: fitted arms answer, one question at a time, on a thread of its own. What
they write is handed out word by word."""

import queue
import re
import threading
import time

import numpy as np

from assay.core.errors import ModelError, Problem
from assay.core.types import Example, Message
from assay.deployment.server.engine_api import Load, Piece, QueueFull, Served, Told


class _Ticket:
    def __init__(self):
        self.cancelled = threading.Event()

    def cancel(self):
        self.cancelled.set()


class SmallEngine:
    """`arms`: name -> Adapted. `embed`: texts -> vectors, of the arm "letters". `held`: words after
    which an answer waits until `free` is set, so that a test decides how long it takes."""

    def __init__(self, arms, embed=None, *, queue_size=16, context=4096, held=None):
        self.arms = arms
        self._embed = embed
        self._context = context
        self._held = held
        self.free = threading.Event()
        self._size = queue_size
        self._waiting = queue.Queue()
        self._running = 0
        self.cancelled = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def list_models(self):
        names = [Served(name, "small", self._context, 1_700_000_000) for name in self.arms]
        encoders = [
            Served("letters", "encoder", self._context, 1_700_000_000, embeds=True, writes=False)
        ]
        return (*names, *(encoders if self._embed else ()))

    def begin(self, wanted, put):
        if self._waiting.qsize() >= self._size:
            raise QueueFull(2.0)
        if wanted.arm not in self.arms:
            raise ModelError(Problem("M121", f"{wanted.arm} does not write"))
        text = (
            wanted.text
            if wanted.text is not None
            else "\n".join(one.content for one in wanted.messages)
        )
        if len(text) > 8 * self._context:
            raise ModelError(Problem("M120", f"the prompt has more than {self._context:,} tokens"))
        ticket = _Ticket()
        self._waiting.put((wanted, put, ticket))
        return ticket

    def embed(self, name, texts):
        return self._embed(texts).astype(np.float32), sum(len(text.split()) for text in texts)

    def load(self):
        return Load(self._running, self._waiting.qsize(), 1, self._size)

    def close(self, seconds):
        until = time.monotonic() + seconds
        while (self._running or self._waiting.qsize()) and time.monotonic() < until:
            time.sleep(0.01)
        self._over.set()
        self._waiting.put(None)
        self._thread.join()

    def _work(self):
        while (one := self._waiting.get()) is not None and not self._over.is_set():
            self._running = 1
            self._answer(*one)
            self._running = 0

    def _given_up(self, ticket):
        return ticket.cancelled.is_set() or self._over.is_set()

    def _answer(self, wanted, put, ticket):
        prompt = (
            wanted.text if isinstance(wanted.text, str) else " ".join(map(str, wanted.text or ()))
        )
        messages = wanted.messages or (Message("user", prompt),)
        asked = sum(len(one.content.split()) for one in messages)
        answer = self.arms[wanted.arm].answer([Example("q", messages)])[0]
        words = re.findall(r"\S+\s*|\s+", answer.text or answer.raw)
        read = re.findall(r"\S+\s*|\s+", prompt) if wanted.echo else []
        for number, word in enumerate(read):
            told = Told(number, word, -0.5 if number else None, (("x", -0.25),) if number else ())
            put(Piece(word, (told,) if wanted.top is not None else ()))
        for number, word in enumerate(words[: wanted.max_tokens]):
            gone = self._given_up(ticket)
            while number == self._held and not gone and not self.free.wait(0.01):
                gone = self._given_up(ticket)
            if gone:
                self.cancelled += 1
                put(Piece(finish="error", error="given up"))
                return
            told = Told(number, word, -0.125, ((word, -0.125), ("other", -2.5))[: wanted.top or 0])
            put(Piece(word, (told,) if wanted.top is not None else ()))
        finish = "stop" if len(words) <= wanted.max_tokens else "length"
        put(
            Piece(
                finish=finish,
                prompt_tokens=asked,
                written=min(len(words), wanted.max_tokens),
                shared=1,
            )
        )
