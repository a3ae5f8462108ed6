"""A conditional random field's tags and probabilities are those of CRFsuite on the same features,
and of a sum over all runs of tags by hand; what train has named is told to a row by other rows
alone."""

import json
import math
from itertools import product

import pycrfsuite
import pytest

from assay.core.errors import TrainError
from assay.core.types import Example, Lesson, Message, Task
from assay.strategies.baselines.crf import PENALTIES, Crf, cross_fold_features, tag_words
from assay.strategies.tagging.crf_chain import Chain, train_chain
from assay.strategies.tagging.word_features import features, names_in, shape
from assay.tasks.entities import pieces_of

TOWNS = ("Oslo", "Rome", "Bern", "Cork", "New York")
FRAMES = (
    "send {0} to {1} please",
    "{0} goes to {1}",
    "I was in {1} with order {0}",
    "lost: {0}, sent to {1}",
)


def row(text, target="none", i=0):
    return Example(
        f"r{i}", (Message("user", text),), target if isinstance(target, str) else json.dumps(target)
    )


ORDERS = [
    row(
        frame.format(f"#{10000 + 137 * i}", TOWNS[i % 5]),
        f"order: #{10000 + 137 * i} | town: {TOWNS[i % 5]}",
        i,
    )
    for i in range(12)
    for frame in FRAMES
] + [row("thanks a lot", "none"), row("hello there", "none"), row("", "none")]


def fitted(rows, **settings):
    return Crf(**settings).fit(Lesson(Task(kind="extract"), tuple(rows)))


def said(arm, text):
    return arm.answer([row(text).question])[0]


def by_crfsuite(place, rows, c1, c2):
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params(
        {"c1": c1, "c2": c2, "max_iterations": 100, "feature.possible_transitions": True}
    )
    for words, tags in rows:
        trainer.append(words, tags)
    trainer.train(str(place))
    tagger = pycrfsuite.Tagger()
    tagger.open(str(place))
    return tagger


@pytest.mark.parametrize(("c1", "c2"), [(0.1, 0.05), (0.0, 1.0)])
def test_tags_and_probabilities_are_those_of_crfsuite(tmp_path, c1, c2):
    rows = [tag_words(one, ("order", "town")) for one in ORDERS if one.text]
    seen = [(features(words), tags) for words, tags in rows]
    chain, theirs = train_chain(seen, c1, c2), by_crfsuite(tmp_path / "model", seen, c1, c2)
    new = [
        features(text.split())
        for text in ("to Paris please", "order # 123 in New York", "a", "Bern Bern Bern")
    ]
    for words in [*(words for words, _ in seen), *new]:
        tags, share = chain.best(words)
        assert tags == theirs.tag(words)
        assert share == pytest.approx(theirs.probability(tags), abs=1e-4)


def test_the_best_run_and_its_probability_are_those_of_all_runs_by_hand():
    weights = {"a": [(0, 1.0), (1, 0.5)], "b": [(1, 0.25)], "c": [(2, -1.0), (0, 0.125)]}
    moves = [[0.5, -1.0, 0.0], [0.0, 0.25, 2.0], [-0.5, 1.0, 0.0]]
    chain, words = Chain("xyz", weights, moves), [["a"], ["b", "not seen"], ["a", "c"], []]

    def score(run):
        own = sum(
            w
            for tag, names in zip(run, words, strict=True)
            for n in names
            for t, w in weights.get(n, ())
            if t == tag
        )
        return own + sum(moves[i][j] for i, j in zip(run, run[1:], strict=False))

    scores = {run: score(run) for run in product(range(3), repeat=4)}
    best = max(scores, key=lambda run: scores[run])
    tags, share = chain.best(words)
    assert tags == ["xyz"[i] for i in best]
    assert share == pytest.approx(
        math.exp(scores[best]) / sum(map(math.exp, scores.values())), abs=1e-12
    )
    assert chain.best([]) == ([], 1.0)


def test_words_and_writing_and_neighbours_are_found():
    arm = fitted(ORDERS)
    assert said(arm, "where is #77777 now").text == "order: #77777"
    # neither was ever seen
    assert said(arm, "send #12345 to Paris please").text == "order: #12345 | town: Paris"
    assert said(arm, "he goes to New York").text == "town: New York"
    none = said(arm, "thanks there")
    assert none.text == "none" and none.confidence is not None and none.confidence > 0.5
    assert said(arm, "").text == "none"


def test_letters_that_mean_something_elsewhere_mean_nothing_here():
    odd = [
        row(f"\x00 --> {{ {i} }} (1) \u2029 b: 1.0 }}", "a --> b: (1)" if i % 2 else "none", i)
        for i in range(8)
    ]
    arm = fitted(odd)
    assert [said(arm, one.text).text for one in odd]
    only = fitted([row("a b", "town: not in the text"), row("c", "none")])  # one tag: outside
    assert said(only, "a b").text == "none" and said(only, "a b").confidence == 1.0


def test_features_by_hand():
    assert [shape(word) for word in ("Oslo", "A1b22", "#", "mRNA", "2026")] == [
        "Xx",
        "X0x00",
        "#",
        "xX",
        "0000",
    ]
    first, second = features(["In", "2026"])
    assert {
        "any",
        "first",
        "0 word in",
        "0 shape Xx",
        "-1 none",
        "1 word 2026",
        "after in 2026",
    } <= set(first)
    assert {"last", "digits 4", "short 0", "2 none", "before in 2026", "-1 ends in"} <= set(second)
    assert all(len(set(own)) == len(own) for own in (first, second))


def test_names_are_the_longest_that_train_has_and_never_a_rows_own():
    rows = [
        tag_words(one, ("town",))
        for one in (row("New York", "town: New York"), row("in York", "town: York"))
    ]
    known = names_in(rows)
    assert known == {"new york": ["town"], "york": ["town"]}
    own = [
        [one for one in word if one.startswith("known")]
        for word in features(["to", "new", "York", "York"], known)
    ]
    assert own == [[], ["known B town"], ["known I town"], ["known B town"]]
    seen = [
        [[n for n in word if n.startswith("known")] for word in words]
        for words in cross_fold_features(rows, 2, 0)
    ]
    # York is known from the other row; New York from nowhere
    assert seen == [[[], ["known B town"]], [[], []]]


def test_fields_that_are_chosen_have_a_decision_list_and_come_back_from_a_file(tmp_path):
    rows = [
        row(f"a {word} in {town} {i}", {"kind": kind, "town": town})
        for i, town in enumerate(TOWNS * 2)
        for word, kind in (("pump", "p1"), ("hose", "h1"))
    ]
    arm = fitted(rows)
    assert json.loads(said(arm, "a hose in Rome").text) == {"kind": "h1", "town": "Rome"}
    assert said(arm, "a hose in Rome").confidence is None  # the tags are not all of the answer
    alone = fitted([row(one.text, {"kind": json.loads(one.target)["kind"]}) for one in rows])
    assert json.loads(said(alone, "a hose").text) == {"kind": "h1"} and alone.chain is None
    for number, one in enumerate((arm, alone)):
        (tmp_path / str(number)).mkdir()
        one.save(tmp_path / str(number))
        again = Crf().restore(tmp_path / str(number), Lesson(Task(kind="extract")))
        assert said(again, "a hose in Rome") == said(one, "a hose in Rome")


def test_what_is_asked_by_settings():
    plain = fitted(ORDERS, names=False)
    assert plain.names == {} and not any(name.startswith("known") for name in plain.chain.weights)
    heavy = fitted(ORDERS, c1=5.0)
    assert len(heavy.chain.weights) < len(fitted(ORDERS).chain.weights) / 2
    assert pieces_of(said(plain, "send #1 to Rome please").text)


@pytest.mark.slow
def test_penalties_are_chosen_on_rows_that_were_left_out():
    settings = Crf(c1=90.0, c2=90.0, search=2)  # nothing is learnt with these
    rows = [tag_words(one, ("order", "town")) for one in ORDERS[::3] if one.text]
    assert settings._search_penalties(rows, 0) in PENALTIES
    assert pieces_of(
        said(fitted(ORDERS[::3], c1=90.0, c2=90.0, search=2), "where is #77777 now").text
    )
    assert not pieces_of(said(fitted(ORDERS[::3], c1=90.0, c2=90.0), "where is #77777 now").text)
    # one row: nothing to choose by
    assert Crf(search=2)._search_penalties([(["a"], ["O"])], 0) == (0.1, 0.05)


def test_other_tasks_are_refused():
    assert [problem.code for problem in Crf().unfit(Task(kind="classify"))] == ["T042"]
    with pytest.raises(TrainError, match="T002"):
        fitted([])
