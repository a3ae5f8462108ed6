"""A strategy that looks for the test rows' targets in all that its process is handed, and a worker
that knows it: `python -m helpers.walker FOLDER`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from assay.core.store import read_json, write_json
from assay.core.types import Adapted, Answer, Example, Lesson, Strategy, Tell
from assay.strategies import catalogue


def paths_in(value: Any) -> list[Path]:
    """Every path that a JSON value names."""
    if isinstance(value, dict | list):
        return [
            path
            for part in (value.values() if isinstance(value, dict) else value)
            for path in paths_in(part)
        ]
    return (
        [Path(value)]
        if isinstance(value, str) and value.startswith("/") and Path(value).exists()
        else []
    )


def reached(lesson: Lesson) -> list[str]:
    """All files below the project's folder of results, and below whatever the request names."""
    means = lesson.means
    work = next(folder for folder in means.workdir.parents if folder.name == "work")
    named = [path for file in work.rglob("request.json") for path in paths_in(read_json(file))]
    roots = {work, means.shelf, *named}
    found = {file for root in roots for file in (root.rglob("*") if root.is_dir() else [root])}
    return sorted(str(file) for file in found if file.is_file())


class Walked(Adapted):
    def __init__(self, found: list[str]):
        self.found = found

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        assert all(question.target is None for question in questions)
        return [Answer("nothing") for _ in questions]

    def save(self, folder: Path) -> None:
        write_json(folder / "walker.json", self.found)


class Walker(Strategy):
    kind: Literal["walker"] = "walker"

    def fit(self, lesson: Lesson) -> Walked:
        return Walked(reached(lesson))

    def restore(self, folder: Path, lesson: Lesson) -> Walked:
        return Walked(read_json(folder / "walker.json"))


def main(folder: Path) -> int:
    from assay import worker

    catalogue.STRATEGIES = (*catalogue.STRATEGIES, Walker)
    return worker.main(folder)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
