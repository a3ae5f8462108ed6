"""The routes: OpenAI's, and those of whoever runs the server. Read this first of the HTTP side.

    door -> strict JSON -> shape -> Wanted -> engine -> pieces -> one answer, or a stream of events

Nothing here answers: an `Engine` does. Nothing here writes files: `House` says who notes what was
asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import FastAPI, Path, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from assay.deployment.server import engine_requests, metrics, responses
from assay.deployment.server.admission import Door, InFlightRequests
from assay.deployment.server.answering import RequestAnswerer
from assay.deployment.server.embeddings_route import vectors
from assay.deployment.server.engine_api import Engine
from assay.deployment.server.errors import ErrorBody, HttpRefusal, answer_errors, stopping
from assay.deployment.server.limits import ServerLimits
from assay.deployment.server.request_json import StrictRoute
from assay.deployment.server.requests import (
    ChatRequest,
    CompletionRequest,
    EmbeddingRequest,
    FeedbackRequest,
)
from assay.deployment.server.stream import Gone

REFUSED: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorBody, "description": "What is wrong with the request."},
    "5XX": {"model": ErrorBody, "description": "The server could not answer."},
}
# with stream: true; each event is a part of the same answer
EVENTS = {"content": {"text/event-stream": {}}}
Name = Annotated[str, Path(max_length=200)]


@dataclass(frozen=True, slots=True)
class House:
    """What the server's owner does with what comes in.

    Attributes:
        log: takes a record of each whole answer before it is handed out; None: nothing is noted.
        feedback: takes a rating; False: no such answer was noted. None: there is no /v1/feedback.
    """

    log: Callable[[dict[str, Any]], None] | None = None
    feedback: Callable[[dict[str, Any]], bool] | None = None
    inside: InFlightRequests = field(default_factory=InFlightRequests)


def app(
    engine: Engine,
    limits: ServerLimits = ServerLimits(),  # noqa: B008  (frozen)
    house: House | None = None,
) -> FastAPI:
    """The server as an ASGI application.

    Args:
        engine: answers. limits: what requests may cost. house: who is inside, and what is noted of
            them.
    """
    house = house or House()
    counts = metrics.Metrics(engine.load, lambda: house.inside.count)

    def places() -> int:
        load = engine.load()
        return load.slots + load.queue + limits.inside

    def count_request(route: str, status: int, seconds: float) -> None:
        counts.requests.labels(route, str(status)).inc()
        counts.seconds.labels(route).observe(seconds)

    made = FastAPI(
        title="assay", version="1", docs_url=None, redoc_url=None, redirect_slashes=False
    )
    made.router.route_class = StrictRoute
    made.add_middleware(Door, limits=limits, inside=house.inside, places=places, seen=count_request)
    answer_errors(made)
    _add_answer_routes(
        made, RequestAnswerer(engine, limits, counts, inside=house.inside, log=house.log)
    )
    _models(made, engine)
    if house.feedback is not None:
        _add_feedback_route(made, house.feedback, counts)
    _add_monitoring_routes(made, engine, house, counts)
    return made


def _add_answer_routes(made: FastAPI, answering: RequestAnswerer) -> None:
    @made.post(
        "/v1/chat/completions",
        response_model=responses.ChatCompletion,
        responses={**REFUSED, 200: EVENTS},
        tags=["ask"],
    )
    async def chat(asked: ChatRequest, request: Request) -> Response:
        """One answer to a conversation."""
        return await _unless_gone(answering.chat(asked, request.receive))

    @made.post(
        "/v1/completions",
        response_model=responses.Completion,
        responses={**REFUSED, 200: EVENTS},
        tags=["ask"],
    )
    async def completions(asked: CompletionRequest, request: Request) -> Response:
        """What follows a text, or several; with `echo` also how likely the text itself is."""
        return await _unless_gone(answering.completions(asked, request.receive))

    @made.post(
        "/v1/embeddings", response_model=responses.EmbeddingReply, responses=REFUSED, tags=["ask"]
    )
    async def embeddings(asked: EmbeddingRequest) -> Response:
        """Vectors of texts, where a model has an encoder."""
        return JSONResponse(
            await vectors(answering.engine, asked, answering.encoding, answering.seconds)
        )


async def _unless_gone(reply: Any) -> Response:
    try:
        return await reply
    except Gone:
        return Response(status_code=499)  # nginx's number for it; nobody reads it but the counts


def _models(made: FastAPI, engine: Engine) -> None:
    @made.get("/v1/models", response_model=responses.Models, responses=REFUSED, tags=["models"])
    async def models() -> responses.Models:
        """The arms that answer, by name."""
        return responses.Models(data=[responses.model_of(one) for one in engine.list_models()])

    @made.get(
        "/v1/models/{name}", response_model=responses.Model, responses=REFUSED, tags=["models"]
    )
    async def model(name: Name) -> responses.Model:
        """One of them."""
        return responses.model_of(engine_requests.find_model(engine, name))


def _add_feedback_route(
    made: FastAPI, note: Callable[[dict[str, Any]], bool], counts: metrics.Metrics
) -> None:
    @made.post(
        "/v1/feedback", response_model=responses.FeedbackReply, responses=REFUSED, tags=["feedback"]
    )
    def feedback(asked: FeedbackRequest) -> responses.FeedbackReply:
        """What a person says of an answer: a rating, a correction, or both."""
        if not note(asked.model_dump(exclude_none=True)):
            raise HttpRefusal(404, f"no answer '{asked.id}' was noted", "answer_not_found", "id")
        counts.feedback.labels(asked.rating or "corrected").inc()
        return responses.FeedbackReply(id=asked.id)


def _add_monitoring_routes(
    made: FastAPI, engine: Engine, house: House, counts: metrics.Metrics
) -> None:
    @made.get("/health", response_model=responses.State, tags=["watch"])
    async def health() -> responses.State:
        """The process is alive."""
        return responses.State(status="alive")

    @made.get("/ready", response_model=responses.State, responses=REFUSED, tags=["watch"])
    async def ready() -> responses.State:
        """Models are loaded, and the server is not stopping."""
        if house.inside.draining or not engine.list_models():
            raise stopping()
        return responses.State(status="ready")

    @made.get("/metrics", response_class=PlainTextResponse, responses=REFUSED, tags=["watch"])
    def figures() -> Response:
        """Counts for Prometheus."""
        return Response(counts.page(), media_type=metrics.TYPE)
