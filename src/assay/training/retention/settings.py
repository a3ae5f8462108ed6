"""The remedies against forgetting that `retain` of a trained strategy names, as settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from assay.core.settings import Settings

if TYPE_CHECKING:
    from assay.training.settings import Trained


class Rehearsal(Settings):
    """Old rows are learnt beside the new ones. Robins (1995), Catastrophic forgetting, rehearsal
    and pseudorehearsal, doi.org/10.1080/09540099550039318; herding: Rebuffi et al. (2017), iCaRL,
    arxiv.org/abs/1611.07725; generated: Huang et al. (2024), arxiv.org/abs/2403.01244."""

    kind: Literal["rehearsal"]
    # old rows for each new one; of several old tasks the same number each
    share: float = Field(default=0.25, gt=0, le=10)
    # herding: those whose mean is nearest that of all, by a sentence encoder; generated: none of
    # the old rows, but questions that the old model writes and answers itself
    draw: Literal["random", "herding", "generated"] = "random"
    temperature: float = Field(default=1.0, gt=0, le=2)  # of generated questions


class Ewc(Settings):
    """Weights that mattered for old rows are held: elastic weight consolidation, Kirkpatrick et al.
    (2017), arxiv.org/abs/1612.00796; of several old tasks around the latest weights: Huszár (2018),
    arxiv.org/abs/1712.03847."""

    kind: Literal["ewc"]
    strength: float = Field(default=0.1, gt=0)  # of the penalty, whose mean importance is 1
    rows: int = Field(default=64, ge=1)  # old ones that the importance is taken from


class L2Sp(Settings):
    """All weights are held to where they began, alike. Li et al. (2018), Explicit inductive bias
    for transfer learning, arxiv.org/abs/1802.01483."""

    kind: Literal["l2-sp"]
    strength: float = Field(default=1.0, gt=0)


class Lwf(Settings):
    """On the new rows, what the old model says is learnt beside what is right: learning without
    forgetting, Li and Hoiem (2016), arxiv.org/abs/1606.09282. It needs no old rows."""

    kind: Literal["lwf"]
    share: float = Field(default=0.5, gt=0, le=1)  # of the loss
    temperature: float = Field(default=2.0, gt=0, le=100)


class OLora(Settings):
    """A further adapter beside those that are there, which stay as they are; its inputs are held
    orthogonal to theirs. Wang et al. (2023), O-LoRA, arxiv.org/abs/2310.14152."""

    kind: Literal["o-lora"]
    strength: float = Field(default=0.5, ge=0)


class InfLora(Settings):
    """As `o-lora`, with inputs orthogonal to those of old rows rather than to what the old adapter
    reads: on these the new one says nothing. Liang and Li (2024), InfLoRA,
    arxiv.org/abs/2404.00228; Saha et al. (2021), Gradient projection memory,
    arxiv.org/abs/2103.09762."""

    VERSION: ClassVar[int] = 2  # begins with what is left of the new inputs

    kind: Literal["inflora"]
    share: float = Field(default=0.9, gt=0, lt=1)  # of the old inputs' squares that is left alone
    rows: int = Field(default=64, ge=1)  # old ones, and as many new


class WiseFt(Settings):
    """After training, the weights go back a share of the way. Wortsman et al. (2022), Robust
    fine-tuning of zero-shot models, arxiv.org/abs/2109.01903."""

    kind: Literal["wise-ft"]
    share: float = Field(default=0.5, gt=0, lt=1)  # of the way, back towards the old weights


Remedy = Annotated[
    Rehearsal | Ewc | L2Sp | Lwf | OLora | InfLora | WiseFt, Field(discriminator="kind")
]


def contradictions(
    settings: Trained, kinds: Sequence[str], goes_on: bool, old_rows: bool
) -> Iterator[str]:
    """What of the remedies cannot be, each with the nearest that can.

    Args:
        goes_on: `after` is named. old_rows: it is a strategy of another project.
    """
    for kind in kinds:
        if kinds.count(kind) > 1:
            yield f"retain: {kind} stands twice; give it once"
        if kind in ("rehearsal", "ewc", "inflora") and not old_rows:
            yield (
                f"retain: {kind} needs the old rows; name the project that has them:"
                " after: {project: ../old}"
            )
        elif kind in ("o-lora", "lwf") and not goes_on:
            yield f"retain: {kind} keeps what was learnt before; name that with `after`"
        elif kind in ("o-lora", "inflora") and settings.kind != "lora":
            yield f"retain: {kind} sets adapters beside each other, and {settings.kind} is none"
        elif kind == "wise-ft" and settings.kind not in ("lora", "full"):
            yield f"retain: wise-ft averages the weights of lora and full, not of {settings.kind}"
    if "lwf" in kinds and (settings.teacher or settings.objective == "label_set"):
        yield "retain: lwf learns from the old model; leave `teacher` and `objective` out"
    if "rehearsal" in kinds and settings.objective == "label_set":
        yield "retain: old rows have other labels; leave `objective: label_set` out"
