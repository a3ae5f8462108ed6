"""How long does an arm take until it answers by a change, and what does it lose? Changes made from the project's data.

Changes    `validate/update_drill/changes.py`: facts, documents, a label, a topic; those that the data allows
Ways       `ways.py`: the shortest honest one of each arm; a trained arm is trained on, and trained anew
Asked      the test rows that the change touches, and others that must stay; before and after it
Time       of the machine alone, from the start of a process to the first right answer, loading among it
Watch out  arms that need the label or the document beforehand are fitted once more without it, as long as their fit
           took; a training that would pass `longest` is left out, and said
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay import store
from assay.bench import Bench, answers_in
from assay.beside.measured import Asked, measured
from assay.beside.seen import Seen
from assay.beside.variants import varied
from assay.beside.ways import rehearsed, served, trains, ways
from assay.errors import ResourceError, TrainError
from assay.nouns import Answer, Example, Strategy
from assay.prepared import Prepared
from assay.prompt import Majority, Rag
from assay.validate.update_drill.changes import Change, Data, made
from assay.validate.update_drill.settings import UpdateDrill, Way

if TYPE_CHECKING:
    from assay.config import Project
    from assay.weigh import Arm

KEY = "update_drill"
VERSION = 1  # raise it when the same change is taken in differently


def wanted(project: Project, prepared: Prepared) -> bool:
    return project.checking.update_drill.asked(project.checking.depth)


def strategies(project: Project, prepared: Prepared) -> list[Strategy]:
    """None beside the arms, which have their models."""
    return []


def sentences(found: dict[str, Any]) -> list[str]:
    """None: the section of the report says it."""
    return []


def ask(seen: Seen) -> dict[str, Any] | None:
    """`update_drill` of the report; None where no change can be made of the data (D128).

    Raises:
        AssayError: as the worker, but for a fit that fails.
    """
    from assay.validate import metrics_for

    settings, prepared = seen.bench.project.checking.update_drill, seen.bench.prepared
    labels = seen.task.labels if seen.task.kind == "classify" else ()
    data = Data(prepared.examples("train"), prepared.examples("val"), prepared.documents(), labels)
    test = prepared.examples("test")
    found = {kind: made(kind, data, test, seen.task, settings, seen.seed) for kind in settings.changes}
    changes = [one for one in found.values() if isinstance(one, Change)]
    cannot = [{"kind": kind, "why": one} for kind, one in found.items() if isinstance(one, str)]
    arms = drilled(seen, settings)
    if not changes or not arms:
        why = "; ".join(f"{one['kind']}: {one['why']}" for one in cannot) if not changes else "no arm can be changed"
        seen.bench.tell({"event": "warning", "code": "D128", "count": 1, "text": f"there is no update drill: {why}"})
        return None
    left_out: list[dict[str, str]] = []
    return {
        "metric": metrics_for(seen.task)[0].name,
        "level": seen.level,
        "changes": [Drill.of(seen, data, change).told(arms, left_out) for change in changes],
        "cannot": cannot,
        "left_out": left_out,
    }


def drilled(seen: Seen, settings: UpdateDrill) -> list[Arm]:
    """The arms that are changed: those named, else those that a question asks anyway, with the best that reads
    documents and the best that is trained."""
    if settings.arms:
        return [arm for arm in seen.done if arm.name in settings.arms]
    metric, project = seen.report["task"]["metric"], seen.bench.project
    values = {s["name"]: s["metrics"][metric]["value"] for s in seen.report["strategies"] if s["status"] == "done"}
    known = {arm.name: seen.strategy(arm.name) for arm in sorted(seen.done, key=lambda arm: -values[arm.name])}
    known = {n: s for n, s in known.items() if not isinstance(s, Majority) and not served(s, project)}
    reads = next((name for name, strategy in known.items() if isinstance(strategy, Rag)), None)
    trained = next((name for name, strategy in known.items() if trains(strategy) and name != reads), None)
    return [arm for arm in seen.done if arm.name in known and arm.name in {*seen.chosen(), reads, trained}]


@dataclass(frozen=True)
class Drill:
    """One change, over the data before it and after it."""

    seen: Seen
    change: Change
    before: Bench
    after: Bench

    @classmethod
    def of(cls, seen: Seen, data: Data, change: Change) -> Drill:
        def bench(some: Data) -> Bench:
            if some is data:
                return seen.bench
            why = f"{KEY}, {change.kind}"
            parts = {"train": some.train, "val": some.val, "documents": some.documents}
            return varied(seen.bench, why, **parts, labels=some.labels or None)

        return cls(seen, change, bench(change.before), bench(change.after))

    @property
    def settings(self) -> UpdateDrill:
        return self.seen.bench.project.checking.update_drill

    @property
    def questions(self) -> tuple[Example, ...]:
        """Those that the change touches first."""
        return tuple(row.question for row in (*self.change.changed, *self.change.unchanged))

    @property
    def hash(self) -> str:
        return store.digest([question.to_json() for question in self.questions])[:16]

    def told(self, arms: Sequence[Arm], left_out: list[dict[str, str]]) -> dict[str, Any]:
        """One of `changes` in the report. Arms that could not be changed are added to `left_out`."""
        change, found = self.change, []
        for arm in arms:
            strategy = self.seen.strategy(arm.name)
            for way in ways(strategy, change):
                why = self.hindered(arm, strategy, way)
                if not why:
                    try:
                        found.append(self.taken(arm, strategy, way))
                    except (TrainError, ResourceError) as error:
                        why = error.problems[0].text
                if why:
                    left_out.append({"kind": change.kind, "arm": arm.name, "way": way, "why": why})
        return {
            "kind": change.kind,
            "ends": change.ends,
            "rows": {"changed": len(change.changed), "unchanged": len(change.unchanged), "new": len(change.new)},
            "shown": list(change.shown),
            "arms": found,
        }

    def hindered(self, arm: Arm, strategy: Strategy, way: Way) -> str:
        """Why the update is not made, or nothing."""
        if way != "reindexed" and self.before.fit_key(strategy) == self.after.fit_key(strategy):
            return "it reads nothing of what changes"
        if way == "retrained" and not self.change.new and self.change.kind == "facts":
            return "no training row asks for what changes, so there is nothing to train on"
        fit = arm.cost.get("fit_seconds") or 0.0
        share = (1 + self.settings.rehearse) * len(self.change.new) / max(1, len(self.change.after.train))
        seconds = {"reindexed": 0.0, "continued": fit * min(1.0, share)}.get(way, fit)
        seconds += 0.0 if self.before is self.seen.bench else fit
        if seconds > 60 * self.settings.longest:
            return f"about {seconds / 60:,.0f} minutes, more than `longest`"
        return ""

    def taken(self, arm: Arm, strategy: Strategy, way: Way) -> dict[str, Any]:
        """An arm before and after the change."""
        before = self.answers_before(arm.name, strategy)
        note, stamped = self.update(arm.name, strategy, way)
        asked = Asked(self.change, self.seen.task, self.seen.level, self.seen.seed)
        found = measured(asked, before, [answer for _, answer in stamped], [at for at, _ in stamped])
        return {
            "name": arm.name,
            "way": way,
            "minutes": self.settings.minutes.model_dump()[way],
            "cost": {name: note[name] for name in ("start", "load", "update")} | found.pop("times"),
            **found,
        }

    def answers_before(self, name: str, strategy: Strategy) -> list[Answer]:
        """By the project's own arm where it stands before the change, else by one that is fitted for this."""
        seen = self.seen
        if self.before is seen.bench:
            given = answers_in(seen.bench, strategy, seen.exam.hash)
            by_id = {question.id: answer for question, answer in zip(seen.exam.questions, given, strict=True)}
            return [by_id[question.id] for question in self.questions]
        if self.before.state(strategy, self.hash) != "cached":
            stage = f"update drill, {self.change.kind}, {name} before"
            seen.bench.tell({"event": "stage", "name": stage, "state": "start"})
            self.before.run(stage, strategy, self.questions, self.hash)
            seen.bench.tell({"event": "stage", "name": stage, "state": "done"})
        return answers_in(self.before, strategy, self.hash)

    def update(self, name: str, strategy: Strategy, way: Way) -> tuple[dict[str, Any], list[tuple[float, Answer]]]:
        """The note of the stage (seconds), and (seconds since the change, answer) of each question; a cached stage."""
        change, bench = self.change, self.before if way == "reindexed" else self.after
        if way == "continued":
            bench = varied(self.after, way, train=rehearsed(change, self.settings.rehearse, self.seen.seed))
        before, key = self.before.fit_key(strategy), bench.fit_key(strategy)
        pages = {"put": [page.to_json() for page in change.put], "drop": list(change.drop)}
        if way == "continued":
            key = store.digest([VERSION, "continued", before, key])[:20]
        parts = [VERSION, way, before, pages if way == "reindexed" else key, self.hash]
        stage = store.Stage(bench.project.work, "drill", store.digest(parts)[:20])
        if stage.done() is None:
            folder = stage.open()
            store.write_lines(folder / "questions.jsonl", (question.to_json() for question in self.questions))
            told = f"update drill, {change.kind}, {name} {way}"
            bench.tell({"event": "stage", "name": told, "state": "start"})
            request = bench.request(strategy) | {
                "mode": "drill",
                "way": way,
                "drill_key": stage.key,
                "fit_key": key,
                "before": before,
                "documents": pages,
                "questions": str((folder / "questions.jsonl").absolute()),
                "begun": time.monotonic(),
            }
            bench.launch(folder, request, told)
            bench.tell({"event": "stage", "name": told, "state": "done"})
        rows = list(store.read_lines(stage.folder / "answers.jsonl"))
        return stage.done() or {}, [(at, Answer.from_json(answer)) for at, answer in rows]
