"""Probes: what is read, what is drawn, what is asked, and what comes of before and after."""

import json
import math

import numpy as np
import pytest
import torch

from assay.audits.forgetting.comparison import bounds, combine_gaps, compare_probes, exact, level_of
from assay.audits.forgetting.constraints import CHECKS, STOCK, chance, fault, passes_checks
from assay.audits.forgetting.items import (
    KINDS,
    PIECE,
    ProbeItem,
    own_items,
    pieces,
    read,
    sample,
    token_upper_bound,
)
from assay.audits.forgetting.measure import ProbeResult, ask
from assay.audits.forgetting.published_sets import items_of
from assay.core.errors import DataError
from assay.core.types import Message
from helpers.lines import named

# --- constraints ----------------------------------------------------------------------------------

# (check, value, answers that keep to it, answers that do not)
CASES = [
    ("lower_case", None, ["all of it, 2 lines"], ["One capital", "", "123"]),
    ("upper_case", None, ["STOP NOW!"], ["STOP now", "", "..."]),
    ("without", ",", ["no such mark"], ["one, two", " "]),
    ("no_digits", None, ["seven"], ["7", ""]),
    (
        "bullets",
        3,
        ["- a\n- b\n- c", "Here:\n* a\n* b\n* c"],
        ["- a\n- b", "- a\n- b\n- c\n- d", "-a\n-b\n-c"],
    ),
    ("numbered", 2, ["1. a\n2. b", "1) a\n2) b"], ["1. a", "1. a\n2. b\n3. c"]),
    ("paragraphs", 2, ["one\n\ntwo", "one\n \n\ntwo\n"], ["one\ntwo", "a\n\nb\n\nc"]),
    (
        "sentences",
        2,
        ["One. Two!", 'He said: "Yes." Then he left.'],
        ["One.", "One. Two. Three.", "no end"],
    ),
    ("at_most_words", 3, ["one two three"], ["one two three four", "", "..."]),
    ("at_least_words", 3, ["one two-fold it's"], ["one two"]),
    ("exactly_words", 2, ["Good day."], ["Good", "a good day"]),
    ("at_most_lines", 1, ["one line\n"], ["one\ntwo", ""]),
    ("starts_with", "In my view", ["in my view, yes"], ["Well, in my view"]),
    (
        "ends_with",
        "station",
        ["to the Station.", 'the "station"'],
        ["station house", "the stations"],
    ),
    ("contains", "key", ["the Key fits"], ["the monkey"]),
    ("exactly_once", "salt", ["a little salt"], ["salt and salt", "salty"]),
    ("at_least_twice", "tree", ["tree by tree"], ["a tree", "trees, trees"]),
    ("at_least_three_times", "apple", ["apple, apple, apple"], ["apple apple"]),
    (
        "json",
        ["a", "b"],
        ['{"b": 1, "a": 2}', '```json\n{"a": 1, "b": []}\n```'],
        ['{"a": 1}', "[]", "a: 1", ""],
    ),
    ("quoted", None, ['"Hello there."'], ['He said "hello"', "hello"]),
    ("question", None, ["Why?"], ["Why? Because."]),
    ("capitals", 2, ["STOP and GO"], ["STOP I A"]),
    ("one_of", ["yes", "no"], ["Yes.", " no"], ["maybe", "yes, no"]),
]


def test_a_check_is_passed_by_what_keeps_to_it_alone(subtests):
    for name, value, good, bad in CASES:
        with subtests.test(repr((name, value, good, bad))):
            check = {"check": name} if value is None else {"check": name, "value": value}
            assert fault(check) == ""
            assert [passes_checks(text, [check]) for text in good] == [True] * len(good)
            assert [passes_checks(text, [check]) for text in bad] == [False] * len(bad)


def test_every_check_has_a_case_and_all_checks_must_hold():
    assert {case[0] for case in CASES} == set(CHECKS)
    both = [{"check": "lower_case"}, {"check": "at_least_words", "value": 3}]
    assert (
        passes_checks("one two three", both)
        and not passes_checks("one two", both)
        and not passes_checks("One two three", both)
    )
    # "no comma" holds for the stock answers that have none: the label, the word and the list.
    assert (
        chance([{"check": "without", "value": ","}])
        == sum("," not in text for text in STOCK) / len(STOCK)
        == 0.5
    )
    assert chance(both) == 0


def test_a_check_that_cannot_be_is_said():
    assert named(fault({"check": "bulets", "value": 3}), "'bulets'", "'bullets'")
    assert "of the kind int" in fault({"check": "bullets", "value": "3"})
    assert "takes no value" in fault({"check": "quoted", "value": 1})
    assert "list of texts" in fault({"check": "json", "value": [1]})
    assert "object with a name" in fault("bullets")


# --- items ----------------------------------------------------------------------------------------


def test_the_own_probes_are_sound():
    items = own_items()
    by = {kind: [item for item in items if item.kind == kind] for kind in KINDS}
    assert {kind: len(some) for kind, some in by.items()} == {
        "choice": 60,
        "last_word": 40,
        "text": 20,
        "constraint": 40,
    }
    places = [item.answer for item in by["choice"]]
    # always the same letter is right by chance alone
    assert [places.count(i) for i in range(4)] == [15] * 4
    assert all(len(set(item.options)) == 4 for item in by["choice"])
    assert {item.chance for item in by["choice"]} == {0.25}
    assert np.mean([item.chance for item in by["constraint"]]) < 0.1
    assert 6_000 < sum(len(item.text.encode()) for item in by["text"]) < 10_000
    assert len({item.text for item in items}) == len(items)
    assert sum(item.tokens for item in items) < 20_000
    assert all(
        ProbeItem.from_json(json.loads(json.dumps(item.to_json()))) == item for item in items
    )


def test_faults_of_a_file_are_said_with_their_lines(tmp_path):
    rows = [
        {"kind": "choice", "question": "q", "options": ["a", "b"], "answer": 1},
        {"kind": "choice", "question": "q", "options": ["a", "b"], "answer": 2},
        {"kind": "choice", "question": "q", "options": ["a"], "answer": 0},
        {"kind": "last_word", "text": "one"},
        {"kind": "constraint", "prompt": "p", "checks": [{"check": "bulets", "value": 1}]},
        {"kind": "riddle"},
    ]
    file = tmp_path / "mine.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows) + "\nnot json\n")
    with pytest.raises(DataError) as raised:
        read(file, "mine.jsonl")
    assert {p.code for p in raised.value.problems} == {"D125"}
    assert [p.place for p in raised.value.problems] == [
        f"mine.jsonl:{n}" for n in (2, 3, 4, 5, 6, 7)
    ]
    for place, words in (("absent", "no such file"), ("empty", "holds no probe")):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(DataError, match=words):
            items_of(tmp_path / place, place)


def test_a_file_is_a_probe_and_long_texts_are_cut(tmp_path):
    (tmp_path / "my_own.jsonl").write_text(
        json.dumps({"kind": "text", "text": "word " * 600})
        + "\n"
        + json.dumps({"kind": "last_word", "text": "a b"})
    )
    items = items_of(tmp_path, "probes")
    assert {item.probe for item in items} == {"my own, text", "my own, last word"}
    texts = [item.text for item in items if item.kind == "text"]
    assert len(texts) == math.ceil(2999 / PIECE) and " ".join(texts) == ("word " * 600).strip()
    assert list(pieces("short")) == ["short"]


def item(n, kind="last_word", probe="p", words=20):
    return ProbeItem(
        probe, kind, f"{n} " + "word " * words + "end", ("a", "b") if kind == "choice" else ()
    )


def test_the_sample_fits_and_depends_on_seed_and_items_alone():
    items = [item(n) for n in range(300)] + [item(n, "choice", "q") for n in range(5)]
    some = sample(items, 2000, 1)
    assert sum(one.tokens for one in some) <= 2000
    assert some == sample(items[::-1], 2000, 1) != sample(items, 2000, 2)
    # what one probe does not need goes to the others
    assert sum(one.probe == "q" for one in some) == 5
    assert sum(one.tokens for one in some) > 1900
    assert [one.kind for one in some] == sorted((one.kind for one in some), key=KINDS.index)


def test_the_estimate_is_on_the_high_side(tiny_model):
    from transformers import AutoTokenizer

    # 480 tokens: the estimate is for real vocabularies
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    assert token_upper_bound("abc" * 10) == 10 and token_upper_bound("äöü") == 6
    assert len(tokenizer("äöü")["input_ids"]) <= 6


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "kind", "n", "options"),
    [
        ("piqa_valid", "choice", 1838, {2}),
        ("mmlu_sample", "choice", 1140, {4}),
        ("lambada_test", "last_word", 2500, {0}),
        ("bbh_eight", "choice", 1427, {2, 4, 5, 6}),
        ("wikitext2", "text", None, {0}),
    ],
)
def test_published_sets_are_known_by_their_files(shared_data, name, kind, n, options):
    items = items_of(shared_data(name, whole=True), name)
    assert {one.kind for one in items} == {kind} and len({one.probe for one in items}) == 1
    assert n is None or len(items) == n
    assert {len(one.options) for one in items} >= options - {6} and {
        len(one.options) for one in items
    } <= {
        *options,
        1,
        6,
    }


@pytest.mark.real
def test_the_first_rows_of_published_sets_are_what_they_are(shared_data):
    piqa = items_of(shared_data("piqa_valid", whole=True), "piqa")[0]
    assert piqa.target.endswith(
        "ripped jeans material,"
        " you will also need to supply it with a water bottle and a food dish."
    ) is (piqa.answer == 1)
    mmlu = items_of(shared_data("mmlu_sample", whole=True), "mmlu")[0]
    assert (
        mmlu.text.startswith("Find the degree")
        and mmlu.options == ("0", "4", "2", "6")
        and mmlu.target == "4"
    )
    lambada = items_of(shared_data("lambada_test", whole=True), "lambada")[0]
    assert lambada.target == "signs"


def test_sets_in_their_form_are_known_by_their_files(own_data):
    found = {
        name: items_of(own_data(name), name)
        for name in ("piqa_valid", "mmlu_sample", "lambada_test", "bbh_eight")
    }
    forms = {name: {(one.kind, len(one.options)) for one in items} for name, items in found.items()}
    assert forms == {
        "piqa_valid": {("choice", 2)},
        "mmlu_sample": {("choice", 4)},
        "lambada_test": {("last_word", 0)},
        "bbh_eight": {("choice", 2)},
    }
    # Solved examples (of mmlu) are no probes, nor is a task whose answers are free text (of bbh).
    assert [len(items) for items in found.values()] == [30, 40, 60, 16 + 20]
    # What is right is known from the text itself.
    assert {one.target for one in found["piqa_valid"]} == {"In a bag that is whole."}
    for one in found["mmlu_sample"]:
        first, second = (int(word) for word in one.text.rstrip("?").split() if word.isdigit())
        assert one.target == str(first + second)
    texts = items_of(own_data("wikitext2"), "wikitext2")
    assert {one.kind for one in texts} == {"text"} and not [
        one for one in texts if one.text.startswith("=")
    ]


# --- asking ---------------------------------------------------------------------------------------

ITEMS = [
    ProbeItem("c", "choice", "What colour is the sky?", ("blue", "green", "black and white"), 0),
    ProbeItem("c", "choice", "What colour is the grass?", ("red", "green"), 1),
    ProbeItem("w", "last_word", "Which colour has the apple? It is red"),
    ProbeItem("t", "text", "The sky has what colour?"),
    ProbeItem("i", "constraint", "Tell me.", checks=({"check": "at_least_words", "value": 1},)),
]


def alone(model, ids, start):
    """Log-probabilities of ids[start:] from a pass of their own."""
    with torch.no_grad():
        logs = model.network(torch.tensor([ids])).logits[0].double().log_softmax(-1)
    return [float(logs[at - 1, ids[at]]) for at in range(start, len(ids))], logs


@pytest.mark.slow
def test_each_kind_is_asked_as_a_pass_of_its_own_says(open_tiny):
    model = open_tiny()
    found = ask(model, ITEMS)
    for one, item in zip(found[:2], ITEMS[:2], strict=True):
        prompt, _ = model.chat.prompt((Message("user", item.text),))
        sums = [
            sum(alone(model, [*prompt, *model.chat.text_ids(o)], len(prompt))[0])
            for o in item.options
        ]
        best = int(np.argmax(sums))
        assert one.answer == item.options[best] and one.right == int(best == item.answer)
        assert one.bits == pytest.approx(-sums[item.answer] / math.log(2), abs=1e-3)
    begin = model.chat.tokenizer.eos_token_id
    word = [begin, *model.chat.text_ids(ITEMS[2].text)]
    start = 1 + len(model.chat.text_ids(ITEMS[2].text.rsplit(None, 1)[0]))
    values, logs = alone(model, word, start)
    assert (
        found[2].bits == pytest.approx(-sum(values) / math.log(2), abs=1e-3) and found[2].bytes == 3
    )
    assert found[2].rank == int((logs[start - 1] > logs[start - 1, word[start]]).sum())
    assert found[2].right == int(
        all(int(logs[at - 1].argmax()) == word[at] for at in range(start, len(word)))
    )
    text = [begin, *model.chat.text_ids(ITEMS[3].text)]
    assert found[3].bits == pytest.approx(-sum(alone(model, text, 1)[0]) / math.log(2), abs=1e-3)
    assert found[3].right is None and found[3].bytes == len(ITEMS[3].text)
    [said] = model.generate([(Message("user", "Tell me."),)], max_tokens=100)
    assert found[4].answer == said.text


def test_trees_and_single_rows_say_the_same(open_tiny):
    from assay.models.inference.log_likelihood import _trees, score_continuations

    model = open_tiny()
    prompt, _ = model.chat.prompt(
        (Message("user", "Which colour has the sky, and help with money now?"),)
    )
    rows = [
        [*prompt, *model.chat.text_ids(word)]
        for word in ("red", "blue", "green", "black money", "re")
    ]
    assert _trees(model, rows)  # they share nearly all of their tokens
    for row, one in zip(
        rows, score_continuations(model, rows, [len(prompt)] * len(rows)), strict=True
    ):
        np.testing.assert_allclose(one.log_probs, alone(model, row, len(prompt))[0], atol=1e-4)


def test_trained_keys_and_values_stand_before_the_rows(lesson):
    from assay.models.inference.log_likelihood import score_continuations
    from assay.strategies.training.prefix import Prefix

    work = lesson("classify")
    model = Prefix(epochs=1, learning_rate=0.3).fit(work).model
    prompt, _ = model.chat.prompt((Message("user", "my card is stolen"),))
    options = ("refund", "card lost")
    rows = [[*prompt, *model.chat.answer(option)] for option in options]
    sums = [one.log_probs.sum() for one in score_continuations(model, rows, [len(prompt)] * 2)]
    # The label scoring of the product, trained prefix and end of turn included.
    np.testing.assert_allclose(
        sums,
        model.score([(Message("user", "my card is stolen"),)], options, left=0.0)[0],
        atol=1e-3,
    )
    bare = model.soft
    model.soft = None
    model.forget()
    assert (
        abs(score_continuations(model, rows, [len(prompt)] * 2)[0].log_probs.sum() - sums[0]) > 1e-3
    )
    model.soft = bare


# --- before and after -----------------------------------------------------------------------------


def outcomes(rights):
    return [ProbeResult(right, f"said {right}") for right in rights]


def choice_items(n, probe="c"):
    return [
        ProbeItem(probe, "choice", f"{probe}{i}", ("a", "b", "c", "d"), i % 4) for i in range(n)
    ]


def test_exact_intervals_are_the_tables():
    # Clopper and Pearson at 95 %: 0 of 10 is 0 to 30.8 %, 5 of 10 is 18.7 to 81.3 % (Zar,
    # Biostatistical Analysis, B.).
    assert exact(0, 10, 0.95) == pytest.approx((0, 0.3085), abs=1e-4)
    assert exact(5, 10, 0.95) == pytest.approx((0.1871, 0.8129), abs=1e-4)


def test_a_probe_at_chance_is_marked_and_left_out():
    items = [*choice_items(60, "able"), *choice_items(60, "guess")]
    # 75 % and 30 % where 25 % are guessed
    before = outcomes([1] * 45 + [0] * 15 + [1] * 18 + [0] * 42)
    after = outcomes([1] * 33 + [0] * 27 + [0] * 60)
    base = level_of(items, before, 0.95)
    assert (
        not base["able"]["at_chance"]
        and base["guess"]["at_chance"]
        and base["guess"]["chance"] == 0.25
    )
    found = compare_probes(items, before, after, 0.95, 1)
    assert (
        found["probes"]["able"]["difference"] == pytest.approx(-0.2)
        and not found["probes"]["able"]["chance"]
    )
    assert found["probes"]["guess"]["chance"] and found["probes"]["guess"][
        "difference"
    ] == pytest.approx(-0.3)
    # Only the probe that can show it: -20 points; its binomial standard error is sqrt(.2 x .8 / 60)
    # = 5.2 points.
    whole = found["combined"]
    assert whole["difference"] == -20 and whole["n"] == 60 and whole["probes"] == 1
    assert whole["low"] == pytest.approx(-20 - 1.96 * 5.16, abs=1.8)
    assert whole["high"] == pytest.approx(-20 + 1.96 * 5.16, abs=1.8)
    assert found["flips"] == {"lost": 30, "gained": 0}
    assert found["flipped"][0] | {"text": ""} == {
        "probe": "able",
        "source": "",
        "text": "",
        "target": "b",
        "before": "said 1",
        "after": "said 0",
        "now": "wrong",
    }


def test_the_same_model_has_forgotten_nothing():
    items = choice_items(40)
    same = outcomes([1] * 30 + [0] * 10)
    found = compare_probes(items, same, same, 0.95, 1)
    # No item has flipped, which of 40 items does not say that none ever would.
    whole = found["combined"]
    assert whole["difference"] == 0 and whole["n"] == 40
    assert (
        whole["high"]
        == -whole["low"]
        == pytest.approx(100 * 1.96 * math.sqrt(2 / 42) / math.sqrt(42), abs=0.01)
    )
    assert found["flips"] == {"lost": 0, "gained": 0} and found["flipped"] == []


def test_probes_weigh_alike_whatever_their_size():
    small, large = np.array([-1.0] * 10), np.array([0.0] * 1000)
    assert combine_gaps([small, large], 0.95)["difference"] == -50
    assert combine_gaps([], 0.95) is None


def test_the_interval_of_pairs_is_the_books():
    # Approval of the prime minister by 1,600 people, twice: 150 turned away, 86 came round.
    # Agresti, Categorical Data Analysis, 10.1: -0.04, 95 % from -0.059 to -0.021; the adjustment is
    # of no weight at this size.
    gap = np.array([-1.0] * 150 + [1.0] * 86 + [0.0] * 1364)
    assert bounds([gap], 0.95) == pytest.approx((-0.0587, -0.0213), abs=2e-4)
    # Two probes of the same: the mean of two independent means has half of the variance.
    low, high = bounds([gap, gap], 0.95)
    assert high - low == pytest.approx((0.0587 - 0.0213) / math.sqrt(2), abs=3e-4)


def test_texts_are_measured_in_bits_a_byte():
    items = [ProbeItem("t", "text", f"text {i}") for i in range(4)]
    before = [ProbeResult(None, "", 10.0 * (i + 1), 10 * (i + 1)) for i in range(4)]
    after = [ProbeResult(None, "", 12.0 * (i + 1), 10 * (i + 1)) for i in range(4)]
    found = compare_probes(items, before, after, 0.95, 1)
    values = found["probes"]["t"]
    assert (values["before"], values["after"], values["difference"]) == (1.0, 1.2, 0.2)
    assert (values["low"], values["high"]) == pytest.approx((0.2, 0.2))  # the same on every text
    assert found["combined"] is None  # no probe of right and wrong answers
