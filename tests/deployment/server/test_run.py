"""`assay serve`: who may ask, the log, and the process: stopped, killed, started anew."""

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
from assay.core.errors import DataError, ResourceError, UsageError
from assay.core.types import Example, Lesson, Message, Task
from assay.deployment.server import auth as who
from assay.deployment.server import run as serving
from assay.deployment.server.engine_api import Wanted
from assay.deployment.server.engine_choice import engine_of
from assay.deployment.server.request_log import RequestLog, feedback_file, parse_answer
from assay.deployment.shared_networks import engine_named
from assay.strategies.baselines.majority import Majority

GOOD = "a-key-of-sixteen-characters"
TASK = Task(kind="classify", labels=("pay", "lend"))
PATH = "/v1/chat/completions"


def code(error) -> str:
    return error.value.problems[0].code


# --- who may ask ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.0.4", "example.com", "", "127.0.0.1.example.com"]
)
def test_an_address_that_others_reach_needs_a_key(host):
    with pytest.raises(UsageError) as error:
        who.refuse_open(host, ())
    assert code(error) == "C150"
    who.refuse_open(host, (GOOD,))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_alone_needs_none(host):
    who.refuse_open(host, ())


def test_keys_come_from_a_file_or_the_surroundings(tmp_path, monkeypatch):
    monkeypatch.delenv(who.KEY, raising=False)
    assert who.keys_of(None) == ()
    monkeypatch.setenv(who.KEY, GOOD)
    assert who.keys_of(None) == (GOOD,)
    file = tmp_path / "keys"
    file.write_text(f"{GOOD}\n\n  {GOOD}2\n")
    assert who.keys_of(file) == (GOOD, f"{GOOD}2")


@pytest.mark.parametrize(
    "text", ["", "\n\n", "short", "a key with spaces in it", "schlüssel-mit-umlaut", f"{GOOD}\nx"]
)
def test_bad_keys_are_refused_and_not_printed(tmp_path, text):
    (tmp_path / "keys").write_text(text)
    with pytest.raises(UsageError) as error:
        who.keys_of(tmp_path / "keys")
    assert code(error) == "C151" and GOOD not in str(error.value)


def test_a_file_of_keys_that_is_not_there(tmp_path):
    with pytest.raises(DataError) as error:
        who.keys_of(tmp_path / "keys")
    assert code(error) == "D001"


def test_an_address_that_is_taken():
    from assay.deployment.server.listening import bind_socket

    first = bind_socket("127.0.0.1", 0)
    first.listen()
    with pytest.raises(ResourceError) as error:
        bind_socket("127.0.0.1", first.getsockname()[1])
    assert code(error) == "R055"
    first.close()


# --- the log --------------------------------------------------------------------------------------


def record(number: int, **more) -> dict:
    row = {
        "id": f"chatcmpl-{number:032x}",
        "at": 1,
        "arm": "majority",
        "question": "where?",
        "answer": "pay",
    }
    return {
        **row,
        "passages": [],
        "prompt_tokens": 3,
        "tokens": 1,
        "seconds": 0.1,
        "finish": "stop",
        **more,
    }


@pytest.fixture
def book(tmp_path):
    def make(ready=lambda example: example):
        row = Example("0", (Message("user", "x"),), "pay")
        arm = Majority().fit(Lesson(task=TASK, train=(row,)))
        return RequestLog(tmp_path / "log.jsonl", {"majority": arm}, TASK, ready)

    return make


def test_a_line_says_how_the_answer_is_read(book):
    one = book()
    one.note(record(1))
    one.note(record(2, answer="I would say nothing of the kind"))
    one.note(record(3, arm="base", answer="hello"))
    rows = list(store.read_lines(one.file))
    assert [row.get("parsed", ...) for row in rows] == ["pay", None, ...]
    assert "abstained" not in rows[2] and rows[0]["abstained"] is False
    assert one.file.stat().st_mode & 0o777 == 0o600


def test_questions_stand_as_the_arms_were_asked(book):
    one = book(lambda example: example.with_text(example.text.replace("Ann", "<person>")))
    one.note(record(1, question="Ann lost it"))
    assert [row["question"] for row in store.read_lines(one.file)] == ["<person> lost it"]
    assert b"Ann" not in one.file.read_bytes()


def test_only_answers_that_were_noted_can_be_rated_also_after_a_new_start(book):
    first = book()
    first.note(record(1))
    with first.file.open("ab") as file:
        file.write(b'{"id": "chatcmpl-torn')  # what a kill leaves
    again = book()
    again.note(record(2))
    assert [row["id"] for row in store.read_lines(again.file)] == [record(1)["id"], record(2)["id"]]
    assert again.rate({"id": record(1)["id"], "rating": "bad", "correction": "lend"})
    assert not again.rate({"id": record(3)["id"], "rating": "good"})
    (row,) = store.read_lines(feedback_file(again.file))
    assert row.pop("at") > 0 and row == {
        "id": record(1)["id"],
        "rating": "bad",
        "correction": "lend",
    }


def test_one_of_several_prompts_is_rated_by_its_number(book):
    one = book()
    for name in ("cmpl-a-0", "cmpl-a-1"):
        one.note({**record(1), "id": name})
    rated = [
        one.rate({"id": name, "rating": "good"})
        for name in ("cmpl-a", "cmpl-a-1", "cmpl-a-2", "cmpl-b")
    ]
    assert rated == [True, True, False, False]


def test_a_model_that_is_no_arm_is_not_judged():
    assert parse_answer(None, TASK, "anything", []) == {}


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
    with pytest.raises(UsageError) as error:
        serving.usual(tmp_path)
    assert code(error) == "C062"


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


def test_engines_and_their_weights(tmp_path):
    assert engine_named("own", {}) == "own" and engine_named("vllm", {"lora": tmp_path}) == "vllm"
    wrong = {"a": tmp_path / "x"}
    for kind, weights in (
        ("onw", {}),
        ("llama.cpp", {}),
        ("vllm", wrong),
        ("own", {"a": tmp_path}),
    ):
        with pytest.raises(UsageError) as error:
            engine_named(kind, weights)
        assert code(error) == "C153"


# --- the process ----------------------------------------------------------------------------------


@contextmanager
def process(folder: Path, *arguments: str):
    """`assay serve` on a free port: its address, and the process."""
    command = [
        sys.executable,
        "-m",
        "assay.cli",
        "serve",
        *arguments,
        "--project",
        str(folder),
        "--port",
        "0",
        "--json",
    ]
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
def test_a_stop_in_the_middle(finished, number):
    with process(finished, "base", "tfidf", "--grace", "600") as (found, child):
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

    monkeypatch.delenv(who.KEY, raising=False)
    for arguments, message in (
        (("nothing",), "C083"),
        (("--host", "0.0.0.0"), "C150"),
        (("--engine", "onw"), "C153"),
        (("--port", "70000"), "C060"),
    ):
        status, text = said(*arguments)
        assert (status, message in text, "Traceback" in text) == (2, True, False), text
    monkeypatch.setenv(who.KEY, "short")
    status, text = said("--host", "0.0.0.0")
    assert status == 2 and "C151" in text
