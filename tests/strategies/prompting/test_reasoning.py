import pytest

from assay.core.types import Generated, Message, Task
from assay.strategies.prompting.reasoning import ask_for_label, majority_vote, read
from assay.tasks.parsing import AnswerParser


def test_votes(subtests):
    for texts, logprobs, expected in [
        (["7", "8", "8"], [-1, -9, -9], ("8", 2 / 3)),
        (["7", "8"], [-5, -4], ("8", 0.5)),  # a tie goes to the likelier
        (["7", "8"], [-4, -4], ("7", 0.5)),  # and then to the first
        (["7", "8"], [None, -4], ("7", 0.5)),  # a likelihood that is not known decides nothing
        (["7", "8", "8", "7"], [-3, -2, -2, -2], ("8", 0.5)),  # the sum over an answer's chains
        # a chain without an answer counts among the chains
        ([None, None, "7", "8", "8"], [-1] * 5, ("8", 0.4)),
        ([None, None], [-1, -1], (None, 0.0)),
        ([], [], (None, 0.0)),
        (["Paris.", "Rome", "paris"], [-1] * 3, ("Paris.", 2 / 3)),
        (["-3", "3", "3"], [-1] * 3, ("3", 2 / 3)),  # a sign is no punctuation
        (["1.5", "15", "15"], [-1] * 3, ("15", 2 / 3)),
    ]:
        with subtests.test(repr((texts, logprobs, expected))):
            text, share = majority_vote(texts, logprobs)
            assert (text, share) == (expected[0], pytest.approx(expected[1]))


def chain(text, **more):
    return Generated(text, **{"prompt_tokens": 10, "tokens": 5, "truncated": False, **more})


SUMS = AnswerParser(Task(kind="answer"), mark="Answer:", steps=True, numeric=True)


def test_an_answer_of_several_chains_counts_all_their_tokens():
    answer = read(
        SUMS, [chain("2 and 2.\nAnswer: 4"), chain("It is 5"), chain("Answer: 4", truncated=True)]
    )
    assert (answer.text, answer.confidence) == ("4", 0.6667)
    assert (answer.prompt_tokens, answer.tokens, answer.truncated) == (30, 15, False)
    assert answer.raw.split("\n\n---\n\n")[1] == "It is 5"


def test_one_chain_has_no_vote():
    answer = read(SUMS, [chain("who knows", truncated=True)])
    assert (answer.text, answer.confidence, answer.truncated) == (None, None, True)


def test_the_label_is_asked_for_after_the_reasoning():
    prompt = (Message("system", "s"), Message("user", "u"))
    *before, reasoned, asked = ask_for_label(prompt, chain("so it is lost"))
    assert tuple(before) == prompt
    assert reasoned == Message("assistant", "so it is lost")
    assert asked.role == "user"
