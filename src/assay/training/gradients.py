"""The gradients of one step, micro-batch by micro-batch; smaller ones where memory is short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.core.errors import Problem, ResourceError, TrainError
from assay.core.types import Tell
from assay.models.determinism import draw_from
from assay.training.divergence import first_broken
from assay.training.out_of_memory import HALVINGS, WAY, is_short, split_to_limit
from assay.training.progress import Run
from assay.training.training_data import Exercise


@dataclass(frozen=True)
class Gradients:
    """Adds up what a step's rows give. `sources` name the rows, `seed` is the run's."""

    exercise: Exercise
    sources: Sequence[str]
    seed: int
    tell: Tell

    def of(self, parts: list[list[int]], run: Run, idle: Sequence[list[int]] = ()) -> list[float]:
        """The sums of loss, learnt units, tokens and cells over the micro-batches; the masters have
        their gradients.

        Where memory is short the step begins anew with smaller parts, now and in the steps to come:
        the gradients are the same sum, taken in another order.

        Args:
            idle: micro-batches that are computed and left out of every sum, because other processes
                make as many.

        Raises:
            ResourceError: R098, a row alone does not fit, or two halvings were not enough.
                TrainError: T012.
        """
        progress, left = run.progress, HALVINGS
        while True:
            parts = [
                piece
                for part in parts
                for piece in split_to_limit(part, self.exercise.lengths, progress.limit)
            ]
            sums, failed = self._attempt(parts, run, idle)
            if failed is None:
                return sums
            run.clear()
            size = self.exercise.tokens(failed)
            # With split layers, others would wait for the passes that are begun anew.
            if not left or len(failed) == 1 or self.exercise.change.split:
                raise self._too_large(failed, progress.step)
            left -= 1
            # Parts that are nearly as large would fail too, and there are only so many halvings.
            progress.limit, progress.halved = size * 3 // 4, progress.halved + 1
            self.tell(
                {
                    "event": "note",
                    "text": f"memory is short: micro-batches of {size:,} tokens are halved",
                }
            )

    def _too_large(self, rows: list[int], step: int) -> ResourceError:
        many = f"{len(rows)} rows" if len(rows) > 1 else "one row"
        text = (
            f"step {step + 1}: {many} of {self.exercise.tokens(rows):,} tokens: too much for the"
            " memory of this machine"
        )
        return ResourceError(Problem("R098", text, self.sources[rows[0]], help=WAY))

    def _attempt(
        self, parts: list[list[int]], run: Run, idle: Sequence[list[int]]
    ) -> tuple[list[float], list[int] | None]:
        """The sums over the parts, and the first part that memory did not hold."""
        sums = [0.0] * 4
        for number, rows in enumerate([*parts, *idle]):
            self.draw(rows, run.progress.step)
            counts = number < len(parts)
            try:
                with self.exercise.at_work(rows) as (loss, batch):
                    if loss.count and not loss.value.requires_grad:
                        raise no_gradient_error()
                    if loss.count or self.exercise.change.split:
                        (loss.value if counts else 0 * loss.value).backward()
                run.masters.collect()
            except (MemoryError, RuntimeError) as error:
                if not is_short(error):
                    raise
                return sums, rows
            if not counts:
                continue
            numbers = (float(loss.value.detach()), loss.count, batch.separate, batch.cells)
            sums = [total + number for total, number in zip(sums, numbers, strict=True)]
        return sums, None

    def broken(
        self, mine: list[list[int]], parts: list[list[int]], step: int
    ) -> tuple[str, list[int]]:
        """What is not finite first in a step that diverged, and the rows of its micro-batch; all
        rows of the step when this process's share, run once more, is in order. Gradients are left
        behind."""
        for rows in mine:
            self.draw(rows, step)
            where = first_broken(self.exercise.network, lambda rows=rows: self._once(rows))
            if where:
                return where, rows
        return "", [row for part in parts for row in part]

    def _once(self, rows: list[int]) -> None:
        with self.exercise.at_work(rows) as (loss, _):
            if loss.value.requires_grad:
                loss.value.backward()

    def draw(self, rows: Sequence[int], step: int) -> None:
        """What a micro-batch draws (dropout, noise) depends on seed, step and first row: neither on
        the process that computes it, nor on what was computed before."""
        draw_from(((self.seed * 1_000_003 + step) * 1_000_003 + rows[0]) % 2**63)


def no_gradient_error() -> TrainError:
    text = "nothing is learnt: no parameter that this method trains has an influence on the loss"
    return TrainError(
        Problem(
            "T012",
            text,
            help="name other layers or targets; `assay list strategies` has the settings",
        )
    )
