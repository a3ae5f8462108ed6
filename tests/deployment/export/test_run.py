"""`assay export` over a project that has run: whole folders, the check, the gate, what is
refused."""

import json
import shutil

import pytest

import assay
from assay.cli.main import command
from assay.core.errors import AssayError, ModelError, OtherAnswers, ResourceError, UsageError
from assay.core.store import Stage, file_digest, read_json, read_lines
from assay.deployment.export.run import (
    NOTE,
    Exported,
    format_of,
    need_empty,
    need_room,
    new_folder,
    refuse,
)
from helpers.problems import problem

LORA = "lora-r4-e2-drop1e-1"


@pytest.fixture
def project(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "project")


def openings(project):
    return list(read_lines(project / "exam.jsonl"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_an_adapter_is_written_checked_counted_and_described(project, tmp_path, capsys):
    before = len(openings(project))
    out = tmp_path / "out"
    assert (
        command(
            [
                "export",
                str(project),
                "--with",
                LORA,
                "--to",
                "peft",
                "-o",
                str(out),
                "--json",
                "--rows",
                "12",
            ]
        )
        == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert told["state"] == "passed" and told["equivalence"]["n"] == 12
    note = read_json(out / "export.json")
    assert all(file_digest(out / name) == one["sha256"] for name, one in note["files"].items())
    assert {path.name for path in out.iterdir()} - set(note["files"]) == {
        "README.md",
        "export.json",
    }
    card = (out / "README.md").read_text()
    assert (
        "Is it still the same model?" in card
        and f"# Model card: {LORA}" in card
        and note["base"]["digest"][:16] in card
    )
    assert len(openings(project)) == before + 1 and LORA in openings(project)[-1]["by"]
    assay.export(project, LORA, "peft", tmp_path / "again", rows=12)
    assert len(openings(project)) == before + 1, "the same look is counted once"
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".part")]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_below_the_limit_it_is_refused_and_kept_aside(project, tmp_path, capsys):
    out = tmp_path / "out"
    # The toy's model writes noise, which other rounding changes.
    line = [
        "export",
        str(project),
        "--with",
        LORA,
        "--to",
        "merged",
        "--precision",
        "bf16",
        "--limit",
        "1",
    ]
    assert command([*line, "-o", str(out)]) == 1
    assert "M103" in capsys.readouterr().err and not out.exists()
    aside = tmp_path / "out.refused"
    assert "**Refused**" in (aside / "README.md").read_text()
    assert read_json(aside / "export.json")["state"] == "refused"
    with pytest.raises(OtherAnswers):
        assay.export(project, LORA, "merged", out, precision="bf16", limit=1.0)
    assert not (tmp_path / "out.refused.refused").exists() and aside.exists()


@pytest.mark.slow
def test_unchecked_is_said_and_passes_only_where_it_was_asked_for(project, tmp_path, capsys):
    before = len(openings(project))
    line = [
        "export",
        str(project),
        "--with",
        LORA,
        "--to",
        "peft",
        "-o",
        str(tmp_path / "out"),
        "--unchecked",
    ]
    assert command(line) == 0
    assert "NOT CHECKED" in capsys.readouterr().err and len(openings(project)) == before
    assert "Not checked" in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.slow
def test_bad_input_is_one_message_each(project, tmp_path):
    def code(*arguments, **settings):
        with pytest.raises(AssayError) as caught:
            assay.export(project, *arguments, **settings)
        [problem] = caught.value.problems
        assert problem.help
        return problem.code

    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    assert code("lorra", "peft") == "C083"
    assert code(LORA, "pefft") == "C140"
    assert code("majority", "merged") == "C142"
    assert code(LORA, "index") == "C142"
    assert code(LORA, "peft", full) == "C141"
    assert (full / "mine.txt").read_text() == "mine"


def test_a_base_that_has_changed_is_said(project):
    noted = read_json(project / "report" / "measured.json")
    noted["models"] = dict.fromkeys(noted["models"], "0" * 64)
    (project / "report" / "measured.json").write_text(json.dumps(noted))
    with problem(ModelError, "M112"):
        assay.export(project, LORA, "peft")


def test_a_base_that_has_changed_is_said_where_no_report_names_the_arm(project):
    shutil.rmtree(project / "report")
    [place] = [
        one
        for one in (project / "work" / "fit").glob("*/arm/arm.json")
        if read_json(one)["strategy"]["kind"] == "lora"
    ]
    stage, arm = Stage(project / "work", "fit", place.parents[1].name), read_json(place)
    note = stage.completion_note()
    arm["models"] = dict.fromkeys(arm["models"], "0" * 64)
    place.write_text(json.dumps(arm))
    stage.finish(note)  # as another base would have left it
    stage.folder.rename(stage.folder.with_name("fitted-before"))
    with problem(ModelError, "M112"):
        assay.export(project, LORA, "peft")


def test_a_folder_without_room_is_refused_before_anything_is_written(tmp_path):
    with problem(ResourceError, "R002"):
        need_room(tmp_path / "out", 1 << 60)
    assert not list(tmp_path.iterdir())


def test_a_new_folder_is_there_whole_or_not_at_all(tmp_path):
    out = tmp_path / "out"
    (tmp_path / ".out.part").mkdir()
    (tmp_path / ".out.part" / "left").write_text("by a killed process")
    with pytest.raises(RuntimeError), new_folder(out) as part:
        assert not list(part.iterdir())
        (part / "half").write_text("x")
        raise RuntimeError
    assert not list(tmp_path.iterdir())
    out.mkdir()
    with new_folder(out) as part:
        (part / "whole").write_text("x")
        assert not list(out.iterdir())
    assert [path.name for path in out.iterdir()] == ["whole"]


def test_a_file_or_link_in_the_place_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("file", "link"):
        with pytest.raises(UsageError, match="C141"):
            need_empty(tmp_path / name)


def test_a_link_to_an_empty_folder_or_to_nothing_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "to-empty").symlink_to(tmp_path / "empty")
    (tmp_path / "to-nothing").symlink_to(tmp_path / "nothing")
    need_empty(tmp_path / "empty")
    for name in ("to-empty", "to-nothing"):
        with problem(UsageError, "C141", str(tmp_path / name), "--out"):
            need_empty(tmp_path / name)


def test_links_in_the_place_of_working_folders_lead_nowhere(tmp_path):
    # What a link leads to is nobody's to delete or to write into.
    out, other = tmp_path / "out", tmp_path / "other"
    other.mkdir()
    (other / NOTE).write_text("{}")
    (tmp_path / ".out.part").symlink_to(other)
    with new_folder(out) as part:
        (part / "whole").write_text("x")
    assert (out / "whole").read_text() == "x" and not out.is_symlink()
    for target in (other, tmp_path / "nothing"):
        aside = tmp_path / "out.refused"
        aside.unlink(missing_ok=True)
        aside.symlink_to(target)
        (tmp_path / "part").mkdir(exist_ok=True)
        equal = {"value": 0.5, "low": 0.4, "high": 0.6}
        found = {"n": 10, "equal": equal, "others": []}
        with problem(OtherAnswers, "M103", None, "is not assay's"):
            refuse(Exported("arm", "peft", out, "refused", 0.9, found, "half differ"), part)
        assert aside.is_symlink() and (tmp_path / "part").is_dir()
    assert [path.name for path in other.iterdir()] == [NOTE]


def test_the_nearest_format_is_named():
    with problem(UsageError, "C140", "--to", "'merged'"):
        format_of("merge")
