"""Three edits of what lies under work/, each of which once changed a score: what was edited is made
again, and said."""

import pytest

from assay.config import load
from assay.core import store
from assay.core.corrupt_files import silent
from assay.core.types import Answer, Checks, Example, Message, Record, Task
from assay.retrieval.dense import encode_with_cache
from assay.runtime.arms.runner import Bench
from assay.runtime.data_stage.prepare import prepare
from assay.runtime.execution import NAME, execute_answers
from helpers import bubblewrap
from helpers.letters import Letters
from helpers.toy import rows, write_rows


@pytest.fixture
def heard():
    return []


def codes(heard):
    return [event["code"] for event in heard if "code" in event]


@pytest.mark.slow
def test_edited_questions_are_not_what_an_arm_is_asked(tmp_path, heard):
    write_rows(tmp_path / "rows.jsonl", rows(60))
    (tmp_path / "project.yaml").write_text(
        "data: {files: {data: rows.jsonl}}\ncompare: [{kind: copy}]\n"
    )
    project = load(tmp_path / "project.yaml")
    bench = Bench(project, prepare(project, silent), {}, heard.append)
    (arm,) = project.arms.values()
    assert arm.baseline
    questions = [Example(f"q{n}", (Message("user", f"question {n}"),)) for n in range(4)]
    file = project.work / "questions" / "abc.jsonl"
    store.write_lines(file, ({**q.to_json(), "messages": [["user", "another"]]} for q in questions))
    bench.run("copy", arm, questions, "abc")
    from assay.runtime.arms.runner import answers_in

    assert [answer.text for answer in answers_in(bench, arm, "abc")] == [q.text for q in questions]
    assert codes(heard) == ["R170"]


def test_an_edited_outcome_is_no_pass(tmp_path, heard):
    if reason := bubblewrap.missing():
        pytest.skip(reason)
    checks, task = Checks(("assert f(1) == 2",)), Task(kind="code")
    wrong = Record(
        Example("a", (Message("user", "?"),)),
        "def f(x): return x + 1",
        (),
        Answer("def f(x): return 0"),
    )
    wrong = Record(wrong.question, wrong.target, (), wrong.answer, checks=checks)
    assert execute_answers([wrong], task, tmp_path)[0].answer.ran[0] == "wrong value"
    file = tmp_path / NAME
    file.write_text(file.read_text().replace("wrong value", "passed"))
    assert execute_answers([wrong], task, tmp_path, heard.append)[0].answer.ran[0] == "wrong value"
    assert codes(heard) == ["R170"]


def test_edited_vectors_are_computed_again(tmp_path, heard):
    import numpy as np
    from safetensors.numpy import load_file

    texts = ["one text", "another", "a third"]
    right = encode_with_cache(texts, Letters(), tmp_path, None)
    (file,) = tmp_path.rglob("*.safetensors")
    vectors = load_file(file)["vectors"]
    vectors[1, 5] = np.inf
    store.write_tensors(file, {"vectors": vectors})
    for _ in range(2):
        assert np.array_equal(encode_with_cache(texts, Letters(), tmp_path, heard.append), right)
    assert codes(heard) == ["R170"]


def test_an_edited_answer_of_a_remote_model_is_asked_again(tmp_path, heard):
    from assay.models.remote.answer_cache import RemoteCache
    from assay.models.remote.endpoint import Endpoint

    endpoint = Endpoint(url="http://127.0.0.1:1/v1", model="m")
    cache = RemoteCache(tmp_path, endpoint)
    for key in "ab":
        cache.add(key, {"text": f"answer {key}", "served": "m", "at": "2026-01-01T00:00:00"})
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text().replace("answer a", "answer x"))
    again = RemoteCache(tmp_path, endpoint, heard.append)
    assert again.get("a") is None and again.get("b")["text"] == "answer b"
    assert codes(heard) == ["R170"]
