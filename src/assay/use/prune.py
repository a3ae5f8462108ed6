"""Take out the decoder layers that matter least, and train what is left for a while.

What it is for   a faster and smaller arm without a second training from the start
Costs            a pass over some training rows; `heal` epochs over all of them with adapters, which are merged
Source           Men et al. (2024), ShortGPT, arxiv.org/abs/2403.03853 (`by: influence`); Gromov et al. (2024), The
                 Unreasonable Ineffectiveness of the Deeper Layers, arxiv.org/abs/2403.17887 (`by: block`, healing)
Good when        the base is deep, and a fifth of the time is worth a point
Watch out        papers prune models of billions of weights: a small one has fewer layers to spare. Past a third of the
                 layers `distil` is the better way. Healing learns the rows' own answers, as the inner arm did
Defaults from    a quarter of the layers, as in both papers; one epoch at LoRA's rate
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from assay.errors import Problem, TrainError
from assay.nouns import Lesson
from assay.prompt import Shots
from assay.prompt.majority import need_rows
from assay.prompt.shots import drawn
from assay.use.shrink import Shrink, Shrunk, trained_again

if TYPE_CHECKING:
    from assay.train.batch import Batch
    from assay.train.methods import Lora

TOKENS = 2048  # of a batch that layers are judged by


class Prune(Shrink):
    kind: Literal["prune"] = "prune"
    layers: Annotated[int, Field(ge=1, le=1000)] | Annotated[float, Field(gt=0, lt=1)] = 0.25  # taken out: number, share
    by: Literal["influence", "block"] = "influence"  # each layer by itself, or the best run of so many
    rows: int = Field(default=64, ge=1, le=100_000)  # training rows that they are judged by, drawn with the seed
    heal: int = Field(default=1, ge=0, le=1000)  # epochs of training afterwards
    learning_rate: float = Field(default=1e-3, gt=0, lt=1)  # of healing
    rank: int = Field(default=16, ge=1, le=512)  # of its adapters
    max_length: int = Field(default=1024, ge=16, le=131072)  # tokens of a row
    does: ClassVar[str] = "pruned"
    seeded = True

    @model_validator(mode="after")
    def _healable(self) -> Prune:
        if self.heal and isinstance(self.core, Shots):
            raise ValueError("heal trains an arm that was trained; around shots set `heal: 0`, or take distil")
        return self

    def fit(self, lesson: Lesson) -> Shrunk:
        from assay.use.fewer import distances, influences, keep, least, without_block

        need_rows(self.kind, lesson)
        arm = self.opened(lesson)
        model, record = arm.local, arm.record
        count = len(record.layers)
        wanted = count - number(self.kind, self.layers, count)
        batches = self._batches(arm, lesson)
        if self.by == "influence":
            found = influences(model.network, batches)
            kept = least(found, wanted)
        else:
            kept = without_block(distances(model.network, batches), count, wanted)
        out = [record.layers[place] for place in range(count) if place not in kept]
        keep(model.network, kept)
        model.forget()
        record.layers = [record.layers[place] for place in kept]
        said = f"{len(out)} of {count} decoder layers taken out: {', '.join(map(str, out))}, counted from 0."
        record.said.append(said)
        lesson.tell({"event": "note", "text": f"prune: {said}"})
        if self.heal:
            self._heal(arm, lesson)
        return arm

    def _batches(self, arm: Shrunk, lesson: Lesson) -> list[Batch]:
        """Some training rows as the arm is asked them, with their answers."""
        from assay.model.batches import by_length
        from assay.train.batch import Batch
        from assay.train.tuned import as_learnt

        model = arm.local
        chat = replace(model.chat, max_length=min(self.max_length, model.chat.max_length))
        rows = as_learnt(lesson.task, drawn(lesson.train, self.rows, lesson.seed))
        pairs = [chat.pair(arm.prompt(row.question), row.target or "") for row in rows]
        made = partial(Batch.of, pad=model.pad, device=model.device)
        groups = by_length([len(pair.ids) for pair in pairs], TOKENS)
        return [made([pairs[i] for i in group], group) for group in groups]

    def _heal(self, arm: Shrunk, lesson: Lesson) -> None:
        from assay.use.merging import merge

        network = arm.local.network
        dtype = network.dtype
        trained_again(arm, lesson, self._healing, "heal")
        merge(network, torch_float32())
        network.to(dtype)
        arm.local.forget()

    @property
    def _healing(self) -> Lora:
        from assay.train.methods import Lora

        return Lora(
            rank=self.rank, epochs=self.heal, learning_rate=self.learning_rate, max_length=self.max_length
        )


def number(kind: str, layers: float, count: int) -> int:
    """How many layers are taken out of `count`.

    Raises:
        TrainError: T073, none or all of them.
    """
    out = layers if isinstance(layers, int) else round(layers * count)
    if not 0 < out < count:
        text = f"{kind}: layers: {layers:g} takes {out} of this model's {count} layers out"
        raise TrainError(Problem("T073", text, "layers", help=f"take 1 to {count - 1}, or a share between"))
    return out
