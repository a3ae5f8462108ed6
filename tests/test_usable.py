"""What was fitted stays usable whatever changes around it: it answers as it did, and says once what
differs."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import httpx2 as httpx
import pytest

import assay
from assay.cli.main import command
from assay.config import load as load_project
from assay.core import store
from assay.core.corrupt_files import silent
from assay.core.errors import ModelError, UsageError
from assay.core.types import Message
from assay.deployment.server import run as serving
from assay.deployment.server.engine_api import Wanted
from assay.deployment.server.engine_choice import engine_of
from assay.runtime.arms.differences import CODE, Differs
from assay.runtime.arms.open import bench_of
from helpers.problems import problem
from helpers.surroundings import SAYS, data_deleted, older_torch
from helpers.toy import rows, write_rows

# a floor, and one around a model, whose key covers libraries, processor and threads
ARMS = ("tfidf", "zero-shot")
TEXTS = [row["text"] for row in rows(40, 5000)]
EVERY = [pytest.param(change, says, id=change.__name__) for change, says in SAYS.items()]

# Each change with one of the two by day, in turn; with both at night.
EITHER = [
    pytest.param(
        change,
        says,
        arm,
        id=f"{change.__name__}-{arm}",
        marks=() if (at + n) % 2 else pytest.mark.nightly,
    )
    for n, (change, says) in enumerate(SAYS.items())
    for at, arm in enumerate(ARMS)
]


@pytest.fixture
def project(finished, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    folder = shutil.copytree(finished, tmp_path / "project")
    file = folder / "report" / "measured.json"
    noted = json.loads(file.read_text())
    noted["numeric"]["threads"] = "1"  # whatever the tests run with
    file.write_text(json.dumps(noted))
    return folder


@pytest.fixture(scope="module")
def expected(finished):
    """What the arms answer where nothing has changed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Differs)
        return {
            name: [one.text for one in assay.load(finished, name).answer(TEXTS)] for name in ARMS
        }


def heard(record):
    return [str(one.message) for one in record if issubclass(one.category, Differs)]


def check_told(said, says):
    """One note that names what has changed, or none."""
    assert len(said) == (says is not None), said
    assert says is None or (said[0].startswith(CODE) and says in said[0])


def noted_in(err):
    return [line for line in err.splitlines() if line.startswith(CODE)]


@pytest.mark.slow
@pytest.mark.parametrize(("change", "says", "arm"), EITHER)
def test_a_fitted_arm_answers_as_before_and_says_what_differs(
    project, change, says, arm, expected, monkeypatch, capsys, recwarn
):
    folder = change(project, monkeypatch)
    some = TEXTS[:12]
    assert [one.text for one in assay.load(folder, arm).answer(some)] == expected[arm][:12]
    check_told(heard(recwarn), says)
    assert command(["ask", str(folder), TEXTS[0], "--with", arm, "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["answers"][0]["answer"] == expected[arm][0]
    check_told(noted_in(err), says)


# --- every verb -----------------------------------------------------------------------------------


def by_answer(folder, arm, tmp_path, cli):
    questions, out = tmp_path / "new.jsonl", tmp_path / f"out{cli}.jsonl"
    write_rows(questions, [{"text": text} for text in TEXTS])
    if cli:
        assert command(["answer", str(folder), str(questions), "--with", arm, "-o", str(out)]) == 0
    else:
        told = assay.answer(questions, folder, arm, out)
        assert bool(told["differs"]) == bool(told["differs"].startswith(CODE))
    return [row["answer"] for row in store.read_lines(out)]


def by_serve(folder, arm, tmp_path, cli):
    if not cli:
        from assay.runtime.arms.differences import with_warnings

        there = serving.load_server_arms(folder, [arm], tell=with_warnings(lambda event: None))
        engine = engine_of("own", there.arms, seconds=60.0)
        import queue

        told = queue.Queue()
        engine.begin(Wanted(arm, (Message("user", TEXTS[0]),)), told.put)
        answer = told.get(timeout=60).text
        engine.close(0)
        return [answer]
    words = [
        sys.executable,
        "-m",
        "assay.cli",
        "serve",
        str(folder),
        "--with",
        arm,
        "--port",
        "0",
        "--plain",
    ]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None and child.stderr is not None
        line = next(line for line in child.stdout if line.startswith("at"))
        body = {"model": arm, "messages": [{"role": "user", "content": TEXTS[0]}]}
        address = line.split()[1]
        answer = httpx.post(f"{address}/chat/completions", json=body, timeout=60).json()
        child.send_signal(signal.SIGTERM)
        sys.stderr.write(child.communicate(timeout=60)[1])
    return [answer["choices"][0]["message"]["content"]]


def by_watch(folder, arm, tmp_path, cli):
    log = tmp_path / "log.jsonl"
    write_rows(log, [{"text": text} for text in TEXTS])
    if cli:
        assert command(["watch", str(folder), str(log), "--with", arm, "--encoder", "words"]) in (
            0,
            1,
        )
        return []
    found = assay.watch(log, folder, arm=arm)
    assert found.data["arm"] == arm and found.data["rates"], "the exam's own answers are found"
    return [one.answer.text for one in found.log if one.answer is not None]


def by_export(folder, arm, tmp_path, cli):
    out = tmp_path / f"export{cli}"
    if cli:
        assert (
            command(["export", str(folder), "--with", arm, "--to", "prompt", "-o", str(out)]) == 0
        )
    else:
        assay.export(folder, arm, "prompt", out)
    assert (out / "README.md").exists()
    return []


VERBS = {"answer": by_answer, "serve": by_serve, "watch": by_watch, "export": by_export}


def check_verb(verb, folder, arm, says, expected, tmp_path, capsys, *, cli):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        answers = VERBS[verb](folder, arm, tmp_path, cli)
    assert answers == expected[arm][: len(answers)]
    check_told(noted_in(capsys.readouterr().err) if cli else heard(seen), says)


# The commonest verb from the command line and another from Python once a day; all of them both ways
# at night.
DAILY = (("answer", True), ("serve", False))
BOTH = [
    pytest.param(
        verb,
        cli,
        id=f"{verb}-{'cli' if cli else 'python'}",
        marks=() if (verb, cli) in DAILY else pytest.mark.nightly,
    )
    for number, verb in enumerate(VERBS)
    for cli in (False, True)
]


@pytest.mark.slow
@pytest.mark.parametrize(("verb", "cli"), BOTH)
def test_every_verb_goes_on_without_the_data_and_with_another_library(
    project, verb, cli, expected, tmp_path, monkeypatch, capsys
):
    folder = data_deleted(older_torch(project, monkeypatch), monkeypatch)
    check_verb(verb, folder, "zero-shot", "train.jsonl", expected, tmp_path, capsys, cli=cli)


@pytest.mark.nightly
@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(("change", "says"), EVERY)
def test_every_verb_goes_on_whatever_has_changed(
    project, change, says, verb, arm, expected, tmp_path, monkeypatch, capsys
):
    if verb == "export" and arm == "tfidf":
        arm = "zero-shot"  # a floor is given away in no format
    folder = change(project, monkeypatch)
    check_verb(verb, folder, arm, says, expected, tmp_path, capsys, cli=False)
    # what was patched here is not seen by another process
    if verb != "serve" or says is None or "now" not in says:
        check_verb(verb, folder, arm, says, expected, tmp_path, capsys, cli=True)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_trained_arm_without_data_is_exported_and_checked(project, tmp_path, monkeypatch):
    folder = data_deleted(project, monkeypatch)
    with pytest.warns(Differs, match="train.jsonl is not there"):
        done = assay.export(folder, "lora-r4-e2-drop1e-1", "peft", tmp_path / "out", rows=6)
    assert done.state == "passed"


# --- without rows, without files ------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("arm", ["tfidf", pytest.param("zero-shot", marks=pytest.mark.nightly)])
def test_a_copy_without_any_rows_answers_and_serves(
    project, arm, expected, tmp_path, monkeypatch, capsys, recwarn
):
    data_deleted(project, monkeypatch)
    shutil.rmtree(project / "work" / "curate")
    shutil.rmtree(project / "exam")
    shutil.rmtree(project / "work" / "answers")
    folder = project.rename(tmp_path / "served")
    assert [one.text for one in assay.load(folder, arm).answer(TEXTS)] == expected[arm]
    for verb in ("answer", "serve"):
        check_verb(verb, folder, arm, "is not there", expected, tmp_path, capsys, cli=False)
    log = tmp_path / "log.jsonl"
    write_rows(log, [{"text": text} for text in TEXTS])
    for ask in (
        lambda: assay.watch(log, folder, arm=arm),
        lambda: assay.review(folder).write(tmp_path / "r.csv"),
    ):
        with problem(UsageError, "C172"):
            ask()


@pytest.mark.slow
def test_an_export_whose_test_rows_are_not_here_is_said_to_be_unchecked(project, tmp_path):
    shutil.rmtree(project / "work" / "curate")
    shutil.rmtree(project / "exam")
    done = assay.export(project, "lora-r4-e2-drop1e-1", "peft", tmp_path / "out")
    assert done.state == "unchecked" and "test rows" in done.why


@pytest.mark.slow
def test_a_fit_whose_files_are_gone_or_damaged_is_named(project):
    key = json.loads((project / "report/measured.json").read_text())["arms"]["tfidf"]["fit"]
    file = max((project / "work/fit" / key / "arm").iterdir(), key=lambda one: one.stat().st_size)
    file.write_bytes(file.read_bytes()[:-1])
    with problem(UsageError, "C171"):
        assay.load(project, "tfidf")
    shutil.rmtree(project / "work" / "fit")
    with problem(UsageError, "C171"):
        assay.ask("?", project, ["zero-shot"])


@pytest.mark.slow
def test_a_base_with_other_weights_is_still_refused(project):
    file = project / "report" / "measured.json"
    noted = json.loads(file.read_text())
    noted["models"] = dict.fromkeys(noted["models"], "0" * 64)
    file.write_text(json.dumps(noted))
    with problem(ModelError, "M112"):
        assay.load(project, "zero-shot")


# --- variants -------------------------------------------------------------------------------------


@pytest.fixture
def floors(tmp_path):
    """A folder with rows, and no project file yet."""
    folder = tmp_path / "floors"
    folder.mkdir()
    write_rows(folder / "train.jsonl", rows(66))
    write_rows(folder / "test.jsonl", rows(30, 1000))
    return folder


def write_project(folder, name, arms, more=""):
    (folder / name).write_text(
        "seed: 3\ndata: {files: {train: train.jsonl, test: test.jsonl}, "
        f"columns: {{text: text, label: label}}}}\nsplit: {{near: 1}}\n{more}compare: [{arms}]\n"
    )
    return folder / name


@pytest.mark.slow
def test_a_variant_that_was_run_with_set_is_asked_by_its_name(floors, capsys):
    write_project(floors, "project.yaml", "{kind: tfidf}, {kind: majority}")
    assay.run(floors)
    assay.run(floors, sets=["compare.0.c=3"])
    (variant,) = {one["name"] for one in assay.report(floors).data["strategies"]} - {"majority"}
    with pytest.warns(Differs, match=f"names no strategy {variant}"):
        assay.load(floors, variant)
    assert bench_of(floors, variant, True, silent)[1].c == 3
    assert command(["list", str(floors), "--json"]) == 0
    assert {variant, "tfidf"} <= {row["name"] for row in json.loads(capsys.readouterr().out)}
    # The arm of the file stands in an earlier report; both go on when the newest one names neither.
    assay.run(floors, only=["majority"])
    assert bench_of(floors, "tfidf", True, silent)[1].c != 3
    with pytest.warns(Differs, match=variant):
        assay.load(floors, variant)
    with problem(UsageError, "C083", None, variant):
        assay.load(floors, "nobody")


@pytest.mark.slow
def test_the_newest_report_says_which_of_two_fits_of_a_name_is_opened(floors):
    write_project(floors, "project.yaml", "{kind: tfidf}")
    assay.run(floors)
    first = json.loads((floors / "report/measured.json").read_text())["arms"]
    assay.run(floors, sets=["seed=5"])
    second = json.loads((floors / "report/measured.json").read_text())["arms"]
    assert first != second
    with pytest.warns(Differs, match="seed"):
        loaded = assay.load(floors, "tfidf")
    assert loaded.project.seed == 5


# --- two project files ----------------------------------------------------------------------------


@pytest.mark.slow
def test_two_project_files_in_a_folder_show_nothing_of_each_other(floors, capsys, tmp_path):
    first = write_project(floors, "a.yaml", "{kind: majority}")
    second = write_project(floors, "b.yaml", "{kind: tfidf}")
    assert command(["report", str(first)]) == 2
    assert "C062" in capsys.readouterr().err
    assay.run(first)
    assert command(["report", str(second)]) == 2 and "C062" in capsys.readouterr().err
    with problem(UsageError, "C062"):
        assay.load(second, "tfidf")
    assay.run(second)
    for file, own in ((first, "majority"), (second, "tfidf")):
        assert command(["report", str(file), "--json"]) == 0
        assert [one["name"] for one in json.loads(capsys.readouterr().out)["strategies"]] == [own]
        assert command(["list", str(file), "--json"]) == 0
        assert [(row["name"], row["state"]) for row in json.loads(capsys.readouterr().out)] == [
            (own, "done")
        ]
        assert command(["report", str(file), "--ledger", "--json"]) == 0
        assert command(["ask", str(file), TEXTS[0], "--json"]) == 0
        assert json.loads(capsys.readouterr().out.partition("\n]")[2] or "{}") is not None
        assert serving.usual(file)[0] == own
    assert command(["report", str(floors)]) == 3  # there is no project.yaml
    assert {one.name for one in floors.iterdir()} == {
        *("a.yaml", "a.work", "a.exam", "a.report", "b.yaml", "b.work", "b.exam", "b.report"),
        *("exam.jsonl", "train.jsonl", "test.jsonl"),
    }
    # The rows are the same, and so is the count of looks at them.
    assert [row["opened"] for row in store.read_lines(floors / "exam.jsonl")] == [1, 2]
    assert assay.report(second).data["exam"]["opened"] == 2


@pytest.mark.nightly
def test_every_verb_takes_a_project_file_of_another_name(floors, tmp_path, capsys):
    file = write_project(floors, "p4.yaml", "{kind: tfidf}, {kind: majority}")
    write_project(floors, "project.yaml", "{kind: majority}")
    assay.run(file)
    assert not (floors / "work").exists() and not (floors / "report").exists()
    write_rows(tmp_path / "new.jsonl", [{"text": text} for text in TEXTS])
    told = assay.answer(tmp_path / "new.jsonl", file, "tfidf", tmp_path / "out.jsonl")
    assert told["rows"] == len(TEXTS)
    assert assay.watch(tmp_path / "new.jsonl", file, arm="tfidf").data["arm"] == "tfidf"
    assert [one.name for one in serving.load_server_arms(file, ["tfidf"]).arms] == ["tfidf"]
    assert assay.review(file).write(tmp_path / "rate.csv", arms=("tfidf", "majority")).sheets
    assert (floors / "p4.reviews" / "items.jsonl").exists()
    assert load_project(file).place("work") == floors / "p4.work"
    assert (
        command(["documents", str(file), "--with", "tfidf"]) == 2
        and "C079" in capsys.readouterr().err
    )


# --- another user, a folder that cannot be written ------------------------------------------------

AS_NOBODY = """
import json, sys, warnings
from pathlib import Path
import assay
from assay.deployment.server import run as serving
from assay.cli.main import command
folder, own = sys.argv[1:]
texts = json.loads(open(f"{own}/texts.json").read())
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    answers = [one.text for one in assay.load(folder, "tfidf").answer(texts)]
    assay.answer(f"{own}/new.jsonl", folder, "tfidf", f"{own}/out.jsonl")
    found = assay.watch(f"{own}/new.jsonl", folder, arm="tfidf")
    served = [one.name for one in serving.load_server_arms(Path(folder), ["tfidf"]).arms]
said = [str(one.message) for one in seen if one.category.__name__ == "Differs"]
codes = [command(["ask", folder, texts[0], "--with", "tfidf"])]
told = {"answers": answers, "said": said, "served": served, "codes": codes}
told["rates"] = list(found.data["rates"])
open(f"{own}/told.json", "w").write(json.dumps(told))
"""


@pytest.mark.nightly
@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root becomes another user"
)
def test_another_user_with_a_folder_that_may_only_be_read(finished, expected):
    place = Path(tempfile.mkdtemp(prefix="assay-usable-"))
    try:
        place.chmod(0o755)
        folder, own = shutil.copytree(finished, place / "project"), place / "own"
        own.mkdir()
        own.chmod(0o777)
        (own / "texts.json").write_text(json.dumps(TEXTS))
        write_rows(own / "new.jsonl", [{"text": text} for text in TEXTS])
        before = {one: one.stat().st_mtime_ns for one in folder.rglob("*")}
        surroundings = {
            **os.environ,
            "HOME": str(own),
            "XDG_CACHE_HOME": str(own / "cache"),
            "OMP_NUM_THREADS": "1",
        }
        surroundings.pop("ASSAY_CACHE", None)
        # The libraries may lie where root alone looks: reading stays allowed, writing does not.
        reads = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        words = [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            *reads,
            sys.executable,
        ]
        words += ["-c", AS_NOBODY, str(folder), str(own)]
        done = subprocess.run(words, env=surroundings, cwd=own, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        told = json.loads((own / "told.json").read_text())
        assert (
            told["answers"] == expected["tfidf"]
            and told["served"] == ["tfidf"]
            and told["codes"] == [0]
        )
        assert told["rates"], "the exam's own answers are read from a folder that may only be read"
        assert (
            all("another user" in one and "cannot be written" in one for one in told["said"])
            and told["said"]
        )
        assert len(noted_in(done.stderr)) == 1
        assert [row["answer"] for row in store.read_lines(own / "out.jsonl")] == expected["tfidf"]
        assert {one: one.stat().st_mtime_ns for one in folder.rglob("*")} == before
    finally:
        shutil.rmtree(place)
