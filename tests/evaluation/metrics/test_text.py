"""Metrics of written answers against sacrebleu, rouge-score and NLTK, on restaurant texts with
several references."""

import csv
import math
import random

import numpy as np
import pytest

from assay.core.types import Answer, Example, Message, Record, Task
from assay.evaluation.metrics import bleu, meteor, rouge
from assay.evaluation.metrics.stems import stem
from assay.evaluation.scoring import METRICS, judge
from assay.stats.intervals import Weights

KNOWN = {metric.name: metric for metric in METRICS}
ROUGE = ("rouge_1", "rouge_2", "rouge_l", "rouge_1_stems", "rouge_2_stems", "rouge_l_stems")
TASK = Task(kind="answer", metrics=("bleu", "chrf", *ROUGE, "meteor_like"))
QUESTION = Example("r", (Message("user", "?"),))
ODD = (
    ("It's 3.5% of $1,000.50 -- isn't it? (yes)", ("It is 3.5 % of $1,000.50, is it not?", "Yes.")),
    (
        "e.g. 10-12 state-of-the-art &quot;tests&quot;",
        ("For instance 10 - 12 tests &amp; more", "tests"),
    ),
    ("", ("nothing was said",)),
    ("a", ("a",)),
    ("Größe über 5 Ärzte ", ("Die Größe übertrifft 5 Ärzte.",)),
    ("new-\nline and\nanother", ("newline and another",)),
    ("!", ("?",)),
)


@pytest.fixture
def pairs(shared_data):
    """(answer, accepted answers): one human text a meaning is the answer, some of its words lost,
    to the others."""
    with (shared_data("e2e_nlg") / "testset_w_refs.csv").open(newline="") as file:
        texts: dict[str, list[str]] = {}
        for row in csv.DictReader(file):
            texts.setdefault(row["mr"], []).append(row["ref"])
    draw = random.Random(0)
    made = []
    for first, *others in [some for some in texts.values() if len(some) > 2][:150]:
        made.append(
            (" ".join(word for word in first.split() if draw.random() > 0.15), tuple(others[:3]))
        )
    return [*made, *ODD]


def records(pairs):
    return [Record(QUESTION, target, tuple(also), Answer(text)) for text, (target, *also) in pairs]


def columns(pairs):
    """References as sacrebleu wants them: a list for the first of each row, one for the second,
    ..."""
    most = max(len(accepted) for _, accepted in pairs)
    return [
        [accepted[i] if i < len(accepted) else None for _, accepted in pairs] for i in range(most)
    ]


@pytest.mark.slow
def test_bleu_and_chrf_are_sacrebleus(pairs):
    sacrebleu = pytest.importorskip("sacrebleu")
    texts, references = [text for text, _ in pairs], columns(pairs)
    scores = judge(records(pairs), TASK)
    assert 100 * scores.values["bleu"] == pytest.approx(
        sacrebleu.corpus_bleu(texts, references).score, abs=1e-6
    )
    assert 100 * scores.values["chrf"] == pytest.approx(
        sacrebleu.corpus_chrf(texts, references).score, abs=1e-6
    )
    # Row by row, as sacrebleu scores sentences.
    alone = sacrebleu.metrics.BLEU(effective_order=True)
    expected = [alone.sentence_score(text, list(accepted)).score for text, accepted in pairs]
    assert 100 * scores.of_rows("bleu") == pytest.approx(np.array(expected), abs=1e-6)
    expected = [sacrebleu.sentence_chrf(text, list(accepted)).score for text, accepted in pairs]
    assert 100 * scores.of_rows("chrf") == pytest.approx(np.array(expected), abs=1e-6)


@pytest.mark.slow
def test_a_bootstrap_draw_is_the_corpus_of_its_rows(pairs):
    sacrebleu = pytest.importorskip("sacrebleu")
    scores, weights = judge(records(pairs), TASK), Weights(len(pairs), draws=4, seed=2)
    for name, score in (("bleu", sacrebleu.corpus_bleu), ("chrf", sacrebleu.corpus_chrf)):
        values = weights.values(scores.rows[name], KNOWN[name].total)
        for counts, value in zip(weights.sums(np.eye(len(pairs))), values, strict=True):
            drawn = [pairs[i] for i in np.repeat(np.arange(len(pairs)), counts.astype(int))]
            assert 100 * value == pytest.approx(
                score([text for text, _ in drawn], columns(drawn)).score, abs=1e-6
            )


def test_few_words_are_smoothed_as_in_sacrebleu():
    sacrebleu = pytest.importorskip("sacrebleu")
    for text, target in (
        ("the cat is here", "a cat sat there"),
        ("the cat", "the cat"),
        ("on the mat sat the old cat", "the old cat sat on a mat"),
    ):
        value = judge(records([(text, (target,))]), TASK).values["bleu"]
        assert 100 * value == pytest.approx(
            sacrebleu.corpus_bleu([text], [[target]]).score, abs=1e-6
        )


def test_words_are_split_as_in_sacrebleu(pairs):
    tokenizer = pytest.importorskip("sacrebleu.tokenizers.tokenizer_13a").Tokenizer13a()
    for text, accepted in pairs:
        for one in (text, *accepted):
            assert bleu.words_of(one) == tokenizer(one.rstrip()).split(), one


@pytest.mark.slow
def test_rouge_is_rouge_scores_with_stems_and_without(pairs):
    rouge_scorer = pytest.importorskip("rouge_score.rouge_scorer")
    scores = judge(records(pairs), TASK)
    for stems, ending in ((False, ""), (True, "_stems")):
        scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=stems)
        theirs = [scorer.score_multi(list(accepted), text) for text, accepted in pairs]
        for name in ("1", "2", "l"):
            expected = np.array([one[f"rouge{name.upper()}"].fmeasure for one in theirs])
            assert scores.of_rows(f"rouge_{name}{ending}") == pytest.approx(expected, abs=1e-9)
            assert scores.values[f"rouge_{name}{ending}"] == pytest.approx(
                expected.mean(), abs=1e-9
            )


def test_the_longest_common_sequence_known_by_hand():
    # Cormen et al., Introduction to Algorithms, 15.4: ABCBDAB and BDCABA have BCBA.
    assert rouge.common_sequence("ABCBDAB", "BDCABA") == 4
    assert rouge.common_sequence("", "A") == rouge.common_sequence("A", "") == 0
    assert rouge.common_sequence("A" * 100, "A" * 70) == 70


@pytest.mark.slow
def test_stems_are_nltks(pairs, shared_data):
    porter = pytest.importorskip("nltk.stem.porter").PorterStemmer()
    words = {
        word
        for text, accepted in pairs
        for one in (text, *accepted)
        for word in meteor.words_of(one)
    }
    for name in ("scitldr/dev.jsonl", "tinyshakespeare", "gsm8k/test.jsonl"):
        place = shared_data(name.split("/")[0])
        file = place.parent / name if "/" in name else next(place.glob("*.txt"))
        words |= set(meteor.words_of(file.read_text(encoding="utf-8")[:400_000]))
    words |= {
        "skies",
        "dies",
        "died",
        "spied",
        "happily",
        "enjoy",
        "spy",
        "logically",
        "geology",
        "theology",
        "agreed",
    }
    assert len(words) > 3000
    assert {word: stem(word) for word in words} == {word: porter.stem(word) for word in words}


class NoSynonyms:
    def synsets(self, word):
        return []


@pytest.mark.slow
def test_meteor_is_nltks_without_wordnet(pairs):
    nltk = pytest.importorskip("nltk.translate.meteor_score")
    scores = judge(records(pairs), TASK)
    expected = [
        nltk.meteor_score(
            [meteor.words_of(one) for one in accepted], meteor.words_of(text), wordnet=NoSynonyms()
        )
        for text, accepted in pairs
    ]
    assert scores.of_rows("meteor_like") == pytest.approx(np.array(expected), abs=1e-9)


def test_meteor_by_hand():
    # Four of four words, in two runs: (1 - 0.5 * (2/4)^3) * 1.
    assert meteor.meteor("c d a b".split(), "a b c d".split()) == pytest.approx(1 - 0.5 * 0.125)
    # One of two, one of one: P 1/2, R 1, F = 0.5 / (0.9 * 0.5 + 0.1 * 1); one run of one pair:
    # penalty 0.5.
    assert meteor.meteor(["running", "far"], ["runs"]) == pytest.approx(0.5 * 0.5 / 0.55)
    assert meteor.meteor([], ["a"]) == 0


def test_an_unreadable_answer_scores_nothing_and_stays():
    rows = records([("the cat sat on the mat", ("the cat sat on the mat",))])
    whole = judge(rows, TASK).values
    assert all(whole[name] == pytest.approx(1) for name in ("bleu", "chrf", *ROUGE))
    half = judge(
        [*rows, Record(QUESTION, "the dog ate of the bone", (), Answer(None))], TASK
    ).values
    assert half["rouge_1"] == 0.5
    # only the words that are missing count
    assert half["bleu"] == pytest.approx(math.exp(1 - 12 / 6))


def test_alike_is_a_mean_over_the_rows_that_were_asked_about():
    rows = [Record(QUESTION, "x", (), Answer("y"), (), alike) for alike in (0.5, 0.9, None)]
    assert (
        judge(rows, Task(kind="answer", metrics=("embedding_similarity",))).values[
            "embedding_similarity"
        ]
        == 0.7
    )
    silent = judge(rows[2:], Task(kind="answer", metrics=("embedding_similarity",)))
    assert math.isnan(silent.values["embedding_similarity"])
