"""Strategies that other projects have fitted, found by their reports: what `existing` and `after`
name.

What is taken   the newest report that has the strategy, and the files of that very fit; nothing is
                fitted in the other project
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core import store
from assay.core.errors import AssayError, Problem, UsageError, did_you_mean
from assay.core.means import FittedArm
from assay.core.project_paths import file_of, near, project_target
from assay.core.types import Example, Learner
from assay.decision.read_report import read_report
from assay.runtime.arms.measured_records import records
from assay.runtime.data_stage.split_files import read_examples, read_folds
from assay.strategies.baselines.existing import MANIFEST, OWN, references

if TYPE_CHECKING:
    from assay.config import Project


def find_existing(
    project: Project, reference: str, before: tuple[Path, ...] = ()
) -> tuple[dict[str, Any], Project]:
    """What a worker must know of the strategy, as JSON: its folder (`arm`), that of its project's
    rows (`data`), digest (of its key), what a report says of a model, `models` (name -> digest) and
    `before`, of those that it went on from; and its project.

    Raises:
        UsageError: C120, there is no such project, or none that was run; C121, no such strategy;
            C122, its files are gone.
    """
    from assay.config import load, make_strategy

    place, _, name = reference.rpartition("#")
    file = file_of((project.folder / place).resolve())
    shown, run = str(near(file)), f"run it first: assay run {near(project_target(file))}"
    if not file.is_file():
        raise UsageError(Problem("C120", f"no project is at {place}", shown, "name its folder"))
    if file in before or file == (project.folder / project.file).resolve():
        text = f"{place} goes on from a strategy of its own" if before else f"{place} is this one"
        raise UsageError(Problem("C123", text, shown, "name another project, or a strategy here"))
    other = load(file)
    made = list(records(other))
    if not made:
        raise UsageError(Problem("C120", f"{place} has no report yet", shown, run))
    name = name or read_report(other.report_folder / "report.json")["verdict"]["recommended"] or ""
    found = next((one for one in made if name in one["arms"]), None)
    if found is None:
        known = list(dict.fromkeys(arm for one in made for arm in one["arms"]))
        text = (
            f"no report of {place} has a strategy '{name}'" if name else f"{place} recommends none"
        )
        there = did_you_mean(name, known) or f"; there are {', '.join(known)}"
        raise UsageError(Problem("C121", text + there, shown, "name it with `strategy`"))
    stage = store.Stage(other.work, "fit", found["arms"][name]["fit"])
    folder = stage.folder / "arm"
    if stage.completion_note() is None or not (folder / "arm.json").is_file():
        raise UsageError(Problem("C122", f"the files of {name} of {place} are gone", shown, run))
    manifest = store.read_json(folder / "arm.json")
    data = other.work / "curate" / found["curated"]
    return {
        "arm": str(folder.absolute()),
        "data": str(data.absolute()),
        "project": str(other.target),
        "digest": stage.key,
        "name": f"{name} of {place}",
        "note": "",
        "licence": "",
        "context_length": None,
        "models": manifest["models"],
        "encoders": list(make_strategy(manifest["strategy"], {}).encoders()),
        "before": _before(other, found, name, (*before, file)),
    }, other


def _before(
    other: Project, found: Mapping[str, Any], name: str, seen: tuple[Path, ...]
) -> list[dict[str, Any]]:
    """Of those that it went on from, the ones that are still there: their rows are for what is to
    be kept of them, and their weights stand in its own."""
    from assay.config import load

    then = load(other.folder / other.file, text=found["project"])
    arm, out = then.arms.get(name), []
    for reference in dict.fromkeys(references(arm) if arm else ()):
        try:
            out.append(find_existing(other, reference, seen)[0])
        except UsageError as error:
            if error.problems[0].code == "C123":
                raise
        except AssayError:
            continue
    return out


def fitted_arm(found: Mapping[str, Any]) -> FittedArm:
    """What `find_existing` gave, in a worker; of one that is another project's itself, that."""
    folder, data = Path(found["arm"]), Path(found["data"])
    manifest = store.read_json(folder / "arm.json")
    while manifest["strategy"]["kind"] == "existing":
        manifest, folder = store.read_json(folder / MANIFEST), folder / OWN
    return FittedArm(
        manifest,
        folder,
        lambda split: read_examples(data / f"{split}.jsonl"),
        tuple(map(fitted_arm, found["before"])),
    )


def read_test_rows(found: Mapping[str, Any]) -> tuple[Example, ...]:
    """The test rows that it was measured with, for what asks it again; no worker is handed their
    place. None where they are in folds: it has learnt from them."""
    from assay.config import load

    if read_folds(Path(found["data"])):
        return ()
    other = load(file_of(Path(found["project"])))
    return read_examples(other.exam / "rows" / Path(found["data"]).name / "test.jsonl")


def needed_models(
    strategy: Learner, base: str, models: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """The names under which a worker must find models: those that the strategy needs, strategies of
    other projects, and what these need."""
    named = list(references(strategy))
    theirs = [name for one in named for name in models[one]["models"]]
    return list(dict.fromkeys([*strategy.needs(base), *named, *theirs]))
