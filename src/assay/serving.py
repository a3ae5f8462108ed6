"""Arms of a project behind OpenAI's routes: `serve("tickets", ["lora"])`, on this machine only unless told otherwise.

project -> fitted arms -> engine -> app -> socket, until the process is asked to stop
"""

from __future__ import annotations

import ipaddress
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.asking import fitted, repaired, silent
from assay.errors import DataError, Problem, UsageError, did_you_mean
from assay.nouns import Adapted, LanguageModel, Learner, Precision, Tell

if TYPE_CHECKING:
    from socket import socket

    from assay.bench import Bench
    from assay.store import Stage
    from assay.use.serve.limits import Limits
    from assay.use.serve.wanted import Engine

ENGINES = ("own",)
BASE = "base"  # the project's base model, with its chat template and nothing else
KEY = "ASSAY_API_KEY"
SHORTEST = 16  # characters of a key
LOOPBACK = ("localhost", "127.0.0.1", "::1")


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
    host: str = "127.0.0.1",
    port: int = 8000,
    keys: Sequence[str] = (),
    names: Sequence[str] = (),
    log: str | Path | None = None,
    rate: float = 0.0,
    seconds: float = 600.0,
    grace: float = 30.0,
    offline: bool = False,
    tell: Tell = silent,
    ready: Callable[[Open], Any] = lambda found: None,
) -> None:
    """Answer requests until SIGTERM or SIGINT; see docs/serve.md.

    Args:
        folder: of a project that has run. arms: names; "base" is the base model itself. Left out: the recommended arm
            and the base.
        port: 0 for any that is free. keys: clients must send one of them; needed unless `host` is this machine itself.
        names: further names that the server is called by, in the header Host.
        log: a file for questions and answers; feedback stands beside it. None: nothing is kept.
        rate: requests a minute of one key, or of one address; 0 for any number.
        seconds: that an answer may take. grace: that running answers have, once the server is asked to stop.
        ready: called when it listens.

    Raises:
        UsageError: C062 nothing is fitted; C083 no such arm; C150 no key; C151 a bad key; C152 a library is missing;
            C154 nothing to serve. ResourceError: R055, the address cannot be had.
    """
    refuse_open(host, keys)
    refuse_missing()
    from assay.use.serve.limits import Limits
    from assay.use.serve.listening import bound

    limits = Limits(tuple(keys), _names(host, names, keys), rate, seconds)
    found = bound(host, port)  # before models are loaded, which takes longer than to be told that it is taken
    try:
        opened = _opened(Path(folder), arms, seconds, offline, tell)
        _answered(opened, limits, found, host, _Wishes(log, grace, ready))
    finally:
        found.close()


@dataclass(frozen=True)
class _Wishes:
    log: str | Path | None
    grace: float
    ready: Callable[[Open], Any]


@dataclass(frozen=True)
class _Opened:
    bench: Bench
    arms: dict[str, Adapted]
    engine: Engine


def _answered(opened: _Opened, limits: Limits, found: socket, host: str, more: _Wishes) -> None:
    from assay.book import Book
    from assay.use.serve.app import House, app
    from assay.use.serve.listening import listen

    engine, book = opened.engine, None
    if more.log is not None:
        task = opened.bench.prepared.task
        book = Book(Path(more.log), opened.arms, task, partial(repaired, opened.bench.project))
    house = House(book.note, book.rate) if book else House()
    shown = f"[{host}]" if ":" in host else host
    models = tuple(one.name for one in engine.served())
    told = Open(f"http://{shown}:{found.getsockname()[1]}", models, bool(limits.keys))
    try:
        listen(app(engine, limits, house), found, limits, house.inside, more.grace, lambda: more.ready(told))
    finally:
        engine.close(0.0)  # nobody listens any more, so nothing is worth finishing


def _opened(folder: Path, names: Sequence[str], seconds: float, offline: bool, tell: Tell) -> _Opened:
    """The arms, loaded, and the engine that answers for them. Arms that train nothing share one network."""
    from assay.asking import Loaded
    from assay.use.serve.arms import Arm
    from assay.use.serve.engine import OwnEngine, base_arm

    names = names or usual(folder)
    bench, strategies = benched(folder, [name for name in names if name != BASE], offline, tell)
    shared = _Shared(bench)
    arms, adapted = [], {}
    for name in names:
        tell({"event": "stage", "name": name, "state": "start"})
        if name == BASE and name not in strategies:
            arms.append(base_arm(shared.open(bench.project.model), created=int(time.time())))
        else:
            strategy = strategies[name]
            loaded = Loaded(bench, strategy, None if trains(strategy) else shared.open)
            adapted[name] = loaded.newest
            ready, created = partial(repaired, bench.project), _made(fitted(bench, strategy))
            arms.append(Arm.of(name, strategy.kind, loaded.newest, ready=ready, created=created))
        tell({"event": "stage", "name": name, "state": "done"})
    return _Opened(bench, adapted, OwnEngine(arms, seconds=seconds))


def _made(stage: Stage) -> int:
    """When the arm was fitted, in seconds since 1970."""
    return int((stage.folder / "done.json").stat().st_mtime)


@dataclass
class _Shared:
    """Networks that no training changes, each opened once."""

    bench: Bench
    _models: dict[tuple[str, Precision], LanguageModel] = field(default_factory=dict)

    def open(self, name: str, precision: Precision = "auto") -> LanguageModel:
        if (name, precision) not in self._models:
            from assay.model.find import Found
            from assay.model.open import load_model

            noted = self.bench.models[name]
            if "remote" in noted:
                text = f"{name} is remote: it is served already"
                raise UsageError(Problem("C154", text, name, "name an arm"))
            self._models[name, precision] = load_model(Found(**{**noted, "folder": Path(noted["folder"])}), precision)
        return self._models[name, precision]


def trains(learner: Learner) -> bool:
    """Whether weights of its model, or of one inside it, are trained."""
    from assay.train.settings import Trained

    return isinstance(learner, Trained) or any(trains(value) for _, value in learner if isinstance(value, Learner))


def usual(folder: Path) -> list[str]:
    """What is served where no arm is named: the one that the newest report recommends, and the base.

    Raises:
        UsageError: C062, there is no report; C154, it recommends nothing.
    """
    from assay.terminal.look import newest

    name = newest(folder).verdict["recommended"]
    if not name:
        raise UsageError(Problem("C154", "the report recommends no arm", str(folder), "name the arms to serve"))
    return [name, BASE]


def benched(folder: Path, names: Sequence[str], offline: bool, tell: Tell) -> tuple[Bench, dict[str, Any]]:
    """The bench of a project with the named arms, and these arms.

    Raises:
        UsageError: C083 there is no such arm; C062 one was not fitted yet.
    """
    from assay.bench import Bench
    from assay.config import load as load_project
    from assay.flow import models
    from assay.prepared import prepare
    from assay.prompt import Shots

    project = load_project(folder / "project.yaml")
    known = (*project.arms, BASE)
    problems = [
        Problem("C083", f"there is no arm '{name}'{did_you_mean(name, known)}", str(folder), ", ".join(known))
        for name in names
        if name not in project.arms
    ]
    if problems:
        raise UsageError(*problems)
    arms = {name: project.arms[name] for name in names}
    prepared = prepare(project, silent, offline=offline, new_key=False)
    base = Shots(k=0)  # needs the base and nothing else
    bench = Bench(project, prepared, models(project, [*arms.values(), base], offline, tell), tell)
    unfit = [
        Problem("C062", f"'{name}' is not fitted yet", str(folder), help=f"assay run {folder} --only {name}")
        for name, strategy in arms.items()
        if fitted(bench, strategy).done() is None
    ]
    if unfit:
        raise UsageError(*unfit)
    return bench, arms


# --- who may ask -----------------------------------------------------------------------------------------------------


def keys_of(file: Path | None) -> tuple[str, ...]:
    """The keys of a file, one a line, or the one in ASSAY_API_KEY. A key is no argument and no setting: those are seen
    by whoever lists processes or reads the project.

    Raises:
        DataError: D001, D003: the file cannot be read. UsageError: C151, a key is too short, or not plain ASCII.
    """
    if file is not None:
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise DataError(Problem("D001", "no such file", str(file))) from error
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(Problem("D003", "cannot be read", str(file))) from error
        keys, place = [line.strip() for line in text.splitlines() if line.strip()], str(file)
    else:
        keys, place = [key for key in [os.environ.get(KEY, "").strip()] if key], KEY
    for number, key in enumerate(keys, 1):
        if len(key) < SHORTEST or not key.isascii() or not key.isprintable() or " " in key:
            text = f"key {number} must have {SHORTEST} or more plain letters and digits"
            raise UsageError(Problem("C151", text, place, help="openssl rand -hex 24"))
    if file is not None and not keys:
        raise UsageError(Problem("C151", "there is no key in it", place, help="openssl rand -hex 24"))
    return tuple(keys)


def refuse_open(host: str, keys: Sequence[str]) -> None:
    """Raises:
    UsageError: C150, others could ask, and no key is set.
    """
    if not keys and not only_here(host):
        help_ = f"set {KEY}, or give --api-key-file; or leave --host out"
        raise UsageError(Problem("C150", f"{host} can be reached by others, and there is no key", "--host", help=help_))


def only_here(host: str) -> bool:
    """Whether nobody but this machine reaches that address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_missing() -> None:
    """Raises:
    UsageError: C152, what serving needs is not installed.
    """
    from importlib.util import find_spec

    missing = [name for name in ("fastapi", "uvicorn", "prometheus_client") if find_spec(name) is None]
    if missing:
        text = f"serving needs {', '.join(missing)}"
        raise UsageError(Problem("C152", text, help="pip install 'assay[serve]'"))


def _names(host: str, further: Sequence[str], keys: Sequence[str]) -> tuple[str, ...]:
    """Names that are answered to; () for any. A page whose name is bent to this server's address has no key, so an open
    address with a key answers to any name, unless some are given."""
    if not further and not only_here(host):
        return ()
    return (*dict.fromkeys((*LOOPBACK, host, *further)),)
