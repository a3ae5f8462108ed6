import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.config import make_strategy
from assay.config.complaints import SettingsError
from assay.core.errors import TrainError
from assay.core.store import read_json
from assay.core.types import Example, Message
from assay.strategies.catalogue import refuse_unfit
from assay.strategies.prompting.example_selection import sample_rows, spread
from assay.strategies.prompting.few_shot import Shots
from assay.strategies.prompting.reasoning import ASKED, majority_vote
from assay.tasks.prompt_format import Wording
from helpers.problems import problem
from helpers.toy import build

POOL = st.lists(st.sampled_from("abc"), max_size=12).map(
    lambda targets: [
        Example(f"r{i}", (Message("user", f"{i}"),), target) for i, target in enumerate(targets)
    ]
)


@given(POOL, st.integers(0, 15), st.integers(0, 9))
def test_drawn_rows_are_of_the_pool_and_once(pool, k, seed):
    rows = sample_rows(pool, k, seed)
    assert len({row.id for row in rows}) == len(rows) == min(k, len(pool))
    assert {row.id for row in rows} <= {row.id for row in pool}
    assert rows == sample_rows(pool, k, seed)


@given(POOL, st.integers(0, 15), st.integers(0, 9))
def test_balanced_rows_take_turns(pool, k, seed):
    rows = spread(pool, k, seed)
    assert len({row.id for row in rows}) == len(rows) == min(k, len(pool))
    shown, there = Counter(row.target for row in rows), Counter(row.target for row in pool)
    most = max(shown.values(), default=0)
    # A label is shown less often than another only when it has no more rows, or it was its turn
    # next.
    assert all(shown[label] >= most - 1 or shown[label] == there[label] for label in there)


def test_without_examples_the_base_is_asked_as_it_is(lesson):
    arm = Shots(k=0).fit(replace(lesson("classify"), train=()))
    question = lesson("classify").val[0].question
    system, user = arm.prompt(question)
    assert user == question.messages[-1]
    assert system.content.splitlines()[1:] == ["Labels:", "- card", "- card lost", "- refund"]
    assert arm.room == 256


def test_examples_stand_between_the_instruction_and_the_question(lesson):
    given_ = lesson("answer")
    arm = Shots(k=3).fit(given_)
    system, *turns, last = arm.prompt(given_.val[0].question)
    assert (system.role, last.content) == ("system", given_.val[0].text)
    assert [turn.role for turn in turns] == ["user", "assistant"] * 3
    known = {row.text: row.target for row in given_.train}
    assert all(known[q.content] == a.content for q, a in zip(turns[::2], turns[1::2], strict=True))


def test_similar_examples_end_with_the_most_similar(lesson):
    given_ = lesson("answer")
    arm = Shots(k=3, choose="similar").fit(given_)
    question = given_.val[2].question
    similarity = (
        given_.means.embed([row.text for row in given_.train])
        @ given_.means.embed([question.text])[0]
    )
    best = [given_.train[i].text for i in np.argsort(similarity)[-3:]]
    assert [turn.content for turn in arm.prompt(question)[1:-1:2]] == best


def test_the_room_for_an_answer_covers_the_longest_target(lesson):
    given_ = lesson("answer")
    ids = given_.open_base().chat.text_ids  # type: ignore[attr-defined]
    longest = max(len(ids(row.target)) for row in given_.train)
    assert Shots(k=1).fit(given_).room == longest * 3 // 2 + 4
    few = replace(given_, task=given_.task.model_copy(update={"max_answer_tokens": 5}))
    assert Shots(k=1).fit(few).room == 5


@pytest.mark.parametrize(
    ("choose", "needed"), [("random", ("base",)), ("similar", ("base", "minilm-l6"))]
)
def test_needs(choose, needed):
    assert Shots(choose=choose).needs("base") == needed
    assert Shots(choose=choose, k=0, model="other").needs("base") == ("other",)


# --- orders ---------------------------------------------------------------------------------------


def saved(arm, folder):
    folder.mkdir()
    arm.save(folder)
    return read_json(folder / "shots.json")


def test_orders_are_scored_on_val_and_the_best_is_used(lesson, tmp_path):
    given_ = lesson("classify")
    arm = Shots(k=3, orders=5, val_rows=9).fit(given_)
    orders = saved(arm, tmp_path / "arm")["orders"]
    scores = [one["score"] for one in orders["tried"]]
    assert len({tuple(one["order"]) for one in orders["tried"]}) == 5
    assert orders["tried"][0]["order"] == [0, 1, 2]
    assert (orders["low"], orders["high"]) == (min(scores), max(scores))
    assert orders["spread"] == pytest.approx(max(scores) - min(scores))
    assert orders["mean"] == pytest.approx(sum(scores) / 5)
    assert orders["rows"] == 9
    assert scores[orders["used"]] == max(scores)
    # The arm is what was scored: asked again it has the score that stands in its file.
    held = sample_rows(given_.val, 9, given_.seed)
    assert given_.score(arm, held) == pytest.approx(max(scores), abs=1e-5)
    again = Shots(k=3, orders=5, val_rows=9).restore(
        tmp_path / "arm", replace(given_, train=(), val=())
    )
    assert again.prompt(held[0].question) == arm.prompt(held[0].question)
    assert again.notes == arm.notes
    low, high = min(scores), max(scores)
    assert arm.notes[0].startswith(
        f"Orders of the examples: {low:.2f} to {high:.2f} on 9 val rows, 5 orders, mean"
    )


def test_the_order_that_is_set_can_be_kept(lesson):
    given_ = lesson("classify")
    arm = Shots(k=3, orders=4, keep="first", val_rows=6).fit(given_)
    question = given_.val[0].question
    assert arm.prompt(question) == Shots(k=3).fit(given_).prompt(question)
    assert len(arm.known["orders"]["tried"]) == 4


def test_there_are_no_more_orders_than_there_are(lesson):
    arm = Shots(k=2, orders=6, val_rows=3).fit(lesson("classify"))
    assert [one["order"] for one in arm.known["orders"]["tried"]] == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("settings", "asks"),
    [
        ({}, False),
        ({"orders": 3}, True),
        ({"calibrate": "contextual"}, False),
        ({"calibrate": "contextual", "choose": "similar"}, True),
        ({"calibrate": "platt"}, True),
    ],
)
def test_val_belongs_to_the_key_only_where_it_is_asked(settings, asks):
    assert Shots(**settings).reads == (("train", "val") if asks else ("train",))


# --- words, calibration ---------------------------------------------------------------------------


def exact(arm, prompts, options):
    return arm.model.score(prompts, options, left=0.0)


def test_words_are_scored_in_place_of_labels(lesson):
    given_ = lesson("classify")
    arm = Shots(k=2, wording=Wording(label_words={"card": "plastic"})).fit(given_)
    questions = [row.question for row in given_.val[:3]]
    scores = arm.model.score([arm.prompt(q) for q in questions], ["plastic", "card lost", "refund"])
    for answer, row in zip(arm.answer(questions), scores, strict=True):
        assert answer.text == given_.task.labels[int(row.argmax())]
        assert answer.scores == pytest.approx(row, abs=1e-3)


def test_contextual_calibration_divides_by_what_is_said_of_nothing(lesson):
    given_ = lesson("classify")
    arm = Shots(k=2, calibrate="contextual").fit(given_)
    question, labels = given_.val[0].question, given_.task.labels
    logs = exact(
        arm, [arm.prompt(question.with_text(text)) for text in ("N/A", "[MASK]", "")], labels
    )
    nothing = (np.exp(logs) / np.exp(logs).sum(1, keepdims=True)).mean(0)
    told = np.exp(exact(arm, [arm.prompt(question)], labels)[0])
    told = told / told.sum() / nothing
    (answer,) = arm.answer([question])
    assert np.exp(answer.scores) == pytest.approx(told / told.sum(), abs=1e-3)
    assert answer.confidence == pytest.approx((told / told.sum()).max(), abs=1e-3)


@pytest.mark.parametrize("way", ["domain", "batch", "temperature", "platt"])
def test_a_calibrated_arm_has_shares_and_keeps_them(lesson, tmp_path, way):
    given_ = lesson("classify")
    settings = Shots(k=2, choose="similar", calibrate=way)
    arm = settings.fit(given_)
    saved(arm, tmp_path / "arm")
    questions = [row.question for row in given_.val]
    answers = arm.answer(questions)
    assert [np.exp(answer.scores).sum() for answer in answers] == pytest.approx(
        [1] * len(answers), abs=1e-3
    )
    assert (
        settings.restore(tmp_path / "arm", replace(given_, train=(), val=())).answer(questions)
        == answers
    )
    if way == "temperature":  # one factor on all scores changes no answer
        assert [a.text for a in answers] == [
            a.text for a in Shots(k=2, choose="similar").fit(given_).answer(questions)
        ]
    assert bool(arm.notes) == (way != "domain")


# --- reasoning ------------------------------------------------------------------------------------


def sums(lesson):
    """The lesson of written answers with numbers, half of whose targets are worked."""
    given_ = lesson("answer")
    rows = [
        replace(row, target=f"so it is {i}\n#### {i}" if i % 2 else f"{i}")
        for i, row in enumerate(given_.train)
    ]
    return replace(given_, train=tuple(rows))


def test_labels_are_scored_after_the_reasoning(lesson):
    given_ = lesson("classify")
    arm = Shots(k=4, reason="steps", reason_tokens=6).fit(given_)
    question = given_.val[0].question
    system, user = arm.prompt(question)  # no training row of a label shows reasoning
    assert system.content.splitlines()[1].endswith("Answer: and one label alone.")
    assert user.content.endswith("\nLet's think step by step.")
    (chain,) = arm.model.generate([arm.prompt(question)], max_tokens=6)
    after = (*arm.prompt(question), Message("assistant", chain.text), Message("user", ASKED))
    row = arm.model.score([after], given_.task.labels)[0]
    (answer,) = arm.answer([question])
    assert answer.text == given_.task.labels[int(row.argmax())]
    assert answer.scores == pytest.approx(row, abs=1e-3)
    assert answer.raw == f"{chain.text}\n\n---\n\n{answer.text}"
    assert answer.tokens == chain.tokens
    assert answer.prompt_tokens == chain.prompt_tokens + arm.model.count_tokens(after)
    assert arm.notes == [
        "No training row shows its reasoning, so the model reasons without examples."
    ]


def test_rows_that_show_their_reasoning_are_the_examples(lesson):
    arm = Shots(k=3, reason="steps", reason_tokens=6).fit(sums(lesson))
    _, *turns, _ = arm.prompt(lesson("answer").val[0].question)
    solved = [turn.content for turn in turns if turn.role == "assistant"]
    assert len(solved) == 3
    assert all(re.fullmatch(r"so it is (\d+)\nAnswer: \1", text) for text in solved)
    assert arm.notes == []
    assert arm.reading.numeric


def test_chains_vote_and_all_their_tokens_count(lesson):
    given_ = sums(lesson)
    questions = [row.question for row in given_.val]
    arm = Shots(k=2, reason="steps", reason_tokens=6, samples=3, temperature=1.5).fit(given_)
    answers = arm.answer(questions)
    for answer in answers:
        chains = answer.raw.split("\n\n---\n\n")
        assert len(chains) == 3
        text, share = majority_vote([arm.reading.lenient(chain) for chain in chains])
        assert answer.confidence == pytest.approx(share, abs=1e-4)
        assert (answer.text is None) == (text is None)
        assert answer.prompt_tokens == 3 * arm.model.count_tokens(
            arm.prompt(questions[answers.index(answer)])
        )
    assert len({chain for answer in answers for chain in answer.raw.split("\n\n---\n\n")}) > len(
        answers
    )
    # drawn by seed and prompt, whatever else is asked
    assert arm.answer(questions[::-1])[::-1] == answers


def test_progress_of_two_passes_is_that_of_the_whole(lesson):
    told = []
    arm = Shots(k=0, reason="steps", reason_tokens=3).fit(lesson("classify"))
    arm.answer([row.question for row in lesson("classify").val], told.append)
    counts = [(event["done"], event["total"]) for event in told]
    assert counts == sorted(counts)
    assert counts[-1] == (12, 12)


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "task", "code", "said"),
    [
        (
            {"wording": {"label_words": {"card": "refund"}}},
            "classify",
            "T080",
            "'card' and 'refund' have the same words",
        ),
        ({"wording": {"label_words": {"card": " "}}}, "classify", "T080", "'card' has no words"),
        (
            {"wording": {"label_words": {"crd": "x"}}},
            "classify",
            "T081",
            "no label 'crd'; did you mean 'card'?",
        ),
        ({"wording": {"label_words": {"card": "x"}}}, "answer", "T081", "the task has no labels"),
        ({"calibrate": "platt"}, "answer", "T082", "of the kind 'answer'"),
    ],
)
def test_what_does_not_fit_the_task_is_refused_once_it_is_known(lesson, settings, task, code, said):
    arm = make_strategy({"kind": "rag", "inner": {"kind": "shots", **settings}}, {})
    with pytest.raises(TrainError) as caught:
        refuse_unfit({"mine": arm}, lesson(task).task)
    (told,) = caught.value.problems
    assert (told.code, told.place) == (code, "mine")
    assert said in told.text
    with pytest.raises(TrainError, match=code):
        make_strategy({"kind": "shots", **settings}, {}).fit(lesson(task))


@pytest.mark.parametrize("settings", [{"orders": 2}, {"calibrate": "batch"}])
def test_an_empty_val_is_named(lesson, settings):
    with problem(TrainError, "T083", None, "shots"):
        Shots(**settings).fit(replace(lesson("classify"), val=()))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"samples": 3}, "samples: 3 chains vote only with `reason: steps`"),
        (
            {"calibrate": "platt", "reason": "steps"},
            "calibrate: platt is for labels scored without reasoning",
        ),
        ({"orders": 3, "k": 1}, "orders: 3 needs examples to order"),
        ({"orders": 25}, "must be a whole number from 1 to 24, got 25"),
        ({"choose": "simlar"}, "did you mean 'similar'?"),
        ({"wording": {"instrution": "x"}}, "no such setting; did you mean 'instruction'?"),
        ({"wording": {"label_words": {"a": 1}}}, "must be text, got 1; quote it"),
    ],
)
def test_settings_that_exclude_each_other(settings, said):
    with pytest.raises(SettingsError) as caught:
        make_strategy({"kind": "shots", **settings}, {})
    assert said in str(caught.value)


@pytest.mark.nightly
def test_the_report_says_what_the_orders_did(tmp_path, tiny_model):
    folder = build(
        tmp_path / "project",
        tiny_model,
        "compare:\n  - {kind: majority}\n  - {kind: shots, k: 2, orders: 2, val_rows: 3}\n",
    )
    report = assay.run(folder)
    assert "Orders of the examples: " in next(
        arm.note for arm in report.arms if arm.kind == "shots"
    )
    assert "Orders of the examples: " in (folder / "report" / "report.html").read_text()
