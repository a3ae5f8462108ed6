"""The search over prompts on the tiny model: what is counted, kept, exported and said. Its core is
in test_halving."""

import shutil
from dataclasses import replace
from typing import Any

import pytest

from assay.config import make_strategy
from assay.core import checksummed_lines as sealed
from assay.core.errors import Stopped, TrainError, UsageError
from assay.core.store import read_json
from assay.core.types import Example, Message
from assay.strategies.prompting.few_shot import Shots
from assay.strategies.prompting.prompt_file import (
    Prompt,
    Solved,
    format_prompt_file,
    parse_prompt_file,
    read_prompt,
)
from assay.strategies.prompting.prompt_search import WordingAnswers, WordingSearch
from assay.strategies.prompting.prompt_swap import replace_shots, shots_in
from assay.strategies.prompting.search.prompt_candidates import Instruction, Room, split_label
from assay.strategies.prompting.search.proposals import (
    by_rule,
    clean_instruction,
    filter_instructions,
    fold_words,
    marking_words,
)
from assay.strategies.retrieval.rag import Rag
from assay.tasks.prompt_format import Wording

SEARCH = {
    "kind": "prompt_search",
    "inner": {"kind": "shots", "k": 2},
    "calls": 120,
    "proposals": 2,
    "bootstrap": 6,
}
pytestmark = pytest.mark.usefixtures("one_thread")


def searched(settings, given, context=None) -> WordingAnswers:
    arm = make_strategy({**SEARCH, **settings}, context or {}).fit(given)
    assert isinstance(arm, WordingAnswers)
    return arm


def prompts(arm, given):
    return [arm.prompt(row.question) for row in given.val]


def asked_of(folder):
    """Prompts that the files of a search say were asked."""
    lines = [line for name in ("train.jsonl", "val.jsonl") for line in sealed.read(folder / name)]
    return sum(len(line["answers"]) for line in lines) + len(read_json(folder / "proposals.json"))


@pytest.mark.slow
@pytest.mark.parametrize("search", ["halving", "random"])
@pytest.mark.parametrize("task", ["classify", "answer"])
def test_every_call_is_counted_and_none_is_made_past_the_limit(lesson, task, search):
    given = lesson(task)
    asked = []

    def counting(name="", precision="auto"):
        model = given_open(name, "fp32")
        for verb in ("score", "generate"):
            whole = vars(type(model))[verb]

            def count(prompts, *rest, _whole=whole, _model=model, **settings):
                asked.append(len(prompts))
                return _whole(_model, prompts, *rest, **settings)

            setattr(model, verb, count)
        return model

    given_open = given.means.open_model
    given = replace(given, means=replace(given.means, open_model=counting))
    arm = searched({"search": search}, given)
    numbers = arm.found.numbers
    assert sum(asked) == numbers["calls"] == asked_of(given.workdir) <= 120
    assert numbers["candidates"] > 2


@pytest.mark.slow
def test_the_found_prompt_scores_on_val_what_was_said_and_no_less_than_the_hands(lesson):
    given = lesson("classify")
    hands: list[dict[str, Any]] = [
        {"layout": "text", "question": "Text:", "answer": "Label:"},
        {"list_labels": False},
    ]
    arm = searched({"calls": 400, "hands": hands}, given)
    numbers = arm.found.numbers
    assert numbers["rows"] == len(given.val)
    assert given.score(arm, given.val) == pytest.approx(numbers["value"], abs=1e-6)
    assert numbers["hand_calibrated"] >= numbers["hand_value"]
    scores = [
        given.score(Shots(k=2, wording=Wording(**hand)).fit(given), given.val)
        for hand in ({}, *hands)
    ]
    assert numbers["hand_value"] == pytest.approx(max(scores), abs=1e-6)
    assert numbers["value"] >= numbers["hand_value"]
    gain = numbers["value"] - numbers["hand_value"]
    assert (f"beats the best hand-given wording on val by {gain:.3f}" in arm.found.said) == (
        gain > 0
    )
    assert arm.found.better or "the hand-given one is used" in arm.found.said


@pytest.mark.slow
def test_a_search_that_was_stopped_ends_as_a_whole_one(lesson, tmp_path):
    def stop(event):
        if event["event"] == "progress" and event["unit"] == "call" and event["done"] >= 60:
            raise Stopped

    whole = searched({}, lesson("classify", workdir=tmp_path / "whole"))
    with pytest.raises(Stopped):
        searched({}, lesson("classify", tell=stop))
    done = asked_of(tmp_path / "work")
    again = searched({}, lesson("classify"))
    assert 60 <= done < 120
    assert again.found == whole.found
    for name in ("train.jsonl", "val.jsonl", "proposals.json"):
        assert (tmp_path / "work" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    "inner",
    [
        {"kind": "shots", "k": 2},
        {"kind": "shots", "k": 2, "choose": "similar"},
        {"kind": "shots", "k": 0},
    ],
)
@pytest.mark.parametrize("outer", ["", "rag"])
def test_an_exported_prompt_asks_the_same_when_it_is_given_back(lesson, tmp_path, inner, outer):
    given = lesson("answer")
    inner = {"kind": "rag", "top": 1, "inner": inner} if outer else inner
    arm = searched({"inner": inner, "calls": 60}, given)
    arm.save(tmp_path / "arm")
    shutil.copy(tmp_path / "arm" / "prompt.md", tmp_path / "found.md")
    back = searched({"inner": inner, "prompt": "found.md"}, given, {"folder": tmp_path})
    assert prompts(back, given) == prompts(arm, given)
    assert [a.to_json() for a in back.answer(given.val)] == [
        a.to_json() for a in arm.answer(given.val)
    ]
    assert back.found.numbers == {}


def test_the_file_is_what_a_person_would_write():
    shown = (
        Solved(id="t1", text="my card: is gone", answer="card"),
        Solved(id="t2", text="no\n---\nyes", answer="x"),
    )
    wording = Wording(
        instruction="Sort it.\n\nTake care.",
        layout="text",
        answer="Label:",
        label_words={"card": "a card"},
    )
    prompt = Prompt(wording=wording, examples=shown)
    text = format_prompt_file(prompt, "unused", "found")
    assert text.startswith("---\n# found\n")
    assert text.endswith("---\n\nSort it.\n\nTake care.\n")
    assert "answer: 'Label:'" in text and "list_labels" not in text
    assert parse_prompt_file(text) == prompt
    chosen = Prompt(k=3, choose="similar")
    assert (
        parse_prompt_file(format_prompt_file(chosen, "The task's own.")).wording.instruction
        == "The task's own."
    )
    assert parse_prompt_file("---\nk: 3\nchoose: similar\n---\n") == chosen


def test_shifts_of_labels_are_kept_written_down_and_given_back(lesson, tmp_path):
    given = lesson("classify")
    label = given.task.labels[1]
    arm = WordingSearch(inner=Shots(k=2), prompt=Prompt(k=2, shifts={label: 100.0})).fit(given)
    answers = arm.answer(given.val)
    assert {answer.text for answer in answers} == {label}
    arm.save(tmp_path / "arm")
    assert read_prompt(tmp_path / "arm" / "prompt.md").shifts == {label: 100.0}
    back = WordingSearch(inner=Shots(k=2)).restore(
        tmp_path / "arm", replace(given, train=(), val=())
    )
    assert back.answer(given.val) == answers
    strange = WordingSearch(inner=Shots(k=2), prompt=Prompt(shifts={"no such label": 1.0}))
    assert [problem.code for problem in strange.unfit(given.task)] == ["T081"]


@pytest.mark.slow
def test_answers_are_read_without_what_a_prompt_prefers_only_where_that_is_asked_for(
    lesson, tmp_path
):
    def readings(calibrate):
        found = searched(
            {"calibrate": calibrate}, lesson("classify", workdir=tmp_path / calibrate)
        ).found
        return {one["calibrated"] for one in found.numbers["last"]}

    assert readings("none") == {False}
    assert readings("batch") == {False, True}


def test_an_edited_example_is_what_is_shown(lesson, tmp_path):
    given = lesson("classify")
    rows = [Solved.of(row) for row in given.train[:2]]
    edited = (rows[0].model_copy(update={"text": "quite another text"}), rows[1])
    (tmp_path / "p.md").write_text(format_prompt_file(Prompt(examples=edited), "Sort it."))
    arm = WordingSearch(inner=Shots(k=4), prompt=read_prompt(tmp_path / "p.md")).fit(given)
    system, *turns, _ = arm.prompt(given.val[0].question)
    assert system.content.startswith("Sort it.\nLabels:")
    assert [turn.content for turn in turns] == [
        "quite another text",
        rows[0].answer,
        rows[1].text,
        rows[1].answer,
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Sort it.", "no settings above"),
        ("---\nk: [\n---\nSort it.", "not YAML"),
        ("---\nlayuot: text\n---\nSort it.", "layuot"),
        (
            "---\nk: 2\nexamples: [{id: a, text: b, answer: c}]\n---\nSort it.",
            "leave one of them out",
        ),
    ],
)
def test_a_file_that_is_no_prompt_is_refused(tmp_path, text, said):
    (tmp_path / "p.md").write_text(text)
    with pytest.raises(UsageError, match=said) as caught:
        read_prompt(tmp_path / "p.md")
    assert caught.value.problems[0].code == "T087"
    with pytest.raises(UsageError, match="cannot be read"):
        read_prompt(tmp_path / "none.md")


def test_only_one_prompt_that_is_no_training_can_be_searched(lesson):
    for inner in (
        {"kind": "lora"},
        {"kind": "majority"},
        {"kind": "rag", "inner": {"kind": "lora"}},
        SEARCH,
    ):
        with pytest.raises(ValueError, match="none can be searched"):
            make_strategy({"kind": "prompt_search", "inner": inner}, {})
    rag = Rag(top=2, inner=Shots(k=3))
    assert shots_in(rag) == Shots(k=3)
    assert replace_shots(rag, lambda shots: shots.model_copy(update={"k": 1})) == Rag(
        top=2, inner=Shots(k=1)
    )


def test_what_cannot_be_searched_is_said(lesson):
    given = lesson("classify")
    for settings, lacking in (({"calls": 1}, given), ({}, replace(given, val=()))):
        with pytest.raises(TrainError) as caught:
            make_strategy({**SEARCH, **settings}, {}).fit(lacking)
        assert caught.value.problems[0].code == "T086"


def test_what_asks_rows_by_itself_is_refused():
    for settings in ({"orders": 3}, {"calibrate": "batch"}):
        with pytest.raises(ValueError, match="ask rows of their own"):
            make_strategy(
                {"kind": "prompt_search", "inner": {"kind": "shots", "k": 3, **settings}}, {}
            )


# --- candidates -----------------------------------------------------------------------------------


def room(given, **changes):
    instructions = [
        Instruction("", "task"),
        *(Instruction(t, "rule") for t in by_rule(given.task, given.train)[1:]),
    ]
    return replace(
        Room(
            given.task,
            Shots(k=4),
            [Wording(), Wording(layout="text")],
            instructions,
            given.train,
            given.train[:9],
        ),
        **changes,
    )


def test_candidates_are_the_hands_first_then_others_without_a_double(lesson):
    given = lesson("classify")
    found = room(given).candidates(50, 3)
    assert [one.prompt.wording for one in found[:2]] == [Wording(), Wording(layout="text")]
    assert [one.by for one in found[:3]][:2] == ["hand", "hand"] and "hand" not in {
        one.by for one in found[2:]
    }
    assert len({one.name for one in found}) == len(found) == 52
    assert found == room(given).candidates(50, 3) != room(given).candidates(50, 4)
    assert all(len(one.prompt.examples) <= 4 and one.prompt.k <= 4 for one in found)
    train = {row.id for row in given.train}
    assert {shown.id for one in found for shown in one.prompt.examples} <= train


def test_hands_with_similar_examples_come_first_where_they_may(lesson):
    given = lesson("classify")
    found = room(given, similar=True).candidates(50, 3)
    assert [one.prompt.wording for one in found[:4]] == 2 * [Wording(), Wording(layout="text")]
    assert [one.prompt.choose for one in found[:4]] == ["random", "random", "similar", "similar"]
    assert 5 < sum(one.prompt.choose == "similar" for one in found) < 40
    assert room(given, similar=True, shots=Shots(k=0)).near == []
    assert WordingSearch(inner=Shots(k=2)).needs("base") == ("base", "minilm-l6")
    assert WordingSearch(inner=Shots(k=2), similar=False).needs("base") == ("base",)
    assert WordingSearch(inner=Shots(k=0)).needs("base") == ("base",)


@pytest.mark.nightly
def test_without_examples_none_are_shown_and_without_more_to_draw_it_ends(lesson):
    given = lesson("answer")
    few = replace(room(given), shots=Shots(k=0), instructions=[Instruction("", "task")])
    found = few.candidates(10_000, 0)
    assert 20 < len(found) < 200
    assert not any(one.prompt.k or one.prompt.examples for one in found)


def test_words_for_labels_stay_apart(lesson):
    given = lesson("classify")
    labels = ("card_lost", "CardLost", "refund")
    ways = room(given, task=given.task.model_copy(update={"labels": labels})).words
    assert ways == [{}, {"CardLost": "cardlost"}]  # spaced out, the first two would be called alike
    assert [split_label(label) for label in labels] == ["card lost", "card lost", "refund"]


def test_instructions_by_rule_tell_labels_by_the_words_of_their_rows(lesson):
    given = lesson("classify")
    words = marking_words(given.train)
    assert set(words["refund"]) == {"return", "repaid", "money", "shop"}
    assert any("refund: " in text and "money" in text for text in by_rule(given.task, given.train))
    assert (
        by_rule(given.task, given.train)[0] == "Classify the message. Answer with its label only."
    )
    assert marking_words([]) == {}


def test_no_instruction_holds_a_row_or_stands_there_twice():
    rows = [
        Example("r", (Message("user", "My card, it is GONE!"),), "x"),
        Example("s", (Message("user", "card"),), "y"),
    ]
    told = [
        "Sort what is said.",
        "sort what is said",
        "Sort it",
        "Say x to: my card it is gone.",
        "Tell what the card does.",
    ]
    told.append("I'm sorry, I'm sorry, I'm sorry, I'm sorry.")
    assert filter_instructions(told, rows) == ["Sort what is said.", "Tell what the card does."]
    assert fold_words("A-b,  C") == " a b c "


def test_what_a_model_wrote_is_cleaned():
    assert (
        clean_instruction('Sure! Instruction: "Sort each text by topic."\n\nHere is why.')
        == "Sort each text by topic."
    )
    assert clean_instruction("Here is the instruction:\nName the\ncolour.") == "Name the colour."
    assert (
        clean_instruction("A sentence here. " * 60)
        == ("A sentence here. " * 36)[:-1][:600].rsplit(".", 1)[0] + "."
    )
    assert clean_instruction("x" * 700) == "" == clean_instruction("  ")
