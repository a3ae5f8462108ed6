"""Arms of a project behind OpenAI's routes: `serve("tickets", ["lora"])`, on this machine only
unless told otherwise.

    project -> fitted arms -> engine -> app -> socket, until the process is asked to stop

The steps are `runtime.arms.open.benches`, `shared_networks`, `app` and
`listening`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from assay.config.serve import BASE
from assay.core.corrupt_files import silent
from assay.core.errors import Problem, UsageError
from assay.core.project_paths import file_of
from assay.core.types import Tell
from assay.deployment.questions import prepare_question
from assay.deployment.server.auth import names_of, refuse_missing, refuse_open
from assay.deployment.shared_networks import SharedNetworks, engine_named
from assay.models.environment import threads
from assay.runtime.arms.open import benches, find_fit_stage

if TYPE_CHECKING:
    from assay.config.serve import Serve
    from assay.core.store import Stage
    from assay.deployment.server.app import House
    from assay.deployment.server.arms import ServedArm
    from assay.runtime.arms.runner import Bench

LATER = 5.0  # seconds that the engine waits beyond the routes, which have the better word for it


@dataclass(frozen=True)
class Open:
    """A server that listens. `models`: names that it answers to."""

    address: str
    models: tuple[str, ...]
    key: bool


def serve(
    folder: str | Path = ".",
    arms: Sequence[str] = (),
    *,
    host: str | None = None,
    port: int | None = None,
    engine: str | None = None,
    weights: Mapping[str, str | Path] = MappingProxyType({}),
    keys: Sequence[str] = (),
    names: Sequence[str] = (),
    log: str | Path | None = None,
    rate: float | None = None,
    seconds: float | None = None,
    grace: float | None = None,
    offline: bool = False,
    tell: Tell = silent,
    ready: Callable[[Open], Any] = lambda found: None,
) -> None:
    """Answer requests until SIGTERM or SIGINT; see docs/serve.md. What is left out is what the
    section `serve` of the project file says.

    Args:
        folder: of a project that has run, or its file. arms: names; "base" is the base model
            itself. Left out there too: the recommended arm and the base.
        port: 0 for any that is free. engine: what writes: own, llama.cpp or vllm; the others write
            with `weights`, by arm a GGUF file or the folder of a merged model.
        keys: clients must send one of them; needed unless `host` is this machine itself.
        names: further names that the server is called by, in the header Host.
        log: a file for questions and answers; feedback stands beside it.
        rate: requests a minute of one key, or of one address; 0 for any number.
        seconds: that an answer may take. grace: that running answers have, once the server is asked
            to stop.
        ready: called when it listens.

    Raises:
        UsageError: C062 nothing is fitted; C083 no such arm; C150 no key; C151 a bad key; C152 a
            library is missing; C153 no such engine, or no weights for it; C154 nothing to serve.
            ResourceError: R055, the address cannot be had; R051, R052, the engine cannot.
    """
    own = serve_settings(Path(folder)).but(
        host=host, port=port, engine=engine, rate=rate, seconds=seconds, grace=grace
    )
    own = own.but(arms=arms or None, names=names or None, weights=weights or None, log=log)
    refuse_open(own.host, keys)
    refuse_missing()
    files = {name: Path(path) for name, path in own.weights.items()}
    word = engine_named(own.engine, files)
    from assay.deployment.server.app import app
    from assay.deployment.server.limits import ServerLimits
    from assay.deployment.server.listening import bind_socket, listen

    limits = ServerLimits(tuple(keys), names_of(own.host, own.names, keys), own.rate, own.seconds)
    # before models are loaded, which takes longer than to be told that it is taken
    found = bind_socket(own.host, own.port)
    try:
        there = load_server_arms(Path(folder), own.arms, offline, tell)
        from assay.deployment.server.engine_choice import engine_of  # with torch, as the arms

        answers = engine_of(
            word, there.arms, files=files, seconds=own.seconds + LATER, threads=threads()
        )
        shown = f"[{own.host}]" if ":" in own.host else own.host
        models = tuple(one.name for one in answers.list_models())
        told = Open(f"http://{shown}:{found.getsockname()[1]}", models, bool(keys))
        try:
            house = there.house(Path(own.log) if own.log else None)
            listen(
                app(answers, limits, house),
                found,
                limits,
                house.inside,
                own.grace,
                lambda: ready(told),
            )
        finally:
            answers.close(0.0)  # nobody listens any more, so nothing is worth finishing
    finally:
        found.close()


def serve_settings(folder: Path) -> Serve:
    """The project's section `serve`; its paths are absolute."""
    from assay.config import load as load_project

    project = load_project(file_of(folder))
    own = project.serve
    weights = {name: str((project.folder / path).absolute()) for name, path in own.weights.items()}
    return own.but(
        weights=weights, log=str((project.folder / own.log).absolute()) if own.log else None
    )


@dataclass(frozen=True)
class ServerArms:
    """Fitted arms in this process, ready to be served. `bench`: of the first of them."""

    bench: Bench
    arms: tuple[ServedArm, ...]

    def house(self, log: Path | None) -> House:
        """What is done with what comes in: noted in a file, or nothing."""
        from assay.deployment.server.app import House
        from assay.deployment.server.request_log import RequestLog

        if log is None:
            return House()
        adapted = {arm.name: arm.adapted for arm in self.arms if arm.adapted is not None}
        book = RequestLog(
            log,
            adapted,
            self.bench.prepared.task,
            partial(prepare_question, self.bench.project),
            self.bench.tell,
        )
        return House(book.note, book.rate)


def load_server_arms(
    folder: Path, names: Sequence[str] = (), offline: bool = False, tell: Tell = silent
) -> ServerArms:
    """The arms, loaded.

    Raises:
        UsageError: as `serve`.
    """
    names = list(dict.fromkeys(names or usual(folder)))
    found = benches(folder, names, offline, tell, base=True)
    # With torch: what is wrong with the names is said before.
    from assay.deployment.load import LoadedArm
    from assay.deployment.server.arms import ServedArm, base_arm

    shared = SharedNetworks()
    arms = []
    for name, (bench, strategy) in found.items():
        tell({"event": "stage", "name": name, "state": "start"})
        if name == BASE and BASE not in bench.project.arms:
            arms.append(base_arm(shared.base(bench), created=int(time.time())))
        else:
            adapted = LoadedArm(
                bench, strategy, partial(shared.restore, bench, name, strategy)
            ).newest
            made, ready = (
                _fit_time(find_fit_stage(bench, strategy)),
                partial(prepare_question, bench.project),
            )
            arms.append(ServedArm.of(name, strategy.kind, adapted, ready=ready, created=made))
        tell({"event": "stage", "name": name, "state": "done"})
    own = [one for name, (one, _) in found.items() if name != BASE]
    return ServerArms(next(iter(own or [one for one, _ in found.values()])), tuple(arms))


def _fit_time(stage: Stage) -> int:
    """When the arm was fitted, in seconds since 1970."""
    return int((stage.folder / "done.json").stat().st_mtime)


def usual(folder: Path) -> list[str]:
    """What is served where no arm is named: the one that the newest report recommends, and the
    base.

    Raises:
        UsageError: C062, there is no report; C154, it recommends nothing.
    """
    from assay.reporting.latest import newest

    name = newest(folder).verdict["recommended"]
    if not name:
        raise UsageError(
            Problem(
                "C154",
                "the report recommends no strategy",
                str(folder),
                "name the strategies to serve",
            )
        )
    return [name, BASE]
