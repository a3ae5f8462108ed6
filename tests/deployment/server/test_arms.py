"""Every kind of arm answers through the engine as it answers the exam."""

from dataclasses import replace

import pytest

from assay.core.types import Decoding, Example, Message
from assay.deployment.server.engine import base_arm
from assay.deployment.server.engine_api import Wanted
from helpers.engines import begin, chat, fit_arm, running

pytestmark = pytest.mark.usefixtures("one_thread")
LABELS = (
    {"kind": "majority"},
    {"kind": "tfidf"},
    {"kind": "shots", "k": 2},
    {"kind": "lora", "rank": 4, "epochs": 1},
)
WRITTEN = (
    {"kind": "shots", "k": 2},
    {"kind": "lora", "rank": 4, "epochs": 1},
    {"kind": "rag", "top": 2, "inner": {"kind": "shots", "k": 0}},
    {
        "kind": "rag",
        "top": 2,
        "unknown": "I do not know",
        "abstain_below": 0.9,
        "inner": {"kind": "shots", "k": 0},
    },
    {"kind": "rag", "top": 2, "cite": True, "inner": {"kind": "shots", "k": 1}},
    {"kind": "prefix", "tokens": 3, "epochs": 1},
)


def conversation(example):
    return example.question.messages


@pytest.mark.parametrize(
    "settings", WRITTEN, ids=lambda s: f"{s['kind']}{'-unknown' * ('unknown' in s)}"
)
def test_written_answers_are_those_of_the_exam(lesson, settings):
    arm = fit_arm("answer", settings, lesson)
    rows = lesson("answer").val
    expected = arm.adapted.answer([row.question for row in rows])
    with running([arm]) as engine:
        (served,) = engine.list_models()
        assert served.writes and served.room > 0
        asked = [
            begin(engine, Wanted("arm", conversation(row), max_tokens=served.room)) for row in rows
        ]
        for heard, answer in zip(asked, expected, strict=True):
            assert heard.text == answer.raw
            assert heard.last.passages == answer.passages
            assert (heard.last.prompt_tokens, heard.last.written) == (
                answer.prompt_tokens,
                answer.tokens,
            )


def test_a_conversation_is_one_question(lesson):
    """Earlier turns stand before it, and a system turn is added to the arm's own."""
    arm = fit_arm("answer", {"kind": "shots", "k": 0}, lesson)
    turns = chat("Be brief.", "What colour is the sky?", "blue", "and the grass?")
    (expected,) = arm.adapted.answer([Example("1", turns)])
    with running([arm]) as engine:
        heard = begin(engine, Wanted("arm", turns, max_tokens=arm.room))
        assert heard.text == expected.raw and heard.last.prompt_tokens == expected.prompt_tokens


def test_questions_get_their_repairs(lesson):
    arm = fit_arm("classify", {"kind": "tfidf"}, lesson)

    def ready(question):
        return question.with_text("my refund shop money return")

    arm = replace(arm, ready=ready)
    (expected,) = arm.adapted.answer(
        [Example("1", (Message("user", "my refund shop money return"),))]
    )
    with running([arm]) as engine:
        assert begin(engine, Wanted("arm", chat("", "stolen taxi"))).text == expected.text


def test_arms_of_several_kinds_at_once(lesson, open_tiny):
    label, written = fit_arm("classify", LABELS[1], lesson), fit_arm("answer", WRITTEN[0], lesson)
    base = base_arm(open_tiny())
    arms = [replace(label, name="label"), replace(written, name="written"), base]
    rows = lesson("answer").val
    with running(arms, slots=4) as engine:
        assert [one.name for one in engine.list_models()] == ["label", "written", "base"]
        asked = [
            begin(engine, Wanted(arm.name, conversation(row), max_tokens=5))
            for row in rows
            for arm in arms
        ]
        heard = [one.text for one in asked]
    for number, row in enumerate(rows):
        alone = base.model.generate([conversation(row)], max_tokens=5)[0].text
        own = written.model.generate([written.adapted.prompt(row.question)], max_tokens=5)[0].text
        assert heard[3 * number : 3 * number + 3] == [
            label.adapted.answer([row.question])[0].text,
            own,
            alone,
        ]


def test_a_label_arm_reads_texts_but_takes_no_form(lesson):
    from assay.core.errors import ModelError
    from assay.core.types import Form

    arm = fit_arm("classify", {"kind": "shots", "k": 0}, lesson)
    floor = replace(fit_arm("classify", {"kind": "majority"}, lesson), name="floor")
    with running([arm, floor]) as engine:
        heard = begin(engine, Wanted("arm", text="the taxi", max_tokens=0, echo=True, top=1))
        assert len(heard.tokens) > 1
        with pytest.raises(ModelError, match="M121"):
            begin(engine, Wanted("arm", chat("", "a"), how=Decoding(form=Form("regex", "a"))))
        with pytest.raises(ModelError, match="M121"):
            begin(engine, Wanted("floor", text="the taxi"))


# --- adapters on one base -------------------------------------------------------------------------


@pytest.fixture
def many(lesson, open_tiny, tmp_path):
    """A base with two trained adapters beside it, and what each says with a network of its own."""
    import torch

    from assay.deployment.shared_base.multi_adapter import Many
    from assay.strategies.training.lora import Lora
    from helpers.adapters import saved, taught

    given, alone = lesson("classify"), {"": open_tiny()}
    shared = Many(open_tiny())
    for number, name in enumerate(("one", "two")):
        model = open_tiny()
        torch.manual_seed(number)
        change = Lora(rank=4 + number).change(model, given)
        taught(model, change, given, rate=3e-2)
        shared.add(name, saved(change, tmp_path / name))
        alone[name] = model
    return shared, alone


@pytest.mark.slow
def test_rows_of_several_adapters_in_one_pass(many):
    shared, alone = many
    arms = [replace(base_arm(shared.model(name)), name=name or "base") for name in alone]
    # a beginning that each adapter has for itself
    system = "missing taxi and a stolen reader of the shop " * 3
    prompts = [
        chat(system, f"{text} number {i}")
        for i, text in enumerate(("taxi", "card", "a", "b", "money"))
    ]
    with running(arms, slots=8) as engine:
        for _ in range(2):
            asked = [
                (name, p, begin(engine, Wanted(name or "base", p, max_tokens=9)))
                for p in prompts
                for name in alone
            ]
            for name, prompt, heard in asked:
                assert heard.text == alone[name].generate([prompt], max_tokens=9)[0].text
        assert len(engine._writers) == 1 and len(engine.shelves[0]) >= 3
    answers = {name: model.generate(prompts, max_tokens=9) for name, model in alone.items()}
    assert answers["one"] != answers["two"] != answers[""] != answers["one"]
