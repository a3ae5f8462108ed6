"""The report: `build` makes report.json, `Report` shows it as a page, as Markdown, in a notebook and at the terminal.

report.json holds every number; the page shows none that is not in it. Two runs with one seed differ in `cost` and
`environment` only. docs/report-schema.md says what each key means.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import assay.store as store
from assay.intervals import DRAWS
from assay.nouns import Record, Task
from assay.validate import judge, metrics_for
from assay.weigh.arm import Arm, Extra
from assay.weigh.decide import Gap, Standing, best_floor, best_of, decide
from assay.weigh.measure import Measured, rounded
from assay.weigh.ran import counts
from assay.weigh.settings import Weigh

SCHEMA = 1
ROWS = ("read", "kept", "dropped", "train", "val", "test")
AUDIT = ("exact", "near", "group", "conflicting_labels", "repaired")
COSTS = ("fit_seconds", "seconds_per_answer", "tokens_per_answer", "money_per_answer", "peak_bytes", "kept_bytes")


def build(
    *,
    task: Task,
    arms: Sequence[Arm],
    rows: dict[str, int],
    audit: dict[str, int],
    exam: dict[str, Any],
    warnings: Sequence[dict[str, Any]] = (),
    environment: dict[str, Any] | None = None,
    seed: int = 0,
    project: str = "",
    version: str = "",
    settings: Weigh | None = None,
    draws: int = DRAWS,
) -> dict[str, Any]:
    """report.json as plain JSON.

    Args:
        arms: in the order to be shown; those with status "done" have one record per test row, in the same order.
        rows: counts named in `ROWS`; those left out are 0.
        audit: counts named in `AUDIT`; those left out are 0.
        exam: hash and opened.
        warnings: {"code", "count", "text"} each.

    Raises:
        ValueError: two arms have one name, a done arm has no records, or the arms had different test rows.
    """
    settings = settings or Weigh()
    _check(arms)
    done = [arm for arm in arms if arm.status == "done"]
    records = {arm.name: arm.records for arm in done}
    measured = Measured(records, task, level=settings.level, draws=draws, seed=seed)
    metric = metrics_for(task)[0].name
    floor, best = _references(done, measured, metric, settings)
    standings = [_standing(arm, measured, metric, settings, best.of(arm), floor.of(arm)) for arm in done]
    verdict = decide(standings, measured.drawn(metric), metric=metric, n=measured.n, settings=settings)
    return {
        "schema": SCHEMA,
        "assay": version,
        "project": project,
        "seed": seed,
        "task": {"kind": task.kind, "metric": metric, "level": settings.level},
        "rows": {**dict.fromkeys(ROWS, 0), **rows},
        "audit": {**dict.fromkeys(AUDIT, 0), **audit},
        "exam": {"hash": "", "opened": 0, **exam},
        "strategies": [_strategy(arm, task, measured, floor, best) for arm in arms],
        "verdict": {
            "recommended": verdict.recommended,
            "reason": verdict.reason,
            "doubt": verdict.doubt,
            "corrected": None if verdict.corrected is None else rounded(verdict.corrected),
        },
        "warnings": [dict(warning) for warning in warnings],
        "environment": dict(environment or {}),
    }


@dataclass(frozen=True, slots=True)
class _Reference:
    """The arm that others are held against, and how each of them does."""

    name: str | None
    versus: dict[str, dict[str, Any]]

    def of(self, arm: Arm) -> dict[str, Any] | None:
        return self.versus.get(arm.name) or None


def _references(done: Sequence[Arm], measured: Measured, metric: str, settings: Weigh) -> tuple[_Reference, _Reference]:
    """The best floor and the best arm."""
    if not done:
        return _Reference(None, {}), _Reference(None, {})
    plain = [_standing(arm, measured, metric, settings) for arm in done]
    best, floor = plain[best_of(plain)].name, best_floor(plain)
    low = _Reference(None, {}) if floor is None else _Reference(plain[floor].name, measured.versus(plain[floor].name))
    return low, _Reference(best, measured.versus(best))


def _check(arms: Sequence[Arm]) -> None:
    names = [arm.name for arm in arms]
    if len(set(names)) < len(names):
        raise ValueError(f"two arms have one name: {', '.join(sorted(n for n in set(names) if names.count(n) > 1))}")
    for arm in arms:
        if arm.status == "done" and not arm.records:
            raise ValueError(f"{arm.name} is done but has no records")


def _standing(
    arm: Arm,
    measured: Measured,
    metric: str,
    settings: Weigh,
    behind: dict[str, Any] | None = None,
    over: dict[str, Any] | None = None,
) -> Standing:
    value = measured.of_metrics(arm.name)[metric]
    burden = settings.burden(arm.cost)
    return Standing(
        arm.name,
        arm.floor,
        measured.value(arm.name, metric),
        value["low"],
        value["high"],
        math.inf if burden is None else burden,
        len(arm.cost.get("parts") or ()),
        _gap(behind, metric),
        _gap(over, metric),
    )


def _gap(versus: dict[str, Any] | None, metric: str) -> Gap | None:
    if not versus:
        return None
    one = versus[metric]
    return Gap(one["difference"], one["low"], one["high"], one["p_holm"])


def _strategy(arm: Arm, task: Task, measured: Measured, floor: _Reference, best: _Reference) -> dict[str, Any]:
    done = arm.status == "done"
    answers = [record.answer for record in arm.records]
    return {
        "name": arm.name,
        "kind": arm.kind,
        "settings": dict(arm.settings),
        "status": arm.status,
        "n": len(answers) if done else 0,
        "unparseable": sum(answer.text is None for answer in answers),
        "truncated": sum(answer.truncated for answer in answers),
        "metrics": measured.of_metrics(arm.name) if done else {},
        "slices": measured.of_slices(arm.name) if done else {},
        "versus_floor": {"floor": floor.name, **over} if (over := floor.of(arm)) else None,
        "versus_best": {"best": best.name, **behind} if (behind := best.of(arm)) else None,
        "cost": {
            **{name: arm.cost.get(name) for name in COSTS},
            "parts": list(arm.cost.get("parts") or ()),
            "answer_parts": list(arm.cost.get("answer_parts") or ()),
        },
        "retrieval": measured.of_retrieval(arm.name, arm.records) if done else None,
        "outcomes": counts(arm.records, task) if done else None,
        "abstained": sum(answer.abstained for answer in answers),
        "refused": sum(answer.refused for answer in answers),
        "by": dict(sorted(Counter(answer.by for answer in answers if answer.by).items())),
        "fit": {"word": arm.fit["word"], "text": arm.fit["text"]} if arm.fit else None,
    }


def predictions(arm: Arm, task: Task) -> Iterator[dict[str, Any]]:
    """The rows of report/predictions/<arm>.jsonl: every test row with its answer and its scores."""
    if not arm.records:
        return
    scores = judge(arm.records, task)
    by_row = {metric.name: scores.of_rows(metric.name) for metric in scores.metrics}
    for index, record in enumerate(arm.records):
        yield {
            "id": record.question.id,
            "question": record.question.text,
            "target": record.target,
            "answer": record.answer.text,
            "raw": record.answer.raw,
            **_sources(record),
            "scores": {name: rounded(values[index]) for name, values in by_row.items()},
            "slices": dict(record.question.slices),
        }


def _sources(record: Record) -> dict[str, Any]:
    """What the answer was made from and by, where there is something to say."""
    answer = record.answer
    said = {"passages": list(answer.passages), "found_in": list(record.found_in), "cited": list(answer.cited)}
    said |= {"support": answer.support, "by": answer.by, "abstained": answer.abstained, "refused": answer.refused}
    if answer.ran:
        kind, at, text = answer.ran
        said |= {"outcome": kind, "failed_test": 0 if kind == "passed" else at + 1, "outcome_text": text}
    return {name: value for name, value in said.items() if value not in (None, "", False, [])}


@dataclass(frozen=True)
class Report:
    """report.json as a dict, with what the page needs beside it. In a notebook it shows itself."""

    data: dict[str, Any]
    task: Task = field(default_factory=Task)
    arms: tuple[Arm, ...] = ()
    extra: Extra = field(default_factory=lambda: Extra())
    settings: Weigh = field(default_factory=Weigh)
    folder: Path | None = None  # where it was written to or read from

    @classmethod
    def load(cls, folder: Path) -> Report:
        """The numbers of an earlier report; its page is beside it in `folder`."""
        return cls(store.read_json(folder / "report.json"), folder=folder)

    @property
    def verdict(self) -> dict[str, Any]:
        return self.data["verdict"]

    def table(self) -> list[list[str]]:
        """One row per arm, the header first: what the terminal shows."""
        from assay.weigh.markdown import terminal_table

        return terminal_table(self.data)

    def summary(self) -> list[str]:
        from assay.weigh.markdown import summary_lines

        return summary_lines(self.data)

    def html(self) -> str:
        from assay.weigh.html import render

        return render(self)

    def markdown(self) -> str:
        from assay.weigh.markdown import render

        return render(self)

    def write(self, folder: Path) -> Report:
        """report.html, report.md, report.json and predictions/<arm>.jsonl; report.json last."""
        for arm in self.arms:
            if arm.records:
                store.write_lines(folder / "predictions" / f"{arm.name}.jsonl", predictions(arm, self.task))
        store.write_text(folder / "report.html", self.html())
        store.write_text(folder / "report.md", self.markdown())
        store.write_json(folder / "report.json", self.data)
        return Report(self.data, self.task, self.arms, self.extra, self.settings, folder)

    def _repr_html_(self) -> str:
        from assay.weigh.html import notebook

        return notebook(self.data)
