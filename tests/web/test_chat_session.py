"""One question at a time, by strategies that stay open."""

import pytest
from starlette.exceptions import HTTPException

from assay.core.errors import UsageError
from assay.web.chat_session import REMEMBERED, ChatSession

pytestmark = pytest.mark.slow


@pytest.fixture
def chat(finished_run, tmp_path):
    import shutil

    folder = tmp_path / "small"
    shutil.copytree(finished_run, folder)
    return ChatSession(folder)


def test_a_second_question_meanwhile_is_told_to_wait(chat):
    chat._busy.acquire()
    with pytest.raises(HTTPException) as refused:
        chat.ask("red1", ["tfidf"])
    assert refused.value.status_code == 503
    chat._busy.release()
    assert chat.ask("red1 red2 red3", ["tfidf"]).replies[0][1].answer.text == "red"


def test_a_strategy_that_is_not_there_is_named_and_the_next_question_is_answered(chat):
    with pytest.raises(UsageError, match="C083"):
        chat.ask("red1", ["nobody"])
    assert chat.ask("blue1 blue2", ["tfidf"]).replies


def test_only_the_newest_exchanges_are_shown_and_all_are_kept(chat):
    for number in range(REMEMBERED + 2):
        chat.ask(f"red{number}", ["majority"])
    assert len(chat.exchanges) == REMEMBERED and chat.exchanges[0].question == "red21"
    assert len(chat.log_file.read_text().splitlines()) == REMEMBERED + 2
