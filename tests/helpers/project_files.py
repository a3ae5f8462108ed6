"""Project files as a test writes them, and the files and commands of a first contact."""

import shlex
from pathlib import Path

import pytest

from assay import config
from assay.config.start import begin
from assay.core.errors import Problem, ProjectError
from assay.data.reading.load import LoadedExamples
from assay.runtime.data_stage.labels import read_rows

HEAD = "version: 2\ndata:\n  files: {data: tickets.csv}\n"


def load(folder: Path, text: str, *sets: str) -> config.Project:
    path = folder / "project.yaml"
    path.write_text(text, encoding="utf-8")
    return config.load(path, sets)


def faults(folder: Path, text: str, *sets: str) -> tuple[Problem, ...]:
    with pytest.raises(ProjectError) as caught:
        load(folder, text, *sets)
    return caught.value.problems


def typed(command: str) -> tuple[Path, list[str]]:
    """File and settings of a command as a shell would hand them over."""
    assay, run, file, *rest = shlex.split(command)
    assert (assay, run, set(rest[::2])) == ("assay", "run", {"--set"})
    return Path(file), rest[1::2]


def read(target: Path, sets: list[str]) -> LoadedExamples:
    return read_rows(config.load(begin(target, sets), sets), unlabelled=False)


def table(name: str, head: str, rows: list[str]) -> Path:
    Path(name).write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return Path(name)
