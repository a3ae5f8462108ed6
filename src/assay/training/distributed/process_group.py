"""Processes that train one arm together: each takes a share of every step, and all make the same
step.

How       Gradients are summed over the processes in fp32 and divided by the learnt tokens of the
          whole step, so losses and weights are those of one process at the same batch, up to the
          order in which numbers are added.
Leading   Process 0 tells, evaluates, decides and saves; the others hear its decisions by `agree`.
          It ends, and all end.
Memory    Every process holds the whole model and its moments; `shard.py` splits them for models too
          large for that.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import torch
from torch import distributed
from torch.distributed.tensor import DTensor

from assay.core.errors import Problem, TrainError

if TYPE_CHECKING:
    from assay.training.optim.master_weights import Masters

# numbers summed at once: small tensors go together, and a copy of them takes 32 MB
BUCKET = 8_388_608
# A process that died is noticed at once, by its closed connection; this is for the others' wait
# while one evaluates.
PATIENCE = timedelta(hours=12)


@dataclass(frozen=True)
class Team:
    """This process among those that train together; `Team()` is one alone.

    Attributes:
        rank: this process's number, from 0. size: how many there are.
    """

    rank: int = 0
    size: int = 1

    @classmethod
    def of(cls, processes: int) -> Team:
        """The team of `processes` that this process belongs to.

        Raises:
            TrainError: T051, it belongs to none, or to one of another size.
        """
        if processes == 1:
            return cls()
        joined = distributed.is_available() and distributed.is_initialized()
        team = cls(distributed.get_rank(), distributed.get_world_size()) if joined else cls()
        if team.size != processes:
            text = (
                f"processes: {processes}, but {team.size} {'was' if team.size == 1 else 'were'}"
                " started"
            )
            way = "`assay run` starts them; a launcher of your own has to start as many"
            raise TrainError(Problem("T051", text, help=way))
        return team

    @property
    def leads(self) -> bool:
        """Whether this process tells, evaluates, decides and saves."""
        return self.rank == 0

    def mine(
        self,
        parts: Sequence[Sequence[int]],
        costs: Sequence[float] | None = None,
        *,
        lengths: Sequence[int] | None = None,
    ) -> list[list[int]]:
        """This process's share of the micro-batches of a step, in their order. Its rows are a run
        of neighbours, which have similar lengths or share a beginning; a micro-batch in which two
        shares meet is cut. A share may be empty.

        Args:
            parts: rows of each micro-batch, the same in every process.
            costs: of each micro-batch, above 0; its rows are taken as alike. 1 a row when neither
                is given.
            lengths: what each row costs, by its number; shares are then cut more evenly than by
                `costs`.
        """
        if self.size == 1:
            return [list(part) for part in parts]
        if lengths is None:
            whole = costs or [float(len(part)) for part in parts]
            each = [cost / len(part) for part, cost in zip(parts, whole, strict=True) for _ in part]
        else:
            each = [float(lengths[row]) for part in parts for row in part]
        owners = iter(shares(each, self.size))
        shared = [[row for row in part if next(owners) == self.rank] for part in parts]
        return [part for part in shared if part]

    def idle(self, parts: Sequence[Sequence[int]], *, lengths: Sequence[int]) -> int:
        """How many passes the process with most micro-batches makes more than this one, of `mine`
        with the same."""
        counts = [
            len(Team(rank, self.size).mine(parts, lengths=lengths)) for rank in range(self.size)
        ]
        return max(counts) - counts[self.rank]

    def add(self, masters: Masters, numbers: Sequence[float]) -> list[float]:
        """Sum the masters' gradients over all processes, in place, and the numbers, in float64.

        A weight that had no gradient here, but had one elsewhere, gets one; a weight without any
        anywhere keeps none.

        Raises:
            TrainError: T050, another process has ended.
        """
        if self.size == 1:
            return list(numbers)
        copies = list(masters.copies.values())
        there = [float(copy.grad is not None) for copy in copies]
        told = torch.tensor([*numbers, *there], dtype=torch.float64)
        with translate_peer_errors():
            distributed.all_reduce(told)
            grads = []
            for copy, count in zip(copies, told[len(numbers) :].tolist(), strict=True):
                # what is split (`shard`) was summed in the backward pass
                if count and not isinstance(copy, DTensor):
                    copy.grad = torch.zeros_like(copy) if copy.grad is None else copy.grad
                    grads.append(copy.grad)
            for bucket in buckets(grads):
                sum_up(bucket)
        return told[: len(numbers)].tolist()

    def agree(self, value: Sequence[float]) -> list[float]:
        """The numbers that process 0 has; the others give as many, of whatever value.

        Raises:
            TrainError: T050, process 0 has ended.
        """
        if self.size == 1:
            return list(value)
        told = torch.tensor(list(value), dtype=torch.float64)
        with translate_peer_errors():
            distributed.broadcast(told, 0)
        return told.tolist()


def shares(costs: Sequence[float], size: int) -> list[int]:
    """Which of `size` processes takes each part: runs of neighbours whose costs are about equal. A
    part goes where its middle lies when all are laid end to end."""
    total, before, owners = sum(costs), 0.0, []
    for cost in costs:
        owners.append(min(size - 1, int(size * (before + cost / 2) / total)))
        before += cost
    return owners


def buckets(grads: Sequence[torch.Tensor]) -> Iterator[list[torch.Tensor]]:
    """Neighbours of one type on one device, up to BUCKET numbers together."""
    bucket: list[torch.Tensor] = []
    for grad in grads:
        alike = bucket and (bucket[0].dtype, bucket[0].device) == (grad.dtype, grad.device)
        if bucket and not (alike and sum(g.numel() for g in bucket) + grad.numel() <= BUCKET):
            yield bucket
            bucket = []
        bucket.append(grad)
    if bucket:
        yield bucket


def sum_up(bucket: Sequence[torch.Tensor]) -> None:
    """The sum over all processes, in place."""
    if len(bucket) == 1 and bucket[0].is_contiguous():
        distributed.all_reduce(bucket[0])
        return
    together = torch.cat([grad.reshape(-1) for grad in bucket])
    distributed.all_reduce(together)
    for grad, summed in zip(bucket, together.split([grad.numel() for grad in bucket]), strict=True):
        grad.copy_(summed.view_as(grad))


@contextmanager
def translate_peer_errors() -> Generator[None]:
    """What torch says when another process is gone, as T050. Who it was is known to the process
    that started it."""
    try:
        yield
    except RuntimeError as error:
        text = f"another process of this training ended: {str(error).splitlines()[0]}"
        raise TrainError(
            Problem("T050", text, help="the same command continues from the last saved state")
        ) from error


@contextmanager
def meeting(store: Any, rank: int, size: int, card: int) -> Generator[Team]:
    """The team of `size` processes that meet over a torch.distributed store. Cards talk by nccl,
    processors by gloo.

    Args:
        card: number of the graphics card that this process has for itself, where there are cards.

    Raises:
        TrainError: T052, there are too few cards. T053, this process is in a team already. T050,
            another has ended.
    """
    if distributed.is_initialized():
        text = "a strategy that several processes train holds another one that several are to train"
        raise TrainError(Problem("T053", text, help="set processes: 1 for the inner one"))
    backend = "gloo"
    if torch.cuda.is_available():
        backend, cards = "cpu:gloo,cuda:nccl", torch.cuda.device_count()
        if card >= cards:
            text = (
                f"process {rank} (of {size}, numbered from 0) needs a graphics card for itself;"
                f" {cards} can be seen"
            )
            raise TrainError(
                Problem(
                    "T052", text, help="lower processes, or hide the cards: CUDA_VISIBLE_DEVICES="
                )
            )
        torch.cuda.set_device(card)
    with translate_peer_errors():
        distributed.init_process_group(
            backend, store=store, rank=rank, world_size=size, timeout=PATIENCE
        )
        # One that is done before another has connected would look to it like one that died.
        distributed.all_reduce(torch.zeros(1))
    try:
        yield Team(rank, size)
    finally:
        distributed.destroy_process_group()
