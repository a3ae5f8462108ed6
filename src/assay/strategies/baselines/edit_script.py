"""Turn a short text as training rows turn the ones that end alike: edit scripts of affixes and of
pieces.

What it is for   the baseline of small string changes: inflected forms, dates, names, units
Costs            no model; seconds for 100,000 rows
Source           Chrupala et al. (2008), aclanthology.org/L08-1143; scripts: text/edit_scripts.py.
                 Probabilities of scripts by the ending are smoothed towards shorter ones: Witten
                 and Bell (1991), doi.org/10.1109/18.87000, method C
Good when        inputs and answers are short and share most characters
Watch out        what changes with meaning or with words far from the end it cannot know; a text
                 that no script fits is copied
Defaults from    endings of up to eight characters, and the whole text
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from assay.core.errors import Problem
from assay.core.preconditions import need_rows
from assay.core.store import read_json, write_json
from assay.core.types import Adapted, Answer, Example, Lesson, Strategy, Task, Tell
from assay.strategies.text.edit_scripts import (
    LONGEST,
    Script,
    apply_script,
    as_script,
    learn_scripts,
    shape_of,
)
from assay.strategies.unfit_task import other_kind

FILE = "edit_script.json"
ENDING = 8  # characters
TRIED = 50  # scripts that fit any text, beside those of texts that end alike

Counts = Mapping[str, Mapping[int, int]]  # what a text is like -> script -> training rows


class EditScript(Strategy):
    kind: Literal["edit_script"] = "edit_script"
    baseline, gives = True, "no model"

    def unfit(self, task: Task) -> Iterable[Problem]:
        return other_kind(self, task, ("answer", "rewrite"), "turns one short text into another")

    def fit(self, lesson: Lesson) -> "EditedAnswers":
        need_rows(self.kind, lesson)
        pairs = [(text_of(row), (row.target or "").strip()) for row in lesson.train]
        pairs = [pair for pair in pairs if max(map(len, pair)) <= LONGEST]
        learnt = learn_scripts(pairs)
        scripts = [script for script, _ in Counter(learnt).most_common()]
        number = {script: at for at, script in enumerate(scripts)}
        counts: dict[str, Counter[int]] = defaultdict(Counter)
        for (text, _), script in zip(pairs, learnt, strict=True):
            for likeness in likenesses(text):
                counts[likeness][number[script]] += 1
        return EditedAnswers(scripts, counts)

    def restore(self, folder: Path, lesson: Lesson) -> "EditedAnswers":
        saved = read_json(folder / FILE)
        counts = {
            key: {int(script): rows for script, rows in some.items()}
            for key, some in saved["counts"].items()
        }
        return EditedAnswers([*map(as_script, saved["scripts"])], counts)


def text_of(question: Example) -> str:
    return question.messages[-1].content.strip()


def likenesses(text: str) -> list[str]:
    """What a text has in common with others, the least telling first: nothing, its shape, its last
    characters, all of them."""
    whole, shape = f"^{text}", shape_of(text)
    ends = dict.fromkeys([*(whole[-n:] for n in range(1, ENDING + 1)), whole])
    return ["", *(f"{shape}\n{end}" for end in ("", *ends))]


class EditedAnswers(Adapted):
    """`scripts`: those of more rows first."""

    def __init__(self, scripts: Sequence[Script], counts: Counts):
        self.scripts, self.counts = list(scripts), counts

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        return [self._edit(text_of(question)) for question in questions]

    def _edit(self, text: str) -> Answer:
        """The likeliest outcome of the scripts that fit; of equals that of more rows."""
        shares: dict[str, float] = defaultdict(float)
        for script, share in self.shares(text).items():
            made = apply_script(self.scripts[script], text) if len(text) <= LONGEST else None
            if made is not None:
                shares[made] += share
        if not shares:
            return Answer(text, raw=text, confidence=0.0)
        best = max(shares, key=lambda made: round(shares[made], 9))
        return Answer(best, raw=best, confidence=round(shares[best] / sum(shares.values()), 4))

    def shares(self, text: str) -> dict[int, float]:
        """How likely each script is: with every likeness that rows have, its rows as a share, and
        for as many rows as it has scripts what the last one said."""
        there = [found for one in likenesses(text) if (found := self.counts.get(one))]
        tried = {*range(min(TRIED, len(self.scripts))), *(s for found in there[1:] for s in found)}
        shares = dict.fromkeys(sorted(tried), 0.0)
        for found in there:
            kinds, rows = len(found), sum(found.values())
            for script, share in shares.items():
                shares[script] = (found.get(script, 0) + kinds * share) / (rows + kinds)
        return shares

    def save(self, folder: Path) -> None:
        write_json(folder / FILE, {"scripts": self.scripts, "counts": self.counts})
