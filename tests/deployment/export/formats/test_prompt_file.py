"""The prompt of an arm as text: what is written is read again, and is what the arm sends."""

import json

from assay.config import make_strategy
from assay.deployment.export.formats.prompt_file import SENT, prompt_of, refuses, write
from assay.deployment.export.formats.source import QUESTION
from assay.strategies.baselines.majority import MajorityAnswers
from assay.strategies.prompting.prompt_file import FILE, Prompt, read_prompt
from helpers.exporting import check_refused, fitted, source_of, unfitted


def test_an_arm_that_sends_no_prompt_is_refused(lesson, tiny_model, tmp_path):
    source = unfitted({"kind": "majority"}, lesson("classify"), tiny_model, tmp_path)
    check_refused(refuses, source, "no prompt")
    assert not list(refuses(unfitted({"kind": "lora"}, lesson("classify"), tiny_model, tmp_path)))


def test_the_file_holds_the_solved_examples_and_the_messages_that_are_sent(
    lesson, tiny_model, tmp_path
):
    strategy, given = make_strategy({"kind": "shots", "k": 2}, {}), lesson("answer")
    arm = fitted(strategy, given, tmp_path / "arm")
    source = source_of(strategy, given, tmp_path / "arm", tiny_model, tmp_path)
    write(source, tmp_path, lambda event: None)
    prompt = read_prompt(tmp_path / FILE)
    assert [(one.text, one.answer) for one in prompt.examples] == [
        (one.text, one.target) for one in arm.pool
    ]
    assert prompt.examples == prompt_of(arm).examples and len(prompt.examples) == 2
    sent = json.loads((tmp_path / SENT).read_text())
    # an instruction, two examples of two turns each, the question
    assert [one["role"] for one in sent] == ["system", *["user", "assistant"] * 2, "user"]
    assert sent[-1]["content"] == QUESTION


def test_an_arm_without_a_wording_has_an_empty_prompt():
    assert prompt_of(MajorityAnswers("a")) == Prompt()
