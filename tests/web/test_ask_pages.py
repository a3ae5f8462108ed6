"""Questions from the page, and what is said of their answers; both end up as training rows."""

import ast
import html
import json
import re
import shlex

import pytest

from assay.core.store import read_lines
from assay.deployment.monitoring.feedback_rows import collect_feedback
from assay.web.ask_pages import commands
from assay.web.chat_session import LOG
from web.conftest import send_form

pytestmark = pytest.mark.slow


@pytest.fixture
def page_of(open_page, own):
    client = open_page(own)

    def send(path, **fields):
        return send_form(client, own, path, page="ask", **fields)

    return client, send


def ids(text):
    return re.findall(r'name="id" value="([^"]+)"', text)


def test_two_strategies_answer_side_by_side_and_are_kept(page_of, own):
    _, send = page_of
    fields = {"question": 'red1 "red2" <red3>', "arm:tfidf": "1", "arm:majority": "1"}
    answer = send("ask/answer", **fields)
    assert answer.status_code == 200 and answer.url.path.endswith("/ask")
    text = html.unescape(answer.text)
    assert 'red1 "red2" <red3>' in text and "<red3>" not in answer.text
    assert len(ids(answer.text)) == 2
    rows = list(read_lines(own.target / LOG))
    assert [row["id"] for row in rows] == ids(answer.text)
    assert {row["arm"] for row in rows} == {"tfidf", "majority"} and rows[0]["answer"]


def test_answers_are_streamed_as_lines_and_kept_as_others(page_of, own):
    _, send = page_of
    fields = {"question": "red1 \u202e red2", "arm:tfidf": "1", "arm:majority": "1"}
    answer = send("ask/stream", **fields)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert "".join(one["text"] for one in lines if one["arm"] == "tfidf") == "red"
    assert {one["arm"] for one in lines} == {"tfidf", "majority"}
    assert len(list(read_lines(own.target / LOG))) == 2
    assert own.chat.exchanges[0].question == "red1 \u202e red2"


def test_what_is_said_becomes_training_rows(page_of, own):
    _, send = page_of
    text = send("ask/answer", **{"question": "blue1 blue2 red9 blue4", "arm:tfidf": "1"}).text
    (first,) = ids(text)
    again = send("ask/rate", id=first, rating="bad", correction="red")
    assert "You said" in again.text and "right is: red" in again.text
    found = collect_feedback(own.target, own.target / LOG, offline=True)
    assert [row["label"] for row in found.rows] == ["red"]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("ask/answer", {"question": "", "arm:tfidf": "1"}),
        ("ask/answer", {"question": "x"}),
        ("ask/answer", {"question": "x", "arm:nobody": "1"}),
        ("ask/answer", {"question": "x" * 20_001, "arm:tfidf": "1"}),
        ("ask/rate", {"id": "chatcmpl-0", "rating": "good"}),
        ("ask/rate", {"id": "", "rating": "bad", "correction": "x"}),
    ],
)
def test_what_says_nothing_is_refused_and_named(page_of, own, path, fields):
    _, send = page_of
    answer = send(path, **fields)
    assert answer.status_code == 400 and "C060" in answer.text
    assert not (own.target / LOG).exists()


def test_an_answer_of_which_nothing_is_said_is_not_rated(page_of):
    _, send = page_of
    text = send("ask/answer", **{"question": "blue1", "arm:tfidf": "1"}).text
    (first,) = ids(text)
    assert send("ask/rate", id=first, rating="superb").status_code == 400
    assert "You said: good" in send("ask/rate", id=first, rating="good").text


@pytest.mark.parametrize("question", ["Where is it?", 'it\'s "$(rm -rf x)" `y` \\ !', "a\nb ü '"])
def test_commands_hold_the_question_as_it_is(question):
    shell, python, http = commands("my tickets", question, ["lora", "tfidf"]).split("\n\n")
    words = shlex.split(shell)
    assert words == ["assay", "ask", "my tickets", question, "--compare", "lora,tfidf"]
    call = ast.parse(python).body[1].value.args[0]
    assert [ast.literal_eval(one) for one in call.args] == [
        question,
        "my tickets",
        ["lora", "tfidf"],
    ]
    words = shlex.split(http)
    body = json.loads(words[words.index("-d") + 1])
    assert body["model"] == "lora" and body["messages"][0]["content"] == question


@pytest.mark.parametrize("field", ["temperature", "max_tokens"])
@pytest.mark.parametrize("value", ["warm", "-1", "99999"])
def test_a_way_of_writing_that_cannot_be_is_said(page_of, own, field, value):
    _, send = page_of
    answer = send("ask/answer", question="red1", **{"arm:tfidf": "1", field: value})
    assert answer.status_code == 400 and "C060" in answer.text and field in answer.text
    assert not (own.target / LOG).exists()
