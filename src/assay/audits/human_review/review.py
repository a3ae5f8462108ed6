"""People rate the answers of two arms, side by side and blind: sheets out, sheets back, win rate,
preference pairs.

    work = assay.review("tickets")
    work.write("rate.csv", arms=("lora", "rag"), rows=60, reviewers=("anna", "ben"))
    work.take(["rate.anna.csv", "rate.ben.csv"])
    work.tally()

What was shown stands in `reviews/items.jsonl` beside the project file, with the arms; what people
said in `reviews/ratings.jsonl`. Both only grow. The next report has a section "People".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from assay.audits.human_review.pairwise import AnswerPair, ReviewItem, deal
from assay.audits.human_review.sheets import lines, read_sheet, write
from assay.audits.human_review.tally import Rating, gold_results, tally
from assay.core import store
from assay.core.command_hints import with_project
from assay.core.corrupt_files import Tell, silent, tell_damage
from assay.core.errors import DataError, Problem, UsageError
from assay.core.project_paths import place, project_target
from assay.core.types import Record
from assay.data.annotation.export_sheet import refuse_names, refuse_present, sheet_path
from assay.runtime.arms.cross_validation import run_by_fold

if TYPE_CHECKING:
    from assay.core.types import Strategy
    from assay.runtime.arms.runner import Bench

FOLDER = "reviews"
# the split of items that users corrected: see `deployment/monitoring/feedback.py`
FROM_USERS = "log"
Split = Literal["test", "val", "train"]


@dataclass(frozen=True)
class ReviewSheets:
    """Sheets that were written, and how many rows the two arms answer alike, which nobody need
    rate."""

    sheets: dict[Path, int]
    alike: int
    known: int
    twice: int

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "sheets": {str(path): rows for path, rows in self.sheets.items()}}


@dataclass(frozen=True)
class Review:
    """The ratings of a project, by its folder, or its file where that is no project.yaml."""

    folder: Path

    @classmethod
    def of(cls, target: str | Path = ".", tell: Tell = silent) -> Review:
        """`tell` hears of a line that a kill or a full disk has cut off (R172).

        Raises:
            DataError: D001, D002, there is no such project.
        """
        from assay.config.start import begin

        folder = project_target(begin(with_project(Path(target))))
        for name in ("items.jsonl", "ratings.jsonl"):
            file = place(folder, FOLDER) / name
            if store.drop_torn_line(file):
                tell_damage(
                    tell,
                    file,
                    "take the sheet back again: what is known is not taken twice",
                    "R172",
                )
        return cls(folder)

    @property
    def items(self) -> dict[str, ReviewItem]:
        """What was shown, by id."""
        file = place(self.folder, FOLDER) / "items.jsonl"
        return (
            {row["id"]: ReviewItem.from_json(row) for row in store.read_lines(file)}
            if file.exists()
            else {}
        )

    @property
    def ratings(self) -> list[Rating]:
        """The newest rating of each person on each item."""
        file = place(self.folder, FOLDER) / "ratings.jsonl"
        rows = store.read_lines(file) if file.exists() else ()
        found = [
            Rating(r["id"], r["reviewer"], r["choice"], tuple(r["reasons"]), r["note"])
            for r in rows
        ]
        return list({(rating.id, rating.reviewer): rating for rating in found}.values())

    def write(
        self,
        out: str | Path,
        *,
        arms: Sequence[str] = (),
        rows: int = 60,
        split: Split = "test",
        reviewers: Sequence[str] = (),
        offline: bool = False,
    ) -> ReviewSheets:
        """A sheet for each reviewer, all with the same items in the same order.

        Args:
            arms: two; the recommended one and its rival when left out.
            rows: at most so many, of those that the arms answer differently.
            split: whose rows. Only those of val may become preference pairs: what is trained on is
                no exam.

        Raises:
            UsageError: C062, C083, C106 not two arms, C073 a reviewer's name. DataError: D091, a
                sheet is there already.
        """
        refuse_names(reviewers, "--reviewers")
        paths = [sheet_path(Path(out), name) for name in reviewers or ("",)]
        refuse_present(paths)
        items, alike = self.draw(arms, rows=rows, split=split, offline=offline)
        for path, name in zip(paths, reviewers or ("",), strict=True):
            write(path, lines(items, name))
        asked = [item for item in items if not item.better and not item.again]
        twice = sum(bool(item.again) for item in items)
        return ReviewSheets(
            dict.fromkeys(paths, len(items)), alike, len(items) - len(asked) - twice, twice
        )

    def draw(
        self,
        arms: Sequence[str] = (),
        *,
        rows: int = 60,
        split: Split = "test",
        offline: bool = False,
    ) -> tuple[list[ReviewItem], int]:
        """The items that `write` would write, kept as what was shown; and the rows that the arms
        answer alike.

        Raises:
            UsageError: C062, C083, C106 not two arms.
        """
        first, second = arms if arms else self._rivals()
        both, seed = self._answers(first, second, split, offline)
        items = deal(both, first, second, split=split, most=rows, seed=seed)
        known = self.items
        new = [item for item in items if item.id not in known]
        if new:
            store.append(
                place(self.folder, FOLDER) / "items.jsonl", *(item.to_json() for item in new)
            )
        return items, sum(one.answers[0] == one.answers[1] for one in both)

    def _rivals(self) -> tuple[str, str]:
        from assay.decision.decision_table import rival_of
        from assay.runtime.latest_report import newest_data

        data = newest_data(self.folder)
        rival = rival_of(data)
        if rival is None:
            text = "there are not two finished strategies to hold against each other"
            raise UsageError(
                Problem("C106", text, str(self.folder), help="assay run finishes them")
            )
        return data["verdict"]["recommended"], rival

    def _answers(
        self, first: str, second: str, split: Split, offline: bool
    ) -> tuple[list[AnswerPair], int]:
        """Both arms' answers to the rows of the split; those to val are made where they are not
        there yet."""
        from assay.core.corrupt_files import silent
        from assay.evaluation.scoring import judge, metrics_for
        from assay.runtime.arms.open import bench_of

        records = {}
        for name in (first, second):
            bench, strategy = bench_of(self.folder, name, offline, silent)
            records[name] = _records(bench, name, strategy, split)
        task = bench.prepared.task
        metric = metrics_for(task)[0]
        right = {
            name: judge(some, task).of_rows(metric.name) >= 0.5 for name, some in records.items()
        }
        both = [
            AnswerPair(
                one.question.id,
                one.question.text,
                "\n\n".join(document.text for document in one.question.context),
                one.target,
                (rater_text(one), rater_text(two)),
                (bool(right[first][at]), bool(right[second][at])),
            )
            for at, (one, two) in enumerate(zip(records[first], records[second], strict=True))
        ]
        return both, bench.project.seed

    def take(self, sheets: Sequence[str | Path], *, encoding: str | None = None) -> int:
        """Ratings that were not known. Nothing is taken when a line of any sheet is wrong.

        Raises:
            DataError: a sheet cannot be read, D025 a choice that is none, D087 an item that was not
                shown here.
        """
        items = self.items
        found, problems = [], []
        for sheet in sheets:
            ratings, wrong = read_sheet(Path(sheet), items, encoding)
            found += ratings
            problems += wrong
        if problems:
            raise DataError(*problems)
        return self.add(found)

    def add(self, ratings: Sequence[Rating]) -> int:
        """Keep ratings of items that were shown; how many were not known."""
        old = set(self.ratings)
        new = [rating for rating in dict.fromkeys(ratings) if rating not in old]
        if new:
            store.append(
                place(self.folder, FOLDER) / "ratings.jsonl", *(asdict(rating) for rating in new)
            )
        return len(new)

    def tally(self, *, level: float = 0.95, seed: int = 0) -> dict[str, Any] | None:
        """What people said: "duels" (see `tally`) and "known"; None where nobody has rated."""
        # People correct what is wrong: their corrections say nothing of how often an arm is
        # preferred.
        items = {id: item for id, item in self.items.items() if item.split != FROM_USERS}
        ratings = self.ratings
        duels = tally(items, ratings, level=level, seed=seed)
        notes = [
            {
                "row": items[r.id].row,
                "arms": list(items[r.id].arms),
                "choice": r.choice,
                "note": r.note,
            }
            for r in ratings
            if r.note and r.id in items
        ]
        return (
            {"duels": duels, "known": gold_results(items, ratings), "notes": notes}
            if duels
            else None
        )

    def preferences(self, out: str | Path) -> int:
        """Write preference pairs, JSON lines of prompt, chosen and rejected, from rows of val that
        most people decide alike; the number written.

        Raises:
            UsageError: C107, only test rows were rated. DataError: D091, the file is there already.
        """
        refuse_present([Path(out)])
        items = {
            id: item for id, item in self.items.items() if item.split != "test" and not item.better
        }
        votes: dict[tuple[str, str, str], float] = {}
        for rating in self.ratings:
            item = items.get(rating.id)
            if item is not None and rating.choice in ("A", "B"):
                chosen, other = (item.a, item.b) if rating.choice == "A" else (item.b, item.a)
                votes[item.question, chosen, other] = (
                    votes.get((item.question, chosen, other), 0) + 1
                )
        if not items:
            text = "only rows of test were rated, and test rows must not be trained on"
            help = "assay review --split val --out SHEET"
            raise UsageError(Problem("C107", text, str(self.folder), help=help))
        kept = [key for key, n in votes.items() if n > votes.get((key[0], key[2], key[1]), 0)]
        store.write_lines(
            Path(out), ({"prompt": q, "chosen": c, "rejected": r} for q, c, r in kept)
        )
        return len(kept)


def rater_text(record: Record) -> str:
    """An answer as a rater sees it."""
    return record.answer.text if record.answer.text is not None else record.answer.raw


def _records(bench: Bench, name: str, strategy: Strategy, split: Split) -> list[Record]:
    from assay.evaluation.held_out_test import Exam
    from assay.runtime.arms.runner import answers_in

    exam = Exam(bench.prepared.examples(split))
    if bench.state(strategy, exam.hash) != "cached":
        run_by_fold(bench, name, strategy, exam.questions_in_order, exam.hash)
    return exam.records_in_order(answers_in(bench, strategy, exam.hash))
