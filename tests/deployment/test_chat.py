"""Questions to arms: streamed text is the answer, base is the base model, a conversation on the
terminal."""

import io
import json

import pytest

import assay
from assay.cli.main import command
from assay.core.errors import UsageError
from assay.deployment.chat import talk
from assay.strategies.prompting.few_shot_arm import ShotsAnswers
from helpers.toy import write_rows

DOCUMENTS = {
    "leave.md": "Leave must be asked for two weeks before.",
    "pay.md": "Pay comes on the first of the month.",
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory, tiny_model):
    """A project of written answers with documents: rag around the tiny random model, and a
    floor."""
    folder = tmp_path_factory.mktemp("talking") / "handbook"
    folder.mkdir()
    rows = [{"question": f"When is the pay of {n}?", "answer": f"on day {n}"} for n in range(30)]
    write_rows(folder / "rows.jsonl", rows)
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text)
    (folder / "project.yaml").write_text(
        "seed: 3\ntask: {kind: answer, max_answer_tokens: 8}\n"
        "data: {files: {data: rows.jsonl}, columns: {question: question, answer: answer}}\n"
        f"documents: [leave.md, pay.md]\nsplit: {{near: 1}}\nmodel: {tiny_model}\ncompare:\n"
        "  - {kind: lead}\n  - {kind: rag, name: rag, find: bm25, inner: {kind: shots, k: 0}}\n"
    )
    assay.run(folder)
    return folder


@pytest.mark.nightly
def test_streamed_text_is_the_answer(ran):
    arm = assay.load(ran, "rag")
    pieces = list(arm.stream("When is the pay of 3?"))
    answer = arm.answer(["When is the pay of 3?"])[0]
    assert len(pieces) > 1 and "".join(pieces).strip() == answer.raw
    stream = talk(ran, "rag").stream("When is the pay of 3?")
    for _ in stream:
        pass
    assert stream.reply is not None
    assert (stream.reply.answer.text, stream.reply.answer.passages) == (
        answer.text,
        answer.passages,
    )
    assert (stream.reply.answer.tokens, stream.reply.answer.truncated) == (
        answer.tokens,
        answer.truncated,
    )
    assert DOCUMENTS["pay.md"] in stream.reply.passages.values()


@pytest.mark.nightly
def test_base_is_the_base_model_without_examples(ran):
    found = assay.ask("When is the pay of 3?", ran, ["base", "rag", "lead"])
    assert [reply.arm for reply in found.replies] == ["base", "rag", "lead"]
    shots = talk(ran, "base").open("base").adapted
    assert isinstance(shots, ShotsAnswers) and shots.settings.k == 0
    assert not found.replies[0].passages and found.replies[1].passages
    assert "base: " in str(found) and "[pay.md" in str(found)


@pytest.mark.slow
def test_one_question_as_json(ran, capsys):
    assert command(["ask", str(ran), "When is the pay of 3?", "--with", "rag", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["answers"][0]
    assert found["arm"] == "rag" and found["passages"][0]["text"] and found["seconds"] > 0


@pytest.mark.slow
def test_a_conversation_takes_orders_and_strips_controls(ran, capsys, monkeypatch):
    lines = [
        "When is \x1b[31mthe pay?",
        "/passages",
        "/arm nobody",
        "/arm lead",
        "One. Two \x07. Three.",
        "/wave",
        "/quit",
        "x",
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))
    assert command(["ask", str(ran), "--with", "rag"]) == 0
    out, err = capsys.readouterr()
    assert DOCUMENTS["pay.md"] in out and "lead answers" in out
    assert "C083" in err and "no order '/wave'" in err
    assert "\x07" not in out and "\x1b" not in out


@pytest.mark.slow
def test_what_cannot_be_asked_is_said(ran):
    with pytest.raises(UsageError, match="C083"):
        assay.ask("?", ran, ["nobody"])
    (ran / "report/report.json").rename(ran / "report/aside.json")
    try:
        with pytest.raises(UsageError, match="C161"):
            assay.ask("?", ran)
    finally:
        (ran / "report/aside.json").rename(ran / "report/report.json")


@pytest.mark.parametrize(
    "words", [["ask", "?", "--with", "a", "--compare", "b"], ["ask", "--json"], ["ask", " "]]
)
def test_a_command_that_makes_no_sense(words, capsys):
    assert command(words) == 2
    assert "C060" in "".join(capsys.readouterr())
