"""Whatever byte of a project's `work/` is changed, and whatever write fails: the next run ends in
the same report."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import assay
from assay.cli.main import command
from assay.runtime.arms.process import SHARED
from helpers import bubblewrap
from helpers.flips import flips, kinds
from helpers.services import Service, serving
from helpers.toy import build
from helpers.workers import none_left

pytestmark = [pytest.mark.slow, pytest.mark.apart]
FAILING = Path(__file__).parent / "failing"
QUICK = "compare: [{kind: majority}, {kind: tfidf}]\n"
MANY = """
documents: [pages]
compare:
  - {kind: majority}
  - {kind: tfidf}
  - {kind: shots, k: 2}
  - {kind: lora, rank: 2, epochs: 1}
  - {kind: rag, name: rag, top: 2, find: dense, embed: {encoder}, inner: {kind: majority}}
  - {kind: rag, name: both, top: 2, find: hybrid, embed: {encoder}, inner: {kind: majority}}
"""


def scores(folder: Path) -> list[str]:
    """All that the report says of how good the arms are, as text, and their answers."""
    report = json.loads((folder / "report/report.json").read_text())
    shown = [
        {key: value for key, value in one.items() if key != "cost"} for one in report["strategies"]
    ]
    answers = [path.read_text() for path in sorted((folder / "report/predictions").iterdir())]
    return [*(json.dumps(one, sort_keys=True) for one in shown), *answers]


def answer(folder: Path, arm: str, capsys) -> tuple[int, str]:
    """Exit code of `assay ask`, and what the arm says."""
    capsys.readouterr()
    code = command(
        ["ask", "the price on this card", "--with", arm, "--project", str(folder), "--json"]
    )
    said = capsys.readouterr().out
    return code, json.loads(said)["answers"][0]["answer"] if code == 0 else ""


def pages(folder: Path) -> Path:
    (folder / "pages").mkdir()
    for number in range(8):
        (folder / "pages" / f"page-{number}.md").write_text(
            f"The card of room {number} costs a fee of {number} euros.\n"
        )
    return folder


def flipped(folder: Path, arms: list[str], count: int, seed: int, capsys) -> dict[str, int]:
    """Flip bytes, run and ask after each. How often each kind was flipped."""
    assert command(["run", "--plain", str(folder)]) == 0
    right, said = scores(folder), {arm: answer(folder, arm, capsys) for arm in arms}
    assert {code for code, _ in said.values()} == {0}
    seen: dict[str, int] = {}
    for number, (kind, path, place) in enumerate(flips(folder / "work", count, seed)):
        seen[kind] = seen.get(kind, 0) + 1
        arm, where = arms[number % len(arms)], f"{path} at {place}"
        # asked before the run that mends it: the same answer or a message, never another answer
        if number % 2:
            code, text = answer(folder, arm, capsys)
            assert (code, text) == said[arm] or code in (2, 4, 5), where
        code = command(["run", "--plain", str(folder)])
        assert code == 0, f"{where}: exit {code}: {capsys.readouterr().err}"
        assert scores(folder) == right, where
        assert number % 2 or answer(folder, arm, capsys) == said[arm], where
    return seen


def test_a_flipped_byte_never_gives_another_result(tmp_path, tiny_model, capsys):
    folder = build(tmp_path / "p", tiny_model, QUICK)
    seen = flipped(folder, ["majority", "tfidf"], 8, 1, capsys)
    assert len(seen) >= 8  # kinds of file
    assert {
        "curate/*/train.jsonl",
        "answers/*/answers.jsonl",
        "fit/*/arm/arm.json",
        "exam.jsonl",
    } <= set(kinds(folder / "work"))


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(10))
def test_no_flipped_byte_of_models_vectors_and_collections_gives_another_result(
    tmp_path, tiny_model, tiny_encoder, capsys, seed
):
    arms = MANY.replace("{encoder}", f"'{tiny_encoder}'")
    folder = pages(build(tmp_path / "p", tiny_model, arms))
    flipped(folder, ["tfidf", "lora-r2-e1", "rag", "both", "few-shot-2"], 180, seed, capsys)


@pytest.mark.nightly
def test_no_flipped_byte_of_what_a_service_said_gives_another_result(tmp_path, capsys):
    from test_remote_run import label_of

    with serving(Service(answer=label_of)) as service:
        arms = "compare: [{kind: majority}, {kind: shots, k: 0}]\n"
        folder = build(tmp_path / "p", Path("there"), arms)
        remote = f"remote: {{there: {{url: '{service.url}', model: m}}}}\n"
        (folder / "project.yaml").write_text((folder / "project.yaml").read_text() + remote)
        flipped(folder, ["zero-shot"], 100, 3, capsys)


@pytest.mark.nightly
def test_no_flipped_byte_of_outcomes_gives_another_result(tmp_path, capsys):
    if reason := bubblewrap.missing():
        pytest.skip(reason)
    from helpers.code_projects import program, write

    folder = write(tmp_path / "p", [program(n) for n in range(40)])
    assert command(["run", "--plain", str(folder)]) == 0
    right = scores(folder)
    for kind, path, place in flips(folder / "work", 100, 4):
        assert command(["run", "--plain", str(folder)]) == 0, (kind, path, place)
        assert scores(folder) == right, (kind, path, place)


# --- writes that fail -----------------------------------------------------------------------------


def run_with(
    changes: Path,
    folder: Path,
    variables: dict[str, str],
    before: Callable[[], None] | None = None,
) -> tuple[int, str]:
    """Exit code and messages of a run in a process of its own, into which a folder with a
    `sitecustomize.py` is loaded.

    Args:
        before: called in the process before it starts.
    """
    path = os.pathsep.join([str(changes), *filter(None, [os.environ.get("PYTHONPATH")])])
    # With servers of its own: those that tests share would not be changed.
    environment = {key: value for key, value in os.environ.items() if key != SHARED}
    done = subprocess.run(
        [sys.executable, "-m", "assay.cli", "run", "--plain", str(folder)],
        capture_output=True,
        text=True,
        timeout=900,
        env=environment | {"PYTHONPATH": path} | variables,
        preexec_fn=before,
    )
    return done.returncode, done.stderr


def run(folder: Path, at: int = 0, how: str = "KILL") -> tuple[int, int, str]:
    """Exit code, number of writes, and messages of a run whose write number `at` goes wrong."""
    count = folder.with_name("count")
    count.unlink(missing_ok=True)
    code, said = run_with(FAILING, folder, {"FAILING": f"{folder}|{count}|{at}|{how}"})
    return code, int(count.read_text()), said


def failing(folder: Path, ways: list[str], seed: int, each: int = 4) -> None:
    """Let a write go wrong in each of `ways`; after `each` of them the run has to end in the report
    of the first."""
    code, writes, said = run(folder)
    assert code == 0, said
    right, draw = scores(folder), random.Random(seed)
    looks = (folder / "exam.jsonl").read_bytes()
    for number, how in enumerate(ways, 1):
        if number % each == 1 or each == 1:
            clear(folder)
        at = draw.randint(1, writes)
        code, _, said = run(folder, at, how)
        assert code in (0, 4, 5, 6, -9), (how, at, code, said)
        assert none_left(folder), "a worker outlived its parent"
        if number % each == 0 or number == len(ways):
            code, _, said = run(folder)
            assert code == 0, (how, at, said)
            assert scores(folder) == right, (how, at)
            assert (folder / "exam.jsonl").read_bytes() == looks
            assert not [path for path in (folder / "work").rglob("*.part")]


def clear(folder: Path) -> None:
    import shutil

    for name in ("work", "report"):
        shutil.rmtree(folder / name)
    (folder / "exam.jsonl").unlink()


@pytest.mark.nightly
def test_kills_and_failed_writes_lose_nothing(tmp_path, tiny_model):
    folder = build(tmp_path / "p", tiny_model, QUICK)
    failing(folder, ["KILL", "ENOSPC"], 5)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(10))
def test_two_hundred_kills_and_a_hundred_failed_writes(tmp_path, tiny_model, seed):
    arms = (
        QUICK
        if seed % 2
        else "compare: [{kind: majority}, {kind: shots, k: 2}, {kind: lora, rank: 2, epochs: 2}]\n"
    )
    folder = build(tmp_path / "p", tiny_model, arms)
    failing(
        folder,
        [*["KILL", "ENOSPC", "KILL", "KILL", "EIO", "KILL"] * 4, *["KILL", "EROFS", "KILL"] * 2],
        seed,
    )


# --- the look that comes before the score ---------------------------------------------------------


def test_who_stops_after_the_first_score_has_looked(tmp_path, tiny_model):
    folder, seen = build(tmp_path / "p", tiny_model, QUICK), []

    def tell(event):
        if event.get("event") == "stage" and "metric" in event:
            seen.append((folder / "exam.jsonl").exists())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        assay.run(folder, tell=tell)
    assert seen == [True]
    assert len((folder / "exam.jsonl").read_text().splitlines()) == 1
    assert assay.run(folder).data["exam"]["opened"] == 1  # the same arms: the same look


def test_a_deleted_record_of_looks_is_said_in_the_report_and_the_run_goes_on(tmp_path, tiny_model):
    folder = build(tmp_path / "p", tiny_model, QUICK)
    first = assay.run(folder, only=["majority"])
    (folder / "exam.jsonl").unlink()
    for _ in range(2):
        again = assay.run(folder)
        assert [w["code"] for w in again.data["warnings"]].count("D170") == 1
        assert again.data["exam"]["opened"] == 2 and first.data["exam"]["opened"] == 1
        assert "D170" in (folder / "report/report.md").read_text()
