"""Work on several strategies: one after another, or several at once.

At once   a thread a strategy waits for its worker
In line   strategies that ask models behind an address, whose limits hold for one asker
Memory    on one machine a strategy begins when there is room for what it will take
Stopped   the first error, or the user's signal, ends all workers, which save what they have
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from assay.core.errors import Stopped
from assay.core.types import Strategy, Tell
from assay.runtime.arms.contestant import Contestant
from assay.runtime.arms.memory_room import MemoryRoom, guess_need
from assay.runtime.arms.runner import Bench

Work = Callable[[Contestant, Bench], None]
Each = Callable[[Work, Sequence[Contestant]], None]  # returns when all is done


@contextmanager
def each_of(bench: Bench, arms: Mapping[str, Strategy]) -> Generator[Each]:
    """What does some work on each of some contestants, with a bench that tells for it; as many at
    once as the servers of the bench take."""
    if not works_at_once(bench):
        yield partial(_in_turn, bench)
        return
    assert bench.servers is not None
    heard = SeveralTold(bench.tell, arms)
    try:
        yield AtOnce(bench, heard, MemoryRoom(bench.servers.memory()))
    finally:
        heard.tell_warnings()


def _in_turn(bench: Bench, work: Work, some: Sequence[Contestant]) -> None:
    for one in some:
        work(one, bench)


def works_at_once(bench: Bench) -> bool:
    return bench.servers is not None and bench.servers.at_once > 1


@dataclass(frozen=True)
class AtOnce:
    """`each_of` with threads."""

    bench: Bench
    heard: SeveralTold
    room: MemoryRoom

    def __call__(self, work: Work, some: Sequence[Contestant]) -> None:
        """
        Raises:
            AssayError: of those that the work raised the first that is no `Stopped`; all workers
                have been stopped.
        """
        servers, lines = self.bench.servers, lines_of(self.bench, some)
        assert servers is not None
        if not lines:
            return
        with ThreadPoolExecutor(min(servers.at_once, len(lines))) as pool:
            try:
                asked = [pool.submit(self._take, work, line) for line in lines]
                done, _ = wait(asked, None, FIRST_EXCEPTION)
                errors = [error for one in done if (error := one.exception()) is not None]
            except BaseException:
                servers.stop()
                raise
            if errors:
                servers.stop()
                raise next((one for one in errors if not isinstance(one, Stopped)), errors[0])

    def _take(self, work: Work, line: Sequence[Contestant]) -> None:
        for one in line:
            need = guess_need(one.strategy, self.bench.project.model, self.bench.models)
            with self.room.take(need):
                work(one, replace(self.bench, tell=self.heard.listener(one.name)))


class SeveralTold:
    """What strategies at once tell, one event at a time. Their warnings come last, in the order of
    the strategies, whoever was the first to end: the report has them as they were told."""

    def __init__(self, tell: Tell, names: Iterable[str]):
        self._tell, self._lock = tell, threading.Lock()
        self._warned: dict[str, list[dict]] = {name: [] for name in names}

    def listener(self, name: str) -> Tell:
        def hear(event: dict) -> None:
            with self._lock:
                if event.get("event") == "warning":
                    self._warned[name].append(event)
                else:
                    self._tell(event)

        return hear

    def tell_warnings(self) -> None:
        for event in (event for events in self._warned.values() for event in events):
            self._tell(event)


def lines_of(bench: Bench, some: Sequence[Contestant]) -> list[list[Contestant]]:
    """Strategies that run one after another; the lines run at once."""
    apart: list[list[Contestant]] = []
    asking: list[Contestant] = []
    for one in some:
        models = one.strategy.needs(bench.project.model)
        if any("remote" in bench.models[model] for model in models):
            asking.append(one)
        else:
            apart.append([one])
    return [*apart, *([asking] if asking else [])]
