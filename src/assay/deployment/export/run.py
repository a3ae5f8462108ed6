"""An arm given away: written in a format, asked again in the format's own runtime, held against the
arm.

    arm -> folder beside the place -> test questions through it, greedily -> share of equal answers
    -> card -> renamed

What it promises  The folder is there whole or not at all. What is below the limit is kept as
                  `<folder>.refused`, with a card that says so, and the export fails (M103, exit 1).
                  What could not be asked, for want of its runtime, is kept and said to be unchecked
                  (exit 4, unless that was asked for).
"""

from __future__ import annotations

import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core import store
from assay.core.corrupt_files import silent
from assay.core.errors import (
    ModelError,
    OtherAnswers,
    Problem,
    ResourceError,
    UsageError,
    unknown_name,
)
from assay.core.types import Tell
from assay.deployment.export.source import compare_export, source_of, unaskable
from assay.runtime.signals import interruptible

if TYPE_CHECKING:
    from assay.deployment.export.formats import Format
    from assay.deployment.export.formats.source import ExportSource, Wish
    from assay.runtime.arms.runner import Bench

NOTE = "export.json"
CARD = "README.md"


@dataclass(frozen=True)
class Exported:
    """What became of an export.

    Attributes:
        state: "passed" the limit; "told" where there is none; "refused"; "unchecked"; "nothing to
            ask".
        found: the comparison, as `Equivalence.to_json`, with `learnt` where the strategy has learnt
            from the rows that were asked (folds); None where nothing was asked.
        why: it was not asked, or refused; else "".
    """

    arm: str
    format: str
    folder: Path
    state: str
    limit: float | None
    found: dict[str, Any] | None
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        named = {
            "arm": self.arm,
            "format": self.format,
            "folder": str(self.folder),
            "state": self.state,
        }
        return {**named, "limit": self.limit, "why": self.why, "equivalence": self.found}

    def lines(self) -> list[str]:
        """For the terminal."""
        if self.found is None:
            return [f"not checked: {self.why}"] if self.state == "unchecked" else []
        equal, gap = self.found["equal"], self.found["difference"]
        least = "" if self.limit is None else f"; the limit is {self.limit:.1%}"
        lines = [
            f"{equal['value']:.1%} of {self.found['n']:,} answers are the strategy's"
            f" ({_bounds(equal)}){least}"
        ]
        if gap["low"] is not None:
            name, values = (
                self.found["metric"],
                [self.found[one]["value"] for one in ("arm", "export")],
            )
            of = f"{values[0]:.3f} of the strategy, decoded too, and {values[1]:.3f} of the export"
            of += ", on rows that it has learnt from" if self.found.get("learnt") else ""
            lines.append(
                f"{name}: {of} ({gap['value']:+.3f}, from {gap['low']:+.3f} to {gap['high']:+.3f})"
            )
        return lines


def _bounds(interval: dict[str, float | None]) -> str:
    low, high = interval["low"], interval["high"]
    return "no interval" if low is None or high is None else f"{low:.1%} to {high:.1%}"


def export(
    folder: Path,
    arm: str,
    *,
    to: str,
    out: Path | None = None,
    rows: int | None = None,
    limit: float | None = None,
    wish: Wish | None = None,
    unchecked: bool = False,
    offline: bool = False,
    tell: Tell = silent,
) -> Exported:
    """Write a fitted arm of the project in `folder` as `to`, and check that it still answers as the
    arm does.

    Args:
        to: the name of a format, see `formats`. out: the new folder; `export/<arm>-<format>` in the
            project's if None.
        rows: test rows that are asked, drawn with the project's seed; None: all.
        limit: share of equal answers under which the export is refused; None: the format's own.
        unchecked: do not ask it at all.

    Raises:
        UsageError: C140 no such format, C141 the folder is not empty, C142 not for this arm, C143
            other documents, C083, C062.
        ModelError: M112 the base has changed since the fit, M102 the tokenizer, and those of
            merging and loading.
        OtherAnswers: M103, it is below the limit. ResourceError: R002 no room on the disk, R003.
    """
    from assay.deployment.export.formats.source import Wish
    from assay.deployment.load import log_of
    from assay.runtime.arms.open import bench_of

    format = format_of(to)
    bench, strategy = bench_of(folder, arm, offline, tell)
    target = (out or bench.project.place("export") / f"{arm}-{to}").absolute()
    source = source_of(bench, strategy, arm, target, wish or Wish())
    if log_of(bench, strategy).exists():
        text = "documents were put or dropped since the fit, and an export has those of the fit"
        raise UsageError(Problem("C143", text, arm, help=f"assay run {folder} --only {arm}"))
    if problems := list(format.refuses(source)):
        raise (UsageError if problems[0].code.startswith("C") else ModelError)(*problems)
    need_empty(target)
    need_room(target, format.size(source))
    limit = format.limit if limit is None else limit
    held = store.lock(bench.project.work / "export.lock", f"export {arm}")
    with held, interruptible(), new_folder(target) as part:
        tell({"event": "stage", "name": arm, "state": "start", "note": f"as {to}"})
        notes = format.write(source, part, tell)
        why = "it was asked not to be" if unchecked else unaskable(bench, format, source)
        found = None if why else compare_export(bench, source, format, part, rows, tell)
        knows = bench.prepared.folds and "train" in strategy.reads
        learnt = {"learnt": True} if knows else {}
        compared = found.to_json() | learnt if found else None
        done = with_state(Exported(arm, to, target, "", limit, compared, why))
        write_note(source, format, done, part)
        write_card(bench, source, notes, part)
        if done.state == "refused":
            refuse(done, part)
    tell({"event": "stage", "name": arm, "state": "done"})
    return done


def formats() -> list[dict[str, Any]]:
    """The formats, and what is missing here to ask each."""
    from assay.deployment.export.formats import FORMATS

    return [
        {"format": one.name, "limit": one.limit, "missing": one.missing(), "is": one.about}
        for one in FORMATS
    ]


# --- before anything is written -------------------------------------------------------------------


def format_of(name: str) -> Format:
    """Raises:
    UsageError: C140.
    """
    from assay.deployment.export.formats import FORMATS

    known = {one.name: one for one in FORMATS}
    if name not in known:
        raise UsageError(unknown_name("C140", "format", name, known, "--to"))
    return known[name]


def need_empty(folder: Path) -> None:
    """Raises:
    UsageError: C141.
    """
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        what = "is not empty" if folder.is_dir() else "is there, and is no folder"
        raise UsageError(
            Problem(
                "C141", f"{folder.name} {what}", str(folder), help="name another one with --out"
            )
        )


def need_room(folder: Path, size: int) -> None:
    """Raises:
    ResourceError: R002.
    """
    from assay.runtime.planning.plan import free_disk

    free = free_disk(folder)
    if size > free:
        text = f"the export takes up to {size / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free"
        raise ResourceError(
            Problem("R002", text, str(folder), help="make room, or name another place with --out")
        )


def with_state(done: Exported) -> Exported:
    """With its state, and why it is refused where it is."""
    if done.found is None:
        return replace(done, state="unchecked" if done.why else "nothing to ask")
    share = done.found["equal"]["value"]
    if done.limit is None or share >= done.limit:
        return replace(done, state="told" if done.limit is None else "passed")
    text = (
        f"{share:.1%} of {done.found['n']:,} answers are the strategy's, and the limit is"
        f" {done.limit:.1%}"
    )
    return replace(done, state="refused", why=text)


def refuse(done: Exported, part: Path) -> None:
    """Put the folder aside as `<folder>.refused`, in the place of an earlier one of assay's.

    Raises:
        OtherAnswers: M103.
    """
    aside = done.folder.with_name(f"{done.folder.name}.refused")
    if not aside.is_symlink() and (aside / NOTE).exists():
        shutil.rmtree(aside)
    where = part
    if not aside.is_symlink() and not aside.exists():
        part.rename(aside)
        where = aside
    kept = (
        f"it is kept as {aside}" if where == aside else f"{aside} is not assay's, so it is not kept"
    )
    assert done.found is not None
    first = "; ".join(
        f"{one['id']}: {one['arm']!r}, not {one['export']!r}" for one in done.found["others"][:3]
    )
    way = f"{kept}; README.md there shows rows that differ. A lower --limit lets it pass"
    raise OtherAnswers(
        Problem(
            "M103",
            f"the export answers otherwise: {done.why} (the strategy says {first})",
            help=way,
        )
    )


@contextmanager
def new_folder(folder: Path) -> Generator[Path]:
    """A folder that is filled in several steps, there whole or not at all: what is yielded stands
    beside it, and takes its name when the block ends. What a killed process left is thrown away; an
    error leaves nothing.

    Args:
        folder: not there yet, or empty.
    """
    part = folder.with_name(f".{folder.name}.part")
    if part.is_symlink():
        part.unlink()
    elif part.exists():
        shutil.rmtree(part)
    try:
        part.mkdir(parents=True)
    except OSError as error:
        text = f"could not write: {error.strerror}"
        raise ResourceError(
            Problem("R002", text, str(folder), help="name another place with --out")
        ) from error
    try:
        yield part
        part.rename(folder)
        store.flush_folder(folder.parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)


# --- what goes with every export ------------------------------------------------------------------


def write_note(source: ExportSource, format: Format, done: Exported, folder: Path) -> None:
    """export.json: what it is, of what, with the hash of every file and the comparison."""
    from assay.reporting.publish import own_version

    files = {
        str(path.relative_to(folder)): {
            "bytes": path.stat().st_size,
            "sha256": store.file_digest(path),
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    note = {
        "schema": 1,
        "assay": own_version(),
        "project": source.project,
        "arm": {
            "name": source.name,
            "kind": source.kind,
            "settings": source.strategy.non_defaults(),
        },
        "fit": source.key,
        "format": {"name": format.name, "runtime": format.runtime, **vars(source.wish)},
        "base": {
            "name": source.base.name,
            "hub": list(source.base.hub) if source.base.hub else None,
            "digest": source.base.digest,
            "licence": source.base.licence,
        },
        "files": files,
        "state": done.state,
        "why": done.why,
        "limit": done.limit,
        "equivalence": done.found,
    }
    store.write_json(folder / NOTE, note)


def write_card(bench: Bench, source: ExportSource, notes: Sequence[str], folder: Path) -> None:
    """README.md: how it is used, whether it is still the arm, its files, and the arm's own card
    where there is one."""
    from assay.reporting.build import Report
    from assay.reporting.export_card import export_card

    report = Report.load(bench.project.report_folder) if source.report else None
    store.write_text(folder / CARD, export_card(store.read_json(folder / NOTE), notes, report))
