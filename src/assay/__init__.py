"""assay turns a general language model into a specialist, and measures which way of doing it pays on your data.

import assay
report = assay.run("tickets.csv")              # the same as `assay run tickets.csv`
arm = assay.load("tickets", "lora")
arm.answer(["Where is my refund?"])
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from assay.annotating import Annotation
    from assay.asking import Loaded
    from assay.candidates import Ranking
    from assay.drifting import Watched
    from assay.exporting import Exported
    from assay.findings import Checked
    from assay.nouns import Tell
    from assay.probe import Plan
    from assay.reviewing import Review
    from assay.talking import Replies
    from assay.weigh import Report

__all__ = [
    "annotation",
    "answer",
    "ask",
    "check",
    "export",
    "load",
    "plan",
    "rank_models",
    "report",
    "review",
    "run",
    "serve",
    "watch",
]


def silent(event: dict) -> None:
    """The `tell` of a caller that does not watch."""


def run(
    target: str | Path = ".",
    *,
    only: Sequence[str] = (),
    minutes: float | None = None,
    sets: Sequence[str] = (),
    offline: bool = False,
    tell: Tell = silent,
) -> Report:
    """Compare the strategies of a project (its folder, its file, or a data file to begin one from).

    Args:
        only: names of the arms to run. minutes: stop after about so long. sets: `dotted.place=value` changes.
        offline: use the network for nothing. tell: gets progress events, plain dicts.

    Raises:
        AssayError: with code, place and way out.
    """
    from assay import flow
    from assay.config import load as load_project
    from assay.config.start import begin

    return flow.run(
        load_project(begin(Path(target), sets, offline=offline, tell=tell), sets),
        only=only,
        minutes=minutes,
        offline=offline,
        tell=tell,
    )


def check(
    target: str | Path = ".",
    *,
    sets: Sequence[str] = (),
    doubts: Sequence[str] = (),
    offline: bool = False,
    tell: Tell = silent,
) -> Checked:
    """Read a project and its data and say what is wrong; no model is loaded, unless `doubts` names "leak_cost" (an arm
    is fitted with and without the rows that leaked) or "contamination" (the base is asked about the test rows)."""
    from assay import flow
    from assay.config import load as load_project
    from assay.config.start import begin

    project = load_project(begin(Path(target), sets), sets)
    return flow.check(project, doubts=doubts, offline=offline, tell=tell)


def plan(target: str | Path = ".", *, sets: Sequence[str] = (), offline: bool = False, tell: Tell = silent) -> Plan:
    """Time and memory that `run` would take, from a short probe of every arm."""
    from assay import flow
    from assay.config import load as load_project
    from assay.config.start import begin

    return flow.plan(
        load_project(begin(Path(target), sets, offline=offline, tell=tell), sets), offline=offline, tell=tell
    )


def rank_models(
    target: str | Path,
    models: Sequence[str] = (),
    *,
    rows: int = 100,
    shots: int = 4,
    offline: bool = False,
    tell: Tell = silent,
) -> Ranking:
    """Base models ranked by what they answer to rows of a project's val and train; see `candidates.rank`."""
    from assay.candidates import rank
    from assay.config import load as load_project
    from assay.config.start import begin

    project = load_project(begin(Path(target), offline=offline, tell=tell))
    return rank(project, models, rows=rows, shots=shots, offline=offline, tell=tell)


def report(target: str | Path = ".") -> Report:
    """The newest report of a project."""
    from assay.terminal.look import newest, project_at

    return newest(project_at(Path(target)))


def load(folder: str | Path, arm: str, *, offline: bool = False) -> Loaded:
    """A fitted arm of a project: `load("tickets", "lora").answer(["Where is my refund?"])`."""
    from assay.asking import load as load_arm

    return load_arm(folder, arm, offline=offline)


def answer(file: str | Path, arm: str, out: str | Path, *, project: str | Path = ".", offline: bool = False) -> dict:
    """Answer every row of a file with a fitted arm; see `asking.answer_file`."""
    from assay.asking import answer_file
    from assay.differs import warned

    return answer_file(Path(project), arm, Path(file), Path(out), offline=offline, tell=warned(silent))


def export(
    project: str | Path,
    arm: str,
    to: str,
    out: str | Path | None = None,
    *,
    rows: int | None = None,
    limit: float | None = None,
    precision: Literal["fp32", "bf16"] = "fp32",
    with_base: bool | None = None,
    into: Literal["dequantised", "original"] = "dequantised",
    unchecked: bool = False,
    offline: bool = False,
    tell: Tell = silent,
) -> Exported:
    """Write a fitted arm as files that work without assay, and check that they answer as it does; see
    `exporting.export`.

    Args:
        to: "peft", "merged", ...; `assay list formats` has them all. out: a new folder. rows: test rows that are asked;
            all when None. limit: share of equal answers under which it is refused. precision: of written weights.
        with_base: the base is written beside an adapter; None: only a quantised one. into: what an arm on a quantised
            base is merged into.
    """
    from assay.differs import warned
    from assay.exporting import export as write
    from assay.use.export.source import Wish

    return write(
        Path(project),
        arm,
        to=to,
        out=None if out is None else Path(out),
        rows=rows,
        limit=limit,
        wish=Wish(precision, with_base, into),
        unchecked=unchecked,
        offline=offline,
        tell=warned(tell),
    )


def review(target: str | Path = ".") -> Review:
    """Two arms' answers side by side, rated by people who do not know which is whose: `write` sheets, `take` them back,
    `tally`, `preferences`; see `reviewing.Review`."""
    from assay.reviewing import Review

    return Review.of(target)


def annotation(target: str | Path = ".") -> Annotation:
    """The rows of a project and the votes of its annotators: `write` sheets, `take` them back, `agreement`, `disputes`,
    `doubts`; see `annotating.Annotation`."""
    from assay.annotating import Annotation

    return Annotation.of(target)


def serve(
    folder: str | Path = ".",
    arms: Sequence[str] = (),
    *,
    host: str | None = None,
    port: int | None = None,
    keys: Sequence[str] = (),
    log: str | Path | None = None,
    rate: float | None = None,
    grace: float | None = None,
    offline: bool = False,
    tell: Tell = silent,
) -> None:
    """Answer requests of OpenAI's clients with fitted arms of a project, until SIGTERM or SIGINT; see
    `serving.serve`. What is left out is what the project file says under `serve`."""
    from assay.differs import warned
    from assay.serving import serve as serve_arms

    serve_arms(
        folder,
        arms,
        host=host,
        port=port,
        keys=keys,
        log=log,
        rate=rate,
        grace=grace,
        offline=offline,
        tell=warned(tell),
    )


def ask(question: str, folder: str | Path = ".", arms: Sequence[str] = (), *, offline: bool = False) -> Replies:
    """One question to arms of a project, side by side; `base` is its base model as it came. See `talking.ask`."""
    from assay.talking import ask as ask_arms

    return ask_arms(question, folder, arms, offline=offline)


def watch(
    log: str | Path,
    project: str | Path = ".",
    *,
    arm: str = "",
    level: float | None = None,
    rows: int | None = None,
    offline: bool = False,
    tell: Tell = silent,
) -> Watched:
    """A log of questions held against what the project was made for: drift, failures, what to label next; see
    `drifting.watch`. What is left out is what the project file says under `watch`."""
    from assay.differs import warned
    from assay.drifting import watch as held_against

    return held_against(log, project, arm=arm, level=level, rows=rows, offline=offline, tell=warned(tell))
