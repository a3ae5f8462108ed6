"""Folders that earlier versions left, today: what is fitted again, and why.

`old_projects/README.md` says how they were made. `0.1.0-*` are of the first release; `later-*` of
the last commit before modules and names moved. Version 2 of the project file has other names for
some kinds, and the key of a fit has only settings of the task that differ from their defaults
since: everything is fitted once, with the figures that it had, and then nothing.
"""

import json
import shutil
import tarfile
from pathlib import Path

import pytest

import assay
from assay.cli.main import command
from assay.config.keys import KINDS
from assay.models.loading.catalogue import EMBEDDER
from assay.models.loading.find import find
from helpers.nights import nightly_but

OLD = Path(__file__).parent / "old_projects"

# Every key of 0.1.0 is another one today, so all is fitted once.
TASK = "the key covers the task, which has more settings now: none, separator, form, stop"
NUMERIC = f"{TASK}; the numeric environment names bitsandbytes now, and scikit-learn no more"
LIBRARIES = f"{TASK}; the key covers the versions of numpy, scikit-learn and scipy"
CHARACTERS = (
    f"{LIBRARIES}; VERSION 2 reads words of one and characters, with C chosen by cross-validation"
)
RETRIEVAL = f"{NUMERIC}; VERSION 3 of rag"
TRAINED = f"{NUMERIC}; VERSION 4 of all that is trained"
NEIGHBOURS = "neighbours-k3"  # alone needs the real encoder
REFITTED = {
    "tickets": {
        "majority": TASK,
        "tfidf": CHARACTERS,
        "tfidf-ngrams1-c1": CHARACTERS,
        NEIGHBOURS: NUMERIC,
    },
    "library": {
        "majority": TASK,
        "tfidf": LIBRARIES,
        "shots-k0": NUMERIC,
        "shots-k2": NUMERIC,
        "rag-shots": RETRIEVAL,
    },
    "rooms": {
        "majority": TASK,
        "tfidf": CHARACTERS,
        "shots-k0": NUMERIC,
        "lora-r4-lr2e-2-e8-patience9": TRAINED,
        "full-lr1e-2-e8-patience9": TRAINED,
    },
}
# One word at a time is the default now, so it stands in the name no more; some kinds are called
# otherwise.
RENAMED = {
    "tfidf-ngrams1-c1": "tfidf-c1",
    NEIGHBOURS: "knn-k3",
    "shots-k0": "zero-shot",
    "shots-k2": "few-shot-2",
}
# Of another kind of features other figures are right; those of `rooms` stay at 1.
OTHER_FIGURES = {("tickets", "tfidf"), ("tickets", "tfidf-ngrams1-c1")}

VERSIONS = {  # that the later folders were made with
    "torch": "2.13.0+cpu",
    "transformers": "5.24.0",
    "peft": "0.21.2",
    "tokenizers": "0.23.3",
    "numpy": "2.4.6",
    "bitsandbytes": "0.50.2",
    "scikit-learn": "1.9.1",
    "scipy": "1.17.1",
    "snowballstemmer": "3.1.1",
}
COMPILER = "x86_64-linux-gnu-g++-12"


def unpacked(name: str, place: Path) -> Path:
    with tarfile.open(OLD / f"{name}.tar.xz") as archive:
        archive.extractall(place, filter="data")
    return place / name.rpartition("-")[2]


def report_of(folder: Path) -> dict:
    return json.loads((folder / "report/report.json").read_text())


def figures(report: dict) -> dict[str, dict]:
    """Of each strategy what a run elsewhere repeats: answers, scores, also those of slices."""

    def values(metrics: dict) -> dict:
        return {
            name: one["value"] if isinstance(one, dict) else one for name, one in metrics.items()
        }

    return {
        one["name"]: {
            "kind": KINDS.get(one["kind"], one["kind"]),
            **{name: one[name] for name in ("status", "n", "unparseable", "truncated")},
            "metrics": values(one["metrics"]),
            "slices": {part: values(metrics) for part, metrics in one["slices"].items()},
        }
        for one in report["strategies"]
    }


def answers(folder: Path, name: str) -> list[tuple]:
    lines = (folder / f"report/predictions/{name}.jsonl").read_text().splitlines()
    return [(row["id"], row["answer"], row["scores"]) for row in map(json.loads, lines)]


def run(folder: Path, only: list[str]) -> dict[str, str]:
    """Strategy -> how it went: start (fitted), or cached."""
    seen: list[dict] = []
    assay.run(folder, only=only, offline=True, tell=seen.append)
    assert not [
        event for event in seen if event.get("code") in ("R170", "R171", "R172")
    ]  # nothing is damaged
    stages = [
        event for event in seen if event["event"] == "stage" and event.get("name") != "curate"
    ]
    return {event["name"]: event["state"] for event in reversed(stages)}  # the first word on each


@pytest.fixture
def no_encoder(monkeypatch, tmp_path):
    """Nothing was fetched on this machine; one thread, as when the folders were made."""
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    for name in (
        "ASSAY_PRECISION",
        "ATEN_CPU_CAPABILITY",
        "ONEDNN_MAX_CPU_ISA",
        "MKL_ENABLE_INSTRUCTIONS",
        "MKL_CBWR",
    ):
        monkeypatch.delenv(name, raising=False)


def repeated(project: str, tmp_path: Path, those: list[str]) -> None:
    """Strategies in a folder of 0.1.0 are fitted once, with the figures that they had, and not
    again."""
    folder = unpacked(f"0.1.0-{project}", tmp_path)
    old, before = report_of(folder), shutil.copytree(folder, tmp_path / "before")
    names = [RENAMED.get(name, name) for name in those]
    assert run(folder, names) == dict.fromkeys(names, "start")
    new = report_of(folder)
    assert new["rows"] == old["rows"] and old["audit"].items() <= new["audit"].items()
    assert new["exam"]["hash"] == old["exam"]["hash"]
    was, now = figures(old), figures(new)
    # The tiny random model is far from sure: last bits of another processor make other answers.
    alike = new["environment"]["processor"] == old["environment"]["processor"]
    for name in those:
        today = RENAMED.get(name, name)
        assert now[today]["n"] == was[name]["n"]
        counts = project == "tickets" or name in ("majority", "tfidf")
        if (project, name) not in OTHER_FIGURES and (alike or counts):
            assert now[today] == was[name], name
            assert answers(folder, today) == answers(before, name)
    kept = sorted(path.name for path in (folder / "work/fit").iterdir())
    assert run(folder, names) == dict.fromkeys(names, "cached")
    assert sorted(path.name for path in (folder / "work/fit").iterdir()) == kept
    assert report_of(folder) == new
    assert assay.ask("Where is it?", folder, names[-1], offline=True)
    if not alike and project != "tickets":  # all else was held
        pytest.skip("what a model computes may differ on another processor")


@pytest.mark.slow
def test_labels_of_the_first_release_are_fitted_once(tmp_path, no_encoder):
    repeated("tickets", tmp_path, [name for name in REFITTED["tickets"] if name != NEIGHBOURS])


@pytest.mark.nightly
@pytest.mark.real
def test_neighbours_of_the_first_release_are_fitted_once(tmp_path):
    find(EMBEDDER, kind="embedder")  # the run itself uses no network
    repeated("tickets", tmp_path, [NEIGHBOURS])


@pytest.mark.slow
@pytest.mark.parametrize("project", nightly_but(["library"], ["library", "rooms"]))
def test_what_a_model_answered_in_the_first_release_it_answers_today(tmp_path, no_encoder, project):
    repeated(project, tmp_path, [*REFITTED[project]])


def test_a_report_of_the_first_release_is_read(tmp_path):
    for project in REFITTED:
        folder = unpacked(f"0.1.0-{project}", tmp_path)
        report = assay.report(folder)
        shown = {row[0] for row in report.table()[1:]}
        assert {name[:23] for name in REFITTED[project]} == {name[:23] for name in shown}
        assert f"Use {report.verdict['recommended']}" in repr(report)


@pytest.mark.slow
def test_a_report_of_the_first_release_is_held_against_a_later_one(tmp_path, capsys):
    old = unpacked("0.1.0-library", tmp_path / "old")
    new = unpacked("later-library", tmp_path / "new")
    code = command(["report", str(old), str(new), "--diff"])
    said = capsys.readouterr()
    assert code == 0, said.err
    assert "best_sentence: new." in said.out
    assert "Rows" not in said.out and "exact match" not in said.out  # neither has moved
    code = command(["report", str(old), "--card", str(tmp_path / "card.md")])
    assert code == 2 and "C062" in capsys.readouterr().err  # it does not hold what a card says


def test_what_the_first_release_fitted_is_not_asked_but_fitted_again(tmp_path, no_encoder):
    folder = unpacked("0.1.0-rooms", tmp_path)
    with pytest.raises(assay.UsageError, match="C062"):
        assay.ask("Where is it?", folder, "tfidf", offline=True)


# What answers otherwise now, and so has a VERSION that is one higher.
OTHERWISE = ("best_sentence",)


@pytest.fixture
def as_they_were(no_encoder, monkeypatch, tmp_path):
    """Versions of libraries and the compiler's name, for who asks, are those of the folders."""
    for name, version in VERSIONS.items():
        place = tmp_path / f"versions/{name.replace('-', '_')}-{version}.dist-info"
        place.mkdir(parents=True)
        (place / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
    monkeypatch.syspath_prepend(tmp_path / "versions")
    compiler = tmp_path / COMPILER
    compiler.touch(0o755)
    monkeypatch.setenv("CXX", str(compiler))


# What is trained is fitted by day from the folder of the first release, and has these figures.
@pytest.mark.slow
@pytest.mark.parametrize(
    "project",
    ["tickets", *(pytest.param(name, marks=pytest.mark.nightly) for name in ("library", "rooms"))],
)
def test_a_folder_from_before_the_move_is_fitted_once(tmp_path, as_they_were, project):
    folder = unpacked(f"later-{project}", tmp_path)
    old = report_of(folder)
    names = [one["name"] for one in old["strategies"]]
    # What was measured answers as it was fitted, until it is run again.
    with pytest.warns(assay.Differs, match="assay 0.1.0, now"):
        assert assay.ask("Where is it?", folder, names[1], offline=True)
    today = [RENAMED.get(name, name) for name in names]
    assert run(folder, names) == dict.fromkeys(today, "start")
    new = report_of(folder)
    assert run(folder, names) == dict.fromkeys(today, "cached")
    assert report_of(folder) == new
    other = [
        name
        for name in ("processor", "gpu")
        if new["environment"][name] != old["environment"][name]
    ]
    if other and project != "tickets":
        pytest.skip(f"what a model computes may differ on another {other[0]}")
    was, now = figures(old), figures(new)
    for name in set(names) - set(OTHERWISE):
        assert now[RENAMED.get(name, name)] == was[name], name
    assert assay.ask("Where is it?", folder, names[1], offline=True)
    if (
        project == "tickets"
    ):  # settings that say what the first release's defaults were give its figures
        first = figures(report_of(unpacked("0.1.0-tickets", tmp_path / "first")))
        assert figures(new)["words"]["metrics"] == first["tfidf-ngrams1-c1"]["metrics"]
