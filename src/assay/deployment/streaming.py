"""The answer of an arm piece by piece, as its model writes it."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import Any

from assay.core.types import Adapted, Answer, Example


def stream(adapted: Adapted, question: Example) -> Generator[str, None, Answer]:
    """Pieces of the answer's text; the generator's value is the answer. An arm that writes nothing,
    or that must have written all before it is known what it says, gives one piece. `question`:
    repaired as every question is."""
    writer = _writer(adapted, question)
    if writer is None:
        answer = adapted.answer([question])[0]
        yield display_text(answer)
        return answer
    model, prompt, room, how, finish = writer
    return finish((yield from model.stream(prompt, max_tokens=room, how=how)))


def _writer(adapted: Adapted, question: Example) -> Any:
    """(model, prompt, tokens, how, Generated -> Answer) of an arm whose text can be shown as it is
    written; None of one that chooses, reasons, votes or is judged first."""
    from assay.models.remote.remote_model import RemoteModel
    from assay.strategies.compression.compressed_arm import Shrunk
    from assay.strategies.prompting.few_shot_arm import ShotsAnswers
    from assay.strategies.prompting.prompted_arm import Prompted, parse_generated
    from assay.strategies.retrieval.rag import RagAnswers

    if isinstance(adapted, RagAnswers):
        hits = adapted.finder.find([question])[0]
        inner = _writer(adapted.inner, adapted.settings.inner_example(question, hits))
        if inner is None or hits.certainty < adapted.least or adapted.settings.judge:
            return None
        *front, finish = inner
        return (*front, lambda one: adapted.read(finish(one), hits))
    if isinstance(adapted, Shrunk):
        return _writer(adapted.inner, question)
    if not isinstance(adapted, Prompted) or isinstance(adapted.model, RemoteModel):
        return None
    from assay.models.inference.chat_model import ChatModel  # which loads torch

    if not isinstance(adapted.model, ChatModel):
        return None
    task, reasons = adapted.task, isinstance(adapted, ShotsAnswers) and adapted.steps
    if task.picks or task.samples or reasons or task.kind in ("rank", "continue"):
        return None
    if isinstance(adapted, ShotsAnswers):
        adapted.picker.look([question])
    return (
        adapted.model,
        adapted.prompt(question),
        adapted.room,
        adapted.how,
        partial(parse_generated, adapted.reading),
    )


def display_text(answer: Answer) -> str:
    """The answer for people: what was read, or what the model wrote where nothing could be read."""
    if answer.text is not None:
        return answer.text
    return f"no answer could be read from: {answer.raw}" if answer.raw else "no answer"
