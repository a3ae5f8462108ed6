"""Whole runs whose model is behind an address: a service of this test, and a real llama.cpp
server."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

import assay
from assay.cli.main import command
from assay.core.errors import ModelError
from helpers.problems import problem
from helpers.services import Service, answers, serving, status
from helpers.toy import WORDS, build, rows

# With another beginning, no run could fork its workers from the servers that tests share.
NAMED, KEY = "ASSAY_ASSAY_PLANTED_KEY", "sk-planted0123456789abcdefghij"
FLOOR = "compare: [{kind: majority}, {kind: shots, k: 0}]\n"


def label_of(body: dict) -> str:
    """The label whose words the question has, in the form that was asked for."""
    said = body["messages"][-1]["content"].split()
    label = max(WORDS, key=lambda name: len(set(WORDS[name].split()) & set(said)))
    return json.dumps({"label": label}) if "response_format" in body else f"It is {label}."


def add(folder: Path, text: str) -> None:
    path = folder / "project.yaml"
    path.write_text(path.read_text() + text)


@pytest.fixture
def service():
    with serving(Service(answer=label_of)) as running:
        yield running


def made(folder: Path, service: Service) -> Path:
    """A project whose base is the service: 66 training and 30 test rows of three labels."""
    build(folder, Path("there"), FLOOR)
    settings = (
        f"url: '{service.url}', model: m, key: {NAMED}, price: {{prompt: 2, answer: 8}}, tries: 2"
    )
    add(folder, f"remote: {{there: {{{settings}}}}}\n")
    return folder


@pytest.fixture
def project(tmp_path, service, monkeypatch):
    monkeypatch.setenv(NAMED, KEY)
    return made(tmp_path / "project", service)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The project after a run whose first answer is a refusal, its service, and the report."""
    with pytest.MonkeyPatch.context() as patch, serving(Service(answer=label_of)) as service:
        patch.setenv(NAMED, KEY)
        service.acts = [answers(text=None, refusal=f"I will not, {KEY}")]
        folder = made(tmp_path_factory.mktemp("ran") / "project", service)
        yield folder, service, assay.run(folder).data


def strategy(data: dict, name: str) -> dict:
    return next(one for one in data["strategies"] if one["name"] == name)


def nowhere(folder: Path, secret: str) -> None:
    """No file of the folder holds the secret, in any form that it was sent in."""
    held = [
        path
        for path in folder.rglob("*")
        if path.is_file() and secret.encode() in path.read_bytes()
    ]
    assert not held


@pytest.mark.slow
def test_a_run_asks_each_question_once_and_says_who_answered(ran):
    project, service, data = ran
    shots = strategy(data, "zero-shot")
    assert shots["metrics"]["accuracy"]["value"] == pytest.approx(29 / 30)
    assert shots["unparseable"] == 1 and len(service.asked) == 30
    # 10 prompt tokens at 2, and the words of an answer at 8, a million each; the refusal has no
    # words.
    words = (29 * len('{"label": "pay"}'.split()) + 0) / 30
    assert shots["cost"]["money_per_answer"] == pytest.approx((10 * 2 + words * 8) / 1e6)
    assert strategy(data, "majority")["cost"]["money_per_answer"] is None
    # Asked alone, kept answers are not asked for again: the time of their own requests stands in.
    assert shots["cost"]["alone"]["n"] == 20 and 0 < shots["cost"]["alone"]["p50"] < 5
    assert (
        data["change"]["money"]
        and strategy(data, "zero-shot")["cost"]["month"]["parts"]["service"] > 0
    )
    said = {warning["code"]: warning for warning in data["warnings"]}
    assert said["M065"]["count"] == 1 and "zero-shot" in said["M065"]["text"]
    assert "served-2026-01-01" in said["M067"]["text"] and "may change" in said["M067"]["text"]
    assert data["environment"]["models"]["there"]["note"].startswith("remote: m at 127.0.0.1")
    page = (project / "report" / "report.html").read_text()
    assert "price an answer" in page and "served-2026-01-01" in page
    assert "| price an answer |" in (project / "report" / "report.md").read_text()
    nowhere(project, KEY)
    assert assay.run(project).data == data and len(service.asked) == 30
    # Asked from Python, a known question costs nothing, and a new one is one request.
    arm = assay.load(project, "zero-shot")
    known, new = rows(1, 1000)[0]["text"], "a book to borrow and a shelf"
    assert [answer.text for answer in arm.answer([known, new])][1] == "lend" and len(
        service.asked
    ) == 31
    arm.adapted.model.client.close()


@pytest.mark.slow
def test_what_is_said_of_a_damaged_answer_is_no_part_of_the_document(ran, tmp_path, capsys):
    project = shutil.copytree(ran[0], tmp_path / "project")
    asked = ["ask", str(project), "the price on this card", "--with", "zero-shot", "--json"]
    assert command(asked) == 0
    whole, kept = capsys.readouterr().out, sorted((project / "work" / "remote").rglob("*.jsonl"))
    for path in kept:
        path.write_bytes(path.read_bytes().replace(b"pay", b"Pay"))
    assert command(asked) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["answers"][0]["answer"] == json.loads(whole)["answers"][0]["answer"]
    assert "R170" in err


@pytest.mark.nightly
def test_a_run_with_a_refused_key_fails_that_arm_alone_and_goes_on_later(service, project):
    service.acts = [status(401, f"Incorrect API key: {KEY}")] * 9
    told: list[dict] = []
    data = assay.run(project, tell=told.append).data
    assert (
        strategy(data, "zero-shot")["status"] == "failed"
        and strategy(data, "majority")["status"] == "done"
    )
    assert "R012" in (project / "report" / "report.md").read_text()
    nowhere(project, KEY)
    assert KEY not in json.dumps(told)
    service.acts.clear()
    assert strategy(assay.run(project).data, "zero-shot")["status"] == "done"


@pytest.mark.nightly
def test_offline_a_service_of_this_machine_is_asked_and_another_is_not(service, project):
    assert strategy(assay.run(project, offline=True).data, "zero-shot")["status"] == "done"
    path = project / "project.yaml"
    path.write_text(path.read_text().replace(service.url, "https://host.invalid/v1"))
    asked = len(service.asked)
    data = assay.run(project, offline=True).data
    assert strategy(data, "zero-shot")["status"] == "failed" and len(service.asked) == asked
    assert "R010" in (project / "report" / "report.md").read_text()


@pytest.mark.slow
@pytest.mark.nightly
def test_a_plan_counts_and_sends_nothing(service, project):
    plan = assay.plan(project)
    row = next(row for row in plan.to_json()["arms"] if row["name"] == "zero-shot")
    assert row["requests"] == 30 and not service.asked
    assert row["money"] == pytest.approx(
        (row["prompt_tokens"] * 2 + row["answer_tokens"] * 8) / 1e6
    )
    assert any("30 requests" in line and "nothing was sent" in line for line in plan.lines())


@pytest.mark.nightly
def test_a_killed_run_pays_for_nothing_twice(service, project):
    def answer(body):
        time.sleep(0.05)
        return label_of(body)

    service.answer = answer
    command = [sys.executable, "-m", "assay.cli", "run", str(project), "--plain"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + 120
    while len(service.asked) < 8 and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (file,) = (project / "work" / "remote").iterdir()
    kept = len(file.read_text().splitlines())
    assert 4 <= kept < 30
    assert strategy(assay.run(project).data, "zero-shot")["status"] == "done"
    # Eight were asked before the kill; only what was on its way then, four at most, is asked again.
    times = Counter(body["messages"][-1]["content"] for body in service.asked)
    assert len(times) == 30 and set(times.values()) <= {1, 2}
    assert sum(n == 2 for n in times.values()) <= 4


@pytest.mark.nightly
def test_written_answers_pass_through_retrieval(service, project):
    """`rag` around `shots` asks the service too, its passages in the prompt."""
    (project / "notes.md").write_text("# Fees\n\nA bill of money has a price and a fee.\n")
    path = project / "project.yaml"
    rag = (
        "compare: [{kind: majority}, {kind: rag, top: 1, inner: {kind: shots, k:"
        " 1}}]\ndocuments: [notes.md]\n"
    )
    path.write_text(path.read_text().replace(FLOOR, rag))
    data = assay.run(project).data
    assert strategy(data, "rag-top1-few-shot-1")["status"] == "done"
    assert any("A bill of money" in body["messages"][-1]["content"] for body in service.asked)


@pytest.mark.parametrize(
    ("arm", "says"),
    [
        ("{kind: lora, rank: 4}", "there is remote, so it cannot be trained"),
        ("{kind: rag, inner: {kind: lora, rank: 4}}", "there is remote, so it cannot be trained"),
        (
            "{kind: lora, rank: 4, model: smollm2-135m, teacher: there}",
            "there is remote, so it cannot be trained",
        ),
    ],
)
def test_a_trained_arm_on_a_remote_model_is_refused_by_check(service, project, arm, says):
    path = project / "project.yaml"
    (project / "notes.md").write_text("A note.\n")
    path.write_text(
        path.read_text().replace("{kind: majority}", f"{{kind: majority}}, {arm}")
        + "documents: notes.md\n"
    )
    with pytest.raises(ModelError) as caught:
        assay.check(project)
    (told,) = caught.value.problems
    assert told.code == "M064" and says in told.text and told.help and not service.asked


@pytest.mark.real  # the base is looked up
def test_an_augmentation_that_asks_the_base_needs_one_of_this_machine(service, project):
    add(project, "augment: [{kind: paraphrase, by: model}]\n")
    with problem(ModelError, "M064", None, "paraphrase"):
        assay.check(project)


def test_reading_for_contamination_needs_a_model_of_this_machine(project):
    add(project, "evaluate: {contamination: true}\n")
    with problem(ModelError, "M064", "evaluate.contamination"):
        assay.check(project)


# --- a real server --------------------------------------------------------------------------------

SERVER = """
import sys, time
import xllamacpp
wish = xllamacpp.CommonParams()
wish.model.path, wish.model_alias = sys.argv[1], {"smollm2"}
wish.hostnames, wish.port, wish.api_keys = ["127.0.0.1"], 0, [sys.argv[2]]
wish.n_ctx, wish.n_parallel, wish.cpuparams.n_threads, wish.warmup = 4096, 2, 1, False
server = xllamacpp.Server(wish)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def llama():
    """The address of a llama.cpp server with SmolLM2; its key is `KEY`."""
    pytest.importorskip("xllamacpp")
    from assay.core.errors import AssayError
    from assay.models.loading.catalogue import entry_of
    from assay.models.loading.fetch import fetch

    entry = entry_of("smollm2-135m")
    assert entry is not None
    try:
        model = fetch(entry) / entry.gguf
    except AssayError as error:
        pytest.skip(str(error))
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(model), KEY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout and process.stdin
        address = process.stdout.readline().strip()
        yield f"{address}/v1"
        process.stdin.close()
        process.wait(30)


def of_llama(folder: Path, url: str, compare: str) -> Path:
    build(folder, Path("there"), compare)
    add(
        folder,
        f"remote: {{there: {{url: '{url}', model: smollm2, key: {NAMED}, concurrency: 2}}}}\n",
    )
    return folder


@pytest.mark.real
@pytest.mark.slow
def test_llama_cpp_holds_a_choice_and_counts_its_tokens(llama, monkeypatch):
    from assay.core.answers import Decoding, Form
    from assay.core.types import Message
    from assay.models.remote.endpoint import Endpoint
    from assay.models.remote.remote_model import RemoteModel

    monkeypatch.setenv(NAMED, KEY)
    model = RemoteModel("there", Endpoint(url=llama, model="smollm2", key=NAMED))
    prompts = [(Message("user", f"Which is it? {row['text']}"),) for row in rows(3)]
    how = Decoding(form=Form("choice", json.dumps(sorted(WORDS))))
    found = model.generate(prompts, max_tokens=8, how=how)
    assert all(
        one.text in WORDS and one.logprob is not None and one.prompt_tokens > 10 for one in found
    )
    (free,) = model.generate(prompts[:1], max_tokens=5)
    assert free.tokens == 5 and free.truncated
    assert len("".join(model.stream(prompts[0], max_tokens=5))) > 0
    model.client.close()


@pytest.mark.nightly
@pytest.mark.real
def test_a_run_on_llama_cpp_is_killed_and_goes_on(llama, tmp_path, monkeypatch):
    monkeypatch.setenv(NAMED, KEY)
    project = of_llama(tmp_path / "project", llama, FLOOR)
    command = [sys.executable, "-m", "assay.cli", "run", str(project), "--plain"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    file = None
    end = time.monotonic() + 200
    while time.monotonic() < end and process.poll() is None:
        file = next(iter((project / "work").glob("remote/*.jsonl")), None)
        if file and len(file.read_text().splitlines()) >= 5:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130 and file
    first = [json.loads(line)["key"] for line in file.read_text().splitlines()]
    data = assay.run(project).data
    keys = [json.loads(line)["key"] for line in file.read_text().splitlines()]
    assert len(first) < 30 and keys[: len(first)] == first
    assert len(keys) == len(set(keys)) == 30  # one a question
    assert all(one["status"] == "done" and one["unparseable"] == 0 for one in data["strategies"])
    assert "smollm2" in next(w["text"] for w in data["warnings"] if w["code"] == "M067")
    nowhere(project, KEY)
