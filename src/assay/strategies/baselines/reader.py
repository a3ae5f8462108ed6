"""Answer with the run of words of the passages that a small network, trained on your rows, finds
most likely.

What it is for   short answers that stand in a text, without a language model: what a written answer
                 must beat
Costs            an encoder of 22 million parameters for questions and sentences (`vectors: false`:
                 none); a minute or two of training on one core, milliseconds an answer
Source           features of spans: Rajpurkar et al. (2016), SQuAD, arxiv.org/abs/1606.05250,
                 section 5; one softmax over all runs: Lee et al. (2017), RaSoR,
                 arxiv.org/abs/1611.01436; several networks: Hansen and Salamon (1990), Neural
                 Network Ensembles, doi.org/10.1109/34.58871
Good when        answers are pieces of the passages, word for word; a hundred rows or more
Watch out        it says only what stands there, and never puts two places together. An encoder
                 fine-tuned on tens of thousands of rows reads far better
Passages         those of the row; where rows have none, the best of the project's documents by BM25
Defaults from    measured on xquad in English, 700 rows to learn from: docs/methods/reader.md
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from assay.core.errors import Problem, TrainError
from assay.core.preconditions import need_rows
from assay.core.store import read_json, write_json, write_tensors
from assay.core.types import Adapted, Answer, Example, Lesson, Means, Strategy, Task, Tell
from assay.models.loading.catalogue import EMBEDDER
from assay.strategies.baselines.neighbours import vectors_of
from assay.strategies.linear.word_ranking import WordOrder
from assay.strategies.spans.span_reader import (
    Posed,
    SpanEncoder,
    Vectors,
    last_message_text,
    sentences_of,
    worth,
)
from assay.strategies.text import read_passages
from assay.strategies.unfit_task import FROM_PASSAGES, other_kind

if TYPE_CHECKING:
    from assay.strategies.spans.span_network import SpanNetwork

# F1 that the best run of a training row has at least, or the answer does not stand in its passages
HALF = 0.5
CHUNK = 64  # questions between two progress events


class Reader(Strategy):
    kind: Literal["reader"] = "reader"
    baseline, gives = True, "no model"
    vectors: bool = True  # of questions and sentences; without them only words are compared
    # trained with different seeds; their mean decides
    networks: int = Field(default=4, ge=1, le=20)
    top: int = Field(default=4, ge=1, le=50)  # passages that are found, where rows have none
    reads = ("train", "documents")
    needs_documents = False
    neural = True
    seeded = True
    libraries = ("snowballstemmer",)

    def needs(self, base: str) -> tuple[str, ...]:
        return self.encoders()

    def encoders(self) -> tuple[str, ...]:
        return (EMBEDDER,) if self.vectors else ()

    def unfit(self, task: Task) -> Iterable[Problem]:
        return other_kind(self, task, FROM_PASSAGES, "answers with text of passages")

    def fit(self, lesson: Lesson) -> Adapted:
        need_rows("reader", lesson)
        return read_passages.read(self, self.top, lesson, self._fit_arm)

    def _fit_arm(self, lesson: Lesson) -> ReaderAnswers:
        from assay.strategies.spans.span_network import Lines, train_network

        known = self._encode_texts(lesson.train, lesson.means)
        reading = SpanEncoder.of(lesson.train, known)
        lines = []
        for row in lesson.train:
            posed = reading.encode_row(row, known)
            values = worth(row, posed.texts)
            if values.max(initial=0) > HALF:
                lines.append(Lines(posed.asked, posed.columns, values))
        if not lines:
            text = "reader: no training row's answer stands in its passages"
            raise TrainError(
                Problem("T058", text, help="take best_sentence, or a strategy that writes")
            )

        def tell(number: int, done: int, total: int) -> None:
            at = number * total + done
            lesson.tell(
                {"event": "progress", "done": at, "total": self.networks * total, "unit": "epoch"}
            )

        networks = [
            train_network(lines, lesson.seed + n, lambda *at, n=n: tell(n, *at))
            for n in range(self.networks)
        ]
        return ReaderAnswers(self, reading, networks, lesson.means)

    def _encode_texts(self, rows: Sequence[Example], means: Means) -> Vectors:
        return vectors_for(rows, means) if self.vectors else {}

    def restore(self, folder: Path, lesson: Lesson) -> Adapted:
        return read_passages.restore_with_passages(self.top, folder, lesson, self._restore_arm)

    def _restore_arm(self, folder: Path, lesson: Lesson) -> ReaderAnswers:
        from safetensors.torch import load_file

        from assay.strategies.spans.span_network import SpanNetwork

        tensors = load_file(folder / "reader.safetensors")
        axes = tensors.pop("axes").numpy() if "axes" in tensors else None
        reading = SpanEncoder.from_json(
            read_json(folder / "reader.json"), WordOrder.load(folder), axes
        )
        networks = []
        for number in range(self.networks):
            own = {
                name.partition(".")[2]: t
                for name, t in tensors.items()
                if name.startswith(f"{number}.")
            }
            network = SpanNetwork(own["asked.weight"].shape[1], own["run.weight"].shape[1])
            network.load_state_dict(own)
            networks.append(network.eval())
        return ReaderAnswers(self, reading, networks, lesson.means)


def vectors_for(rows: Sequence[Example], means: Means) -> Vectors:
    """Text -> vector, of the questions and of all sentences of their passages."""
    texts = list(dict.fromkeys([*map(last_message_text, rows), *sentences_of(rows)]))
    return dict(zip(texts, vectors_of(texts, means), strict=True)) if texts else {}


class ReaderAnswers(Adapted):
    def __init__(
        self, settings: Reader, reading: SpanEncoder, networks: Sequence[SpanNetwork], means: Means
    ):
        self.settings, self.reading, self.networks, self.means = settings, reading, networks, means

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        answers: list[Answer] = []
        for start in range(0, len(questions), CHUNK):
            some = questions[start : start + CHUNK]
            known = vectors_for(some, self.means) if self.settings.vectors else {}
            answers += [
                self._best_span(self.reading.encode_row(question, known)) for question in some
            ]
            if tell:
                tell(
                    {
                        "event": "progress",
                        "done": len(answers),
                        "total": len(questions),
                        "unit": "question",
                    }
                )
        return answers

    def _best_span(self, posed: Posed) -> Answer:
        """The likeliest run by the mean of the networks; of equals the first. Nothing where there
        is no run."""
        import numpy as np

        if not posed.texts:
            return Answer("", raw="", confidence=0.0)
        shares = np.mean(
            [network.shares(posed.asked, posed.columns) for network in self.networks], axis=0
        )
        best = int(shares.round(6).argmax())
        text = posed.texts[best]
        return Answer(text, raw=text, confidence=round(min(1.0, float(shares[best])), 4))

    def save(self, folder: Path) -> None:
        import torch

        self.reading.order.save(folder)
        write_json(folder / "reader.json", self.reading.to_json())
        tensors = {
            f"{n}.{name}": t
            for n, net in enumerate(self.networks)
            for name, t in net.state_dict().items()
        }
        if self.reading.axes is not None:
            tensors["axes"] = torch.from_numpy(self.reading.axes)
        write_tensors(folder / "reader.safetensors", tensors)
