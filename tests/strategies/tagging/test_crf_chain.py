"""Tags and probabilities of a chain are those of CRFsuite on the same features, and of a sum over
all runs of tags by hand."""

import json
import math
from itertools import product

import pycrfsuite
import pytest

from assay.strategies.baselines.crf import tag_words
from assay.strategies.tagging.crf_chain import Chain, train_chain
from assay.strategies.tagging.word_features import features
from helpers.orders import ORDERS


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


def test_it_comes_back_from_json():
    chain = train_chain([([["a"], ["b"]], ["B-x", "O"]), ([["b"]], ["O"])], 0.0, 0.1)
    again = Chain(**json.loads(json.dumps(chain.to_json())))
    assert chain.tags[0] == "O", "outside comes first"
    for words in ([["a"], ["b"]], [["b"], ["a"]], [["never seen"]]):
        assert again.best(words) == chain.best(words)
