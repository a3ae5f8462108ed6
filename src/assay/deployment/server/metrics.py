"""Counts for Prometheus, in a registry of the server's own.

Source   prometheus.io/docs/practices/naming
"""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from assay.deployment.server.engine_api import Load, Piece

TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)


class Metrics:
    """Args:
    load: what the engine says of itself. inside: how many requests are inside.
    """

    def __init__(self, load: Callable[[], Load], inside: Callable[[], int]):
        own = self.registry = CollectorRegistry()
        self.requests = Counter(
            "assay_requests", "Requests by route and status.", ["route", "status"], registry=own
        )
        self.seconds = Histogram(
            "assay_request_seconds",
            "Until the whole answer.",
            ["route"],
            buckets=SECONDS,
            registry=own,
        )
        self.first = Histogram(
            "assay_first_token_seconds",
            "From the request to its first text.",
            ["arm"],
            buckets=SECONDS,
            registry=own,
        )
        self.tokens = Counter(
            "assay_tokens", "Tokens read, read from memory, written.", ["arm", "kind"], registry=own
        )
        self.answers = Counter(
            "assay_answers", "Answers by how they ended.", ["arm", "finish"], registry=own
        )
        self.feedback = Counter("assay_feedback", "Feedback by rating.", ["rating"], registry=own)
        for name, about, read in (
            ("assay_running", "Answers that are being written.", lambda: load().running),
            ("assay_waiting", "Requests in the queue.", lambda: load().waiting),
            ("assay_slots", "Answers that can be written at once.", lambda: load().slots),
            ("assay_queue", "Requests that may wait.", lambda: load().queue),
            ("assay_inside", "Requests that are inside.", inside),
        ):
            Gauge(name, about, registry=own).set_function(read)

    def page(self) -> bytes:
        return generate_latest(self.registry)

    def count_answer(self, arm: str, last: Piece) -> None:
        self.answers.labels(arm, last.finish).inc()
        self.tokens.labels(arm, "prompt").inc(last.prompt_tokens)
        self.tokens.labels(arm, "shared").inc(last.shared)
        self.tokens.labels(arm, "written").inc(last.written)
