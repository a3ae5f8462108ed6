"""`assay migrate` changes names and nothing else, keeps the earlier file, and does it once."""

from pathlib import Path

import pytest

from assay.cli.main import command
from assay.config import load
from assay.config.migrate import migration
from assay.core.errors import UsageError
from helpers.versions import NEW, OLD

LAYOUT = """\
\ufeff# A file with\ttabs in comments: aim, curate
version: 1   # of the file\r
"aim":   {kind: classify,   # the task
         slices: [part]}

data:
    files:
        data: rows.csv   # aim: not a key
    'settle': majority
curate:
- kind: repair

- {kind: dedupe}
compare:
  - kind: knn          # two of them
    inner:
      kind: shots
      choose: similar
  - {kind: "neighbours"}
documents: pages
weigh: {effort: {"neighbours": 2, knn: 3}}
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "project.yaml"
    file.write_bytes(text.encode())
    return file


def test_names_are_replaced_where_they_stand(tmp_path):
    file = write(tmp_path, OLD)
    before = load(file).to_yaml()
    migration(file).write()
    assert file.read_text() == NEW
    assert (tmp_path / "project.yaml.v1").read_text() == OLD
    assert load(file).to_yaml() == before and load(file).warnings == ()


def test_comments_quotes_and_line_ends_stay(tmp_path):
    file = write(tmp_path, LAYOUT)
    migration(file).write()
    expected = LAYOUT
    for old, new in (
        ("version: 1", "version: 2"),
        ('"aim":', "task:"),
        ("'settle'", "adjudicate"),
        ("\ncurate:", "\nprepare:"),
        ("kind: knn ", "kind: knn_mix "),
        ("choose:", "select:"),
        ('kind: "neighbours"', "kind: knn"),
        ("weigh:", "decide:"),
        ('"neighbours": 2, knn: 3', "knn: 2, knn_mix: 3"),
    ):
        assert expected.count(old) == 1
        expected = expected.replace(old, new)
    assert file.read_bytes().decode() == expected


def test_an_earlier_file_is_never_written_over(tmp_path, capsys):
    file = write(tmp_path, OLD)
    (tmp_path / "project.yaml.v1").write_text("another")
    with pytest.raises(UsageError, match="C208"):
        migration(file).write()
    assert command(["migrate", str(tmp_path)]) == 2
    assert file.read_text() == OLD and (tmp_path / "project.yaml.v1").read_text() == "another"
