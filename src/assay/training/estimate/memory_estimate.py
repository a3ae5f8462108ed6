"""Whether a training fits into the memory of this machine, before it is tried; and what would fit
where it does not.

How       What is held whatever is computed is counted: weights, masters, gradients, moments, the
          best weights. What a computed token holds until its gradient is measured on a row or two:
          the tensors that the forward pass keeps for the backward pass.
When      Before a training whose size by a rule of thumb is more than half of the memory, and in
          every rehearsal.
Watch out what other programs hold is not counted; a card's memory is not looked at, for there an
          allocation that is too large fails at once, and micro-batches are halved
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from assay.core.errors import Problem, ResourceError
from assay.models.environment import multiplies_bf16
from assay.training.acceleration import asking
from assay.training.activation_checkpointing import Checkpointing, ProductBytes
from assay.training.batch_schedule import BatchPlan
from assay.training.chunked_likelihood import CHUNK
from assay.training.decoder_layers import decoder_layers
from assay.training.distributed.shard import part
from assay.training.estimate.step_costs import Survey
from assay.training.estimate.usage import memory
from assay.training.evaluation_schedule import resident
from assay.training.optim.master_weights import Masters

if TYPE_CHECKING:
    from assay.training.settings import Trained
    from assay.training.training_data import Exercise

# Bytes a trained number that an optimiser keeps: two moments in fp32, in 8 bits, one, or sums of
# rows and columns.
MOMENTS = {"adamw": 8, "adamw-8bit": 2.1, "adafactor": 0.1, "lamb": 8, "lion": 4, "sgd": 4}
# of what the forward pass keeps: gradients stand beside it in the backward pass, and an allocator
# has gaps
HELD = 1.3
# share of the memory that a training may take by the rule of thumb without being measured
SUSPECT = 0.5
ROUND = 64  # tokens: what a proposed micro_tokens or max_length is a multiple of


@dataclass(frozen=True)
class Need:
    """Bytes that a training takes.

    Attributes:
        fixed: whatever is computed. cell: of a computed token. cells: computed at once in the
            dearest micro-batch.
        least: tokens of the longest row. lean: `cell` with checkpointing; selective: with
            `checkpointing: selective`.
        wide: the weights are fp32 and the machine multiplies bf16. processes: that each take as
            much.
    """

    fixed: int
    cell: float
    cells: int
    least: int
    lean: float
    selective: float
    wide: bool = False
    processes: int = 1

    @property
    def total(self) -> int:
        return self.at(self.cells)

    def at(self, cells: float, *, checkpointing: Checkpointing = False, share: float = 1.0) -> int:
        """With so many computed tokens at once. `share`: of what there is in the type the weights
        are in."""
        each: dict[Checkpointing, float] = {True: self.lean, "selective": self.selective}
        cell = each.get(checkpointing, self.cell)
        return round(self.processes * share * (self.fixed + cell * cells))

    def would_fit(self, limit: int, settings: Trained) -> list[str]:
        """Single changes with which it takes at most `limit`, cheapest first; or the first that
        does most."""
        found: list[str] = []

        def offer(setting: str, bytes_: int) -> None:
            if bytes_ <= limit:
                found.append(f"{setting} (about {gigabytes(bytes_)})")

        most = (
            int((limit / self.processes - self.fixed) / self.cell) // ROUND * ROUND
            if self.cell
            else 0
        )
        if max(ROUND, self.least) <= most < self.cells:
            offer(f"micro_tokens: {most}", self.at(most))
        if not settings.checkpointing:
            offer("checkpointing: selective", self.at(self.cells, checkpointing="selective"))
        if settings.checkpointing is not True:
            offer("checkpointing: true", self.at(self.cells, checkpointing=True))
        if self.wide and settings.precision != "bf16":
            offer("precision: bf16", self.at(self.cells, share=0.5))
        if ROUND <= most < self.least:
            offer(f"max_length: {most}", self.at(most))
        return found


def gigabytes(count: float) -> str:
    return f"{count / 2**30:.1f} GB"


def need(exercise: Exercise, masters: Masters, survey: Survey, settings: Trained) -> Need:
    """What a training takes, from one or two short rows of it. The network is ready to train; no
    gradient is left."""
    network = exercise.network
    config = network.config.get_text_config()
    shortest = min(survey.cheapest.rows, key=lambda row: exercise.lengths[row])
    own = {"checkpointing": bool(settings.checkpointing)}
    kept, cells = activation_bytes(exercise, shortest, **own)
    width = network.get_input_embeddings().weight.element_size()
    whole = HELD * kept / cells
    # Computed again layer by layer: what goes from layer to layer is kept, and all of one layer.
    lean = config.num_hidden_layers * config.hidden_size * width + whole / config.num_hidden_layers
    selective = min(whole, lean + HELD * product_bytes(exercise, shortest) / cells)
    each: dict[Checkpointing, float] = {False: whole, "selective": selective, True: lean}
    return Need(
        fixed=resident() + output_bytes(network) + round(training_bytes(masters, settings)),
        cell=each[settings.checkpointing],
        cells=survey.dearest.cells,
        least=max(exercise.lengths),
        lean=lean,
        selective=selective,
        wide=width > 2 and multiplies_bf16(),
        processes=settings.processes,
    )


def training_bytes(masters: Masters, settings: Trained) -> float:
    """Of gradients, moments, the best weights. Masters are there already; a state is written tensor
    by tensor."""
    total = 0.0
    for name, copy in masters.copies.items():
        numbers = part(copy).numel()
        moments = MOMENTS[settings.optimiser] * numbers
        own = numbers * copy.element_size()
        gradients = own + (masters.weights[name].nbytes if masters.weights[name] is not copy else 0)
        total += gradients + moments + own
    return total


def output_bytes(network: Any) -> int:
    """Of the output layer at work: its matrix in fp32, in which labels are scored; a chunk of
    logits as they are and in fp32, and their gradient."""
    weight = network.get_output_embeddings().weight
    return 4 * weight.numel() + CHUNK * len(weight) * (2 * weight.element_size() + 4)


def activation_bytes(
    exercise: Exercise, row: int, *, checkpointing: bool = False
) -> tuple[int, int]:
    """Bytes that the forward pass over a row keeps for the backward pass, weights aside; and the
    computed tokens. `checkpointing`: the layers are told to keep less in training, which is left
    aside."""
    network = exercise.network
    own = {
        part(t).untyped_storage().data_ptr() for t in (*network.parameters(), *network.buffers())
    }
    sizes: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    was = network.training
    network.train(not checkpointing)
    try:
        with (
            asking(exercise.compiled),
            torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor),
            exercise.at_work([row]) as (_, batch),
        ):
            return sum(sizes.values()), batch.cells
    finally:
        network.train(was)


def product_bytes(exercise: Exercise, row: int) -> int:
    """Bytes that `checkpointing: selective` keeps of a row beside what goes from layer to layer."""
    network, was = exercise.network, exercise.network.training
    network.eval()
    try:
        counted = ProductBytes()
        with asking(exercise.compiled), torch.no_grad(), counted, exercise.at_work([row]):
            return counted.total
    finally:
        network.train(was)


def is_memory_risky(
    network: Any, masters: Masters, settings: Trained, lengths: Sequence[int], limit: int
) -> bool:
    """Whether a training may need more than half of the memory: by the shapes of the layers,
    without computing."""
    if network.device.type != "cpu":
        return False
    cells = max(max(lengths), min(settings.micro_tokens, settings.batch_size * max(lengths)))
    width = network.get_input_embeddings().weight.element_size()
    wide = 2 * width * sum(sum(shape) for shape in _matrices(network))
    fixed = sum(part(parameter).nbytes for parameter in network.parameters()) + training_bytes(
        masters, settings
    )
    return settings.processes * (fixed + wide * cells) > SUSPECT * limit


def _matrices(network: Any) -> Iterator[tuple[int, ...]]:
    for _, layer in decoder_layers(network):
        yield from (parameter.shape for parameter in layer.parameters() if parameter.ndim == 2)


def check(
    exercise: Exercise, masters: Masters, plan: BatchPlan, settings: Trained, epochs: int
) -> None:
    """Raises ResourceError, R098, before a training that does not fit has taken a step."""
    limit = memory()
    if is_memory_risky(exercise.network, masters, settings, exercise.lengths, limit):
        refuse(need(exercise, masters, Survey.of(plan, epochs), settings), settings, limit)


def refuse(found: Need, settings: Trained, limit: int) -> None:
    """Raises ResourceError, R098, when a training does not fit, with what would fit."""
    if found.total > limit:
        raise ResourceError(
            too_large(settings.kind, found.total, limit, found.would_fit(limit, settings))
        )


def too_large(name: str, bytes_: int, limit: int, ways: Sequence[str]) -> Problem:
    text = (
        f"{name} needs about {gigabytes(bytes_)} of memory, and there are {gigabytes(limit)} here"
    )
    help_ = (
        "would fit: " + ", or ".join(ways)
        if ways
        else "choose a smaller model, or a method that trains less of it"
    )
    return Problem("R098", text, help=help_)
