"""Which rows a split has: those of its file, or of the project's own division."""

import pytest

from assay.config import load
from assay.core.errors import UsageError
from assay.core.store import to_json, write_lines, write_text
from assay.runtime.data_stage.labels import read_rows
from assay.runtime.data_stage.prepare import prepare
from assay.runtime.data_stage.split_ids import ids_of
from helpers.problems import problem


@pytest.fixture
def project_of(tmp_path):
    """(files) -> the project, its rows."""

    def made(files):
        for name in files.values():
            texts = [" ".join(f"{name[:5]}{at * 7 + k}" for k in range(7)) for at in range(40)]
            rows = [{"text": text, "label": "ab"[at % 2]} for at, text in enumerate(texts)]
            write_lines(tmp_path / name, rows)
        value = {"version": 2, "task": {"kind": "classify"}, "data": {"files": files}}
        write_text(tmp_path / "project.yaml", to_json(value))
        project = load(tmp_path / "project.yaml")
        return project, read_rows(project, unlabelled=False)

    return made


def test_of_one_file_they_are_those_that_a_run_would_draw(project_of):
    project, loaded = project_of({"data": "rows.jsonl"})
    assert ids_of(project, loaded, "") is None
    drawn = prepare(project, tell=lambda event: None)
    for split in ("train", "val", "test"):
        assert ids_of(project, loaded, split) == {row.id for row in drawn.examples(split)} != set()


def test_of_files_they_are_all_rows_of_the_file(project_of):
    project, loaded = project_of({"train": "train.jsonl", "test": "test.jsonl"})
    assert ids_of(project, loaded, "test") == {row.id for row in loaded.test}
    assert len(loaded.test) == 40
    with problem(UsageError, "C073", "--split"):
        ids_of(project, loaded, "tset")
