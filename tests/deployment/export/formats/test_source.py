"""A fitted arm as formats take it."""

from pathlib import Path

import pytest

from assay.core.errors import ModelError
from assay.core.types import Message, Task
from assay.deployment.export.formats.source import (
    Base,
    describe_turns,
    find_refusal,
    require_prompted,
    system_of,
    turns_of,
)
from assay.strategies.baselines.majority import MajorityAnswers
from assay.strategies.prompting.prompted_arm import Prompted
from helpers.exporting import unfitted
from helpers.problems import problem


def test_a_base_from_the_hub_is_named_with_its_commit():
    cache = Path("/cache/models--org--name/snapshots/0123abcd")
    assert Base("org/name", cache, "").hub == ("org/name", "0123abcd")
    assert Base("org/name@main", cache, "").hub == ("org/name", "0123abcd")
    assert Base("org/name", Path("/models/name"), "").hub is None
    assert Base("smollm2-135m", cache, "").hub is None


def test_turns_are_sent_without_the_white_space_around_them():
    prompt = (Message("system", " be brief\n"), Message("user", "\nwhy? "))
    assert turns_of(prompt) == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "why?"},
    ]


@pytest.mark.parametrize(
    ("settings", "bits"),
    [
        ({"kind": "lora"}, 0),
        ({"kind": "qlora"}, 4),
        ({"kind": "lora", "bits": 8}, 8),
        ({"kind": "quantise", "bits": 4, "inner": {"kind": "lora"}}, 0),  # it keeps all weights
        ({"kind": "tfidf"}, 0),
    ],
    ids=str,
)
def test_the_bits_are_those_of_the_base_that_an_adapter_was_trained_on(
    lesson, tiny_model, tmp_path, settings, bits
):
    assert unfitted(settings, lesson("classify"), tiny_model, tmp_path).bits == bits


def test_generation_ends_with_what_the_arm_has_learnt_to_end_with(
    lesson, tiny_model, tmp_path, open_tiny
):
    source = unfitted({"kind": "lora"}, lesson("classify"), tiny_model, tmp_path)
    chat = open_tiny().chat
    found = source.settings(chat, 7)
    assert found["do_sample"] is False and found["max_new_tokens"] == 7
    assert found["eos_token_id"] == [chat.tokenizer.convert_tokens_to_ids("<|im_end|>")]
    assert None not in found.values()  # the tiny tokenizer has no token of the beginning


def test_an_arm_that_sends_no_prompt_is_refused():
    with problem(ModelError, "M100", "floor"):
        require_prompted(MajorityAnswers("a"), "floor")


def test_a_way_out_names_the_arm(lesson, tiny_model, tmp_path):
    found = find_refusal(unfitted({"kind": "tfidf"}, lesson("classify"), tiny_model, tmp_path))
    assert found is not None and "--with arm " in found.help
    assert (
        find_refusal(unfitted({"kind": "lora"}, lesson("classify"), tiny_model, tmp_path)) is None
    )


def test_a_card_says_whether_a_system_turn_is_sent():
    own = Task(kind="answer", instruction=None)  # rows carry their instruction
    alone, told = (Prompted(None, task, labels=False, room=4) for task in (own, Task(kind="chat")))
    assert (system_of(alone), system_of(told)) == ("", "Answer the user.")
    assert describe_turns(alone) == (
        "Send the questions as the user's turn, without a system turn.",
    )
    assert "Answer the user." in describe_turns(told)[1]
