"""From files to audited splits on disk: made once, and test rows apart from all else."""

from assay import pipeline
from assay.core.corrupt_files import silent
from assay.core.errors import UsageError
from assay.models.loading import find
from assay.runtime.data_stage.prepare import Prepared, find_prepared, prepare
from helpers.problems import problem
from helpers.small_projects import load_project


def made(folder, more="", heard=None):
    return prepare(load_project(folder, more), silent if heard is None else heard.append)


def test_the_same_files_and_settings_are_prepared_once(tmp_path):
    heard = []
    first, again = made(tmp_path / "p"), made(tmp_path / "p", heard=heard)
    assert (first.cached, again.cached) == (False, True)
    assert first.folder == again.folder and first.hashes == again.hashes
    assert heard == [{"event": "stage", "name": "curate", "state": "cached"}]
    assert len(first.examples("test")) == 12
    assert len(first.examples("train")) + len(first.examples("val")) == 30


def test_test_rows_lie_where_no_process_that_fits_is_sent(tmp_path):
    found = made(tmp_path / "p")
    names = {path.name for path in found.folder.rglob("*")}
    assert "train.jsonl" in names and "test.jsonl" not in names
    assert (found.private_folder / "test.jsonl").is_file()
    targets = [one.text for one in found.examples("test")]
    seen = "".join(path.read_text() for path in found.folder.rglob("*") if path.is_file())
    assert not any(text in seen for text in targets)


def test_what_no_row_depends_on_changes_no_key_and_is_taken_as_it_is_now(tmp_path):
    first = made(tmp_path / "p")
    again = made(tmp_path / "p", "task: {instruction: Be brief., metric: macro_f1}\n")
    assert again.folder == first.folder
    assert (again.task.instruction, again.task.metric) == ("Be brief.", "macro_f1")
    assert again.task.labels == first.task.labels == ("lend", "meet", "pay")
    split = made(tmp_path / "p", "split: {train: 0.4, val: 0.5}\n")
    assert split.folder != first.folder


def test_an_edit_changes_the_hash_of_what_it_touched_alone(tmp_path):
    first = made(tmp_path / "p")
    project = load_project(tmp_path / "p")
    file = project.folder / "test.jsonl"
    file.write_text(file.read_text().replace("number", "figure"))
    second = prepare(project, silent)
    changed = {name for name in first.hashes if first.hashes[name] != second.hashes[name]}
    assert changed == {"test"}


def test_rows_that_are_not_here_are_said_when_they_are_asked_for(tmp_path):
    away = Prepared(tmp_path, {"hashes": {}}, True, tmp_path / "exam")
    assert not away.there("test")
    with problem(UsageError, "C172", "exam", "test"):
        away.examples("test")


def test_what_was_prepared_is_found_until_something_changes(tmp_path):
    project = load_project(tmp_path / "p")
    assert find_prepared(project) is None
    assert not project.work.exists() and not project.exam.exists()
    found = made(tmp_path / "p")
    again = find_prepared(project)
    assert again is not None and (again.folder, again.hashes) == (found.folder, found.hashes)
    file = project.folder / "test.jsonl"
    file.write_text(file.read_text().replace("number", "figure"))
    assert find_prepared(project) is None


def test_a_check_loads_no_encoder_whatever_is_in_the_cache(tmp_path, monkeypatch):
    # An encoder that is there, and that cannot be loaded.
    broken = find.LocalModel(tmp_path / "none", "minilm-l6", "0" * 64, "", "", 256)
    monkeypatch.setattr(find, "find", lambda *given, **named: broken)
    project = load_project(tmp_path / "p", arms="compare: [{kind: majority}, {kind: probe}]\n")
    heard = []
    pipeline.check(project, tell=heard.append)
    assert not [one for one in heard if "is loaded" in one.get("text", "")]
    there = find_prepared(project)
    assert there is not None and len(there.examples("test")) == 12
