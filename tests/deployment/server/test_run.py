"""`assay serve`: which arms are served, and the process: stopped, killed, started anew."""

import json
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

import assay
from assay.core import store
from assay.core.errors import UsageError
from assay.core.types import Message
from assay.deployment.server import auth
from assay.deployment.server import run as serving
from assay.deployment.server.engine_api import Wanted
from assay.deployment.server.engine_choice import engine_of
from assay.runtime.arms.process import Servers, worker
from helpers.problems import problem

PATH = "/v1/chat/completions"


# --- the arms -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_is_served_is_what_was_measured(finished):
    """Label by label as in the exam; the base, the asked and the trained arm share one network."""
    names = ["zero-shot", "lora-r4-e2-drop1e-1", "tfidf", "base"]
    there = serving.load_server_arms(finished, names)
    engine = engine_of("own", there.arms, seconds=60.0)
    models = [arm.model for arm in there.arms]
    assert models[2] is None and models[0].network is models[1].network is models[3].network
    for name in names[:3]:
        rows = list(store.read_lines(finished / "report" / "predictions" / f"{name}.jsonl"))[:12]
        told: list[queue.Queue] = [queue.Queue() for _ in rows]
        for row, one in zip(rows, told, strict=True):
            engine.begin(Wanted(name, (Message("user", row["question"]),)), one.put)
        assert [one.get(timeout=60).text for one in told] == [row["answer"] for row in rows]
    engine.close(0)


@pytest.mark.slow
def test_the_recommended_arm_and_the_base_are_what_is_served(finished, tmp_path):
    recommended = store.read_json(finished / "report" / "report.json")["verdict"]["recommended"]
    assert serving.usual(finished) == [recommended, "base"]
    with problem(UsageError, "C062"):
        serving.usual(tmp_path)


def test_what_a_command_leaves_out_stands_in_the_project_file(tmp_path):
    served = "serve: {port: 81, log: a/b.jsonl, weights: {tfidf: w}}"
    head = "data: {files: {data: a.jsonl}}\ncompare: [{kind: tfidf}]"
    (tmp_path / "project.yaml").write_text(f"{head}\n{served}\n")
    own = serving.serve_settings(tmp_path)
    assert (own.port, own.host, own.log) == (81, "127.0.0.1", str(tmp_path / "a" / "b.jsonl"))
    assert own.weights == {"tfidf": str(tmp_path / "w")}
    assert own.but(port=0, host=None).port == 0  # what is given, 0 too, goes before it


@pytest.mark.nightly
def test_the_arms_of_the_project_file_are_served(finished, tmp_path):
    folder = tmp_path / "project"
    shutil.copytree(finished, folder)
    with (folder / "project.yaml").open("a") as file:
        file.write("serve: {arms: [tfidf], log: asked.jsonl}\n")
    with process(folder) as (found, _):
        assert found["models"] == ["tfidf"]
        assert ask(found["address"]).status_code == 200
    assert len(list(store.read_lines(folder / "asked.jsonl"))) == 1


# --- the process ----------------------------------------------------------------------------------


def line_of(folder: Path, *arguments: str) -> list[str]:
    return ["serve", *arguments, "--project", str(folder), "--port", "0", "--json"]


@contextmanager
def process(folder: Path, *arguments: str):
    """`assay serve` on a free port: its address, and the process."""
    command = [sys.executable, "-m", "assay.cli", *line_of(folder, *arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            assert child.stdout is not None
            line = child.stdout.readline()
            assert line, child.communicate()[1]
            yield json.loads(line), child
        finally:
            child.kill()


@contextmanager
def forked(place: Path, folder: Path, *arguments: str):
    """The same by a fork, which has the libraries already. `place`: an empty folder."""
    (place / "arguments.json").write_text(json.dumps(line_of(folder, *arguments)))
    with (
        Servers() as servers,
        worker(place, "helpers.command_worker", servers=servers, preload="models") as child,
    ):
        assert child.stdout is not None
        line = child.stdout.readline()
        assert line, (place / "worker.log").read_text()
        yield json.loads(line), child


def ask(address: str, number: int = 0, **more):
    body = {
        "model": "tfidf",
        "messages": [{"role": "user", "content": f"bill price about card number {number}"}],
    }
    return httpx.post(address + PATH, json={**body, **more}, timeout=60)


@pytest.mark.nightly
def test_what_was_answered_before_a_kill_stands_in_the_log(finished, tmp_path):
    log, given = tmp_path / "log.jsonl", []

    def client(address):
        while True:
            try:
                reply = ask(address, len(given))
            except httpx.TransportError:
                return
            given.append(reply.json()["id"])

    for _ in range(2):  # killed, started anew, killed again
        with process(finished, "tfidf", "--log", str(log)) as (found, child):
            clients = [threading.Thread(target=client, args=(found["address"],)) for _ in range(3)]
            for one in clients:
                one.start()
            wanted = len(given) + 20
            while len(given) < wanted:
                time.sleep(0.01)
            child.send_signal(signal.SIGKILL)
            for one in clients:
                one.join()
    rows = list(store.read_lines(log))
    noted = [row["id"] for row in rows]
    assert set(given) <= set(noted) and len(given) == len(set(given)) >= 40
    # How sure the arm was stands there too: `assay watch` looks for answers of little confidence.
    (own,) = assay.load(finished, "tfidf").answer([rows[0]["question"]])
    assert rows[0]["answer"] == own.text and rows[0]["confidence"] == pytest.approx(
        own.confidence, abs=1e-4
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGTERM, id="SIGTERM"),
        pytest.param(signal.SIGINT, id="SIGINT", marks=pytest.mark.nightly),
    ],
)
def test_a_stop_in_the_middle(finished, number, tmp_path):
    with forked(tmp_path, finished, "base", "tfidf", "--grace", "600") as (found, child):
        assert found["models"] == ["base", "tfidf"]
        told: list = []
        body = {"model": "base", "max_tokens": 100, "stream": True}
        asking = threading.Thread(target=lambda: told.append(ask(found["address"], **body)))
        asking.start()
        while (
            "assay_running 1.0" not in httpx.get(found["address"] + "/metrics").text
            and asking.is_alive()
        ):
            time.sleep(0.01)
        child.send_signal(number)
        asking.join(600)
        assert told[0].status_code == 200 and told[0].text.endswith("data: [DONE]\n\n")
        assert child.wait(60) == 0


@pytest.mark.slow
def test_the_command_line_is_told_what_is_wrong(finished, monkeypatch, capsys):
    from assay.cli.main import command

    def said(*arguments):
        status = command(["serve", *arguments, "--project", str(finished)])
        return status, capsys.readouterr().err

    monkeypatch.delenv(auth.KEY, raising=False)
    for arguments, message in (
        (("nothing",), "C083"),
        (("--host", "0.0.0.0"), "C150"),
        (("--engine", "onw"), "C153"),
        (("--port", "70000"), "C060"),
    ):
        status, text = said(*arguments)
        assert (status, message in text, "Traceback" in text) == (2, True, False), text
    monkeypatch.setenv(auth.KEY, "short")
    status, text = said("--host", "0.0.0.0")
    assert status == 2 and "C151" in text
