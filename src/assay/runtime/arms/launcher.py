"""Processes that train together and were all started by a launcher: torchrun, accelerate, one
machine or several.

How       `torchrun --nproc-per-node 2 -m assay.worker FOLDER`: process 0 fits the arm as a worker
          does, and says in the launcher's store which training the others are to join. On several
          machines FOLDER lies on a shared disk.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GRACE = 5.0  # seconds that a process gets to end by itself
LOOK = 0.1  # seconds between two looks at the others


@dataclass
class Launch:
    """This process among those that torchrun, accelerate or the like has started with one command.

    Attributes:
        place: the launcher's store. rank, size: of this process, over all machines. card: number of
            its graphics card.
    """

    place: Any
    rank: int
    size: int
    card: int

    @classmethod
    def here(cls) -> Launch | None:
        """None where no launcher has started this process. RANK, WORLD_SIZE, MASTER_ADDR and
        MASTER_PORT are torch's names for what a launcher says:
        docs.pytorch.org/docs/stable/distributed.html."""
        if "RANK" not in os.environ:
            return None
        from torch.distributed import rendezvous

        from assay.training.distributed.process_group import PATIENCE

        place, rank, size = next(rendezvous("env://"))
        place.set_timeout(PATIENCE)
        return cls(place, rank, size, int(os.environ.get("LOCAL_RANK", rank)))

    @contextmanager
    def lead(self, folder: Path) -> Generator[None]:
        """Process 0: all train the arm of `folder` together."""
        count = self.place.add("trainings", 1)
        self.place.set(f"folder-{count}", str(folder.absolute()))
        with self._meeting(count):
            yield

    def follow(self, train: Callable[[Path], None]) -> None:
        """The others: train what process 0 leads, until it is done. `train` is given the folder of
        each training."""
        from assay.training.distributed.process_group import translate_peer_errors

        count = 0
        while True:
            count += 1
            with translate_peer_errors():
                folder = self.place.get(f"folder-{count}").decode()
            if not folder:
                break
            with self._meeting(count):
                train(Path(folder))
        self.place.add("left", 1)

    def end(self) -> None:
        """Process 0: nothing more is trained. It waits for the others a moment, since it may hold
        the store."""
        self.place.set(f"folder-{self.place.add('trainings', 1)}", "")
        until = time.monotonic() + GRACE
        while self.place.add("left", 0) < self.size - 1 and time.monotonic() < until:
            time.sleep(LOOK)

    def _meeting(self, count: int) -> Any:
        from torch.distributed import PrefixStore

        from assay.training.distributed.process_group import meeting

        return meeting(
            PrefixStore(f"training-{count}", self.place), self.rank, self.size, self.card
        )
