"""`assay ask`: one question, several strategies, or a conversation."""

import io
import json
import re
import sys

import pytest

from assay.cli.ask import ORDERS
from assay.cli.main import command


@pytest.fixture
def typed(monkeypatch):
    """Lines that are typed into a conversation."""

    def type_(*lines):
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    return type_


def test_one_question_gets_one_answer_and_what_it_took(fitted, capsys):
    assert command(["ask", str(fitted), "Where is my book?", "--with", "majority"]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first == "lend" and re.fullmatch(r"  \([\d.]+ \w+\)", last)


def test_strategies_answer_side_by_side(fitted, capsys):
    words = ["ask", str(fitted), "the bill", "--compare", "majority, copy,majority"]
    assert command([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "majority" in json.dumps(told) and "the bill" in json.dumps(told)
    assert command(words) == 0
    assert "lend" in capsys.readouterr().out


def test_a_conversation_takes_orders_and_goes_on_after_a_mistake(fitted, typed, capsys):
    typed(
        "/help", "/arm nobody", "/nonsense", "", "the bill", "/arm copy", "the bill", "/quit", "x"
    )
    assert command(["ask", str(fitted), "--with", "majority"]) == 0
    out, err = capsys.readouterr()
    assert all(order in out for order in ORDERS)
    assert "C083" in err and "there is no order '/nonsense'" in err
    lines = out.splitlines()
    assert lines.index("lend") < lines.index("copy answers") < lines.index("the bill")
    assert "one more" not in lines  # it had ended


def test_passages_are_those_of_the_last_answer(fitted, typed, capsys):
    typed("/passages", "/compare majority,copy", "the bill", "/compare", "/new")
    assert command(["ask", str(fitted), "--with", "majority"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "the last answer read no passages"
    assert "majority, copy answers" in lines and lines[-1] == "majority answers"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--with", "copy", "--compare", "majority"], "two things"),
        (["  "], "the question is empty"),
        (["x", "--compare", "majority,nobody"], "C083"),
    ],
)
def test_what_cannot_be_asked_is_said(fitted, words, said, capsys):
    assert command(["ask", str(fitted), *words]) == 2
    assert said in capsys.readouterr().err


def test_a_document_is_of_one_question(fitted, capsys):
    assert command(["ask", str(fitted), "--json"]) == 2
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem["text"] == "--json needs a question"


@pytest.mark.parametrize(
    ("words", "who"),
    [(["--with", "majority"], "majority"), (["--compare", "majority,copy"], "majority, copy")],
)
def test_at_a_terminal_it_is_said_who_answers(fitted, monkeypatch, capsys, words, who):
    stdin = io.StringIO("/quit\n")
    stdin.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", stdin)
    assert command(["ask", str(fitted), *words]) == 0
    assert f"{who} answers" in capsys.readouterr().out
