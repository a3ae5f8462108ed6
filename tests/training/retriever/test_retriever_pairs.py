"""Pairs, candidates and losses: each against what can be counted by hand or computed in closed
form."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from assay.core.errors import TrainError, UsageError
from assay.core.types import Document
from assay.training.retriever.encoder import TunedEncoder
from assay.training.retriever.losses import binary, contrast, listwise, pairwise
from assay.training.retriever.mining import (
    by_words,
    first_stage,
    hard,
    nearest,
    reciprocal,
    words_of,
)
from assay.training.retriever.score_mixing import argsort_descending, best_mix, mix_scores, standard
from assay.training.retriever.trainer import rate
from assay.training.retriever.training_pairs import GoldQuestion, cloze, in_batches, material
from helpers.retriever_lesson import toy

UNIT = torch.nn.functional.normalize


# --- pairs ----------------------------------------------------------------------------------------


def test_rows_without_a_passage_are_left_out_counted_and_told(tmp_path):
    told = []
    lesson = toy(tmp_path, tmp_path, tell=told.append)
    stray = replace(lesson.train[0], id="stray", target="nowhere", found_in=("no-such-document",))
    found = material(
        "tuned_encoder", replace(lesson, train=(*lesson.train, stray), val=(stray,)), 10
    )
    assert (len(found.train), found.left_out, found.val) == (len(lesson.train), 1, ())
    assert found.train[0] == GoldQuestion(lesson.train[0].text, (0,))
    assert [event["text"] for event in told] == [
        "tuned_encoder: 1 of 25 training rows have no passage with their answer; they are left out",
        "tuned_encoder: no val row has a passage with its answer; the last weights are kept",
    ]


def test_no_row_with_a_passage_is_an_error_that_names_the_column(tmp_path):
    lesson = toy(tmp_path, tmp_path)
    rows = tuple(replace(row, found_in=(), target="nowhere") for row in lesson.train)
    with pytest.raises(TrainError) as caught:
        TunedEncoder().fit(replace(lesson, train=rows))
    (problem,) = caught.value.problems
    assert (problem.code, problem.place) == (
        "T090",
        "data.columns.found_in",
    ) and "found_in" in problem.help


def test_no_documents_and_no_rows_are_errors(tmp_path):
    lesson = toy(tmp_path, tmp_path)
    with pytest.raises(UsageError, match="C079"):
        TunedEncoder().fit(replace(lesson, documents=(Document("a", " "),)))
    with pytest.raises(TrainError, match="T002"):
        TunedEncoder().fit(replace(lesson, train=()))


def test_documents_that_come_whole_are_cut(tmp_path):
    lesson = toy(tmp_path, tmp_path)
    whole = Document("about-apple", "# Red\n\nAll about apples.\n\n# Cards\n\nAnd cards.")
    found = material("tuned_encoder", replace(lesson, documents=(whole, *lesson.documents[1:])), 10)
    assert found.passages == (
        *(document.text for document in lesson.documents[1:]),
        "Red. All about apples.",
        "Cards. And cards.",
    )
    assert found.train[0] == GoldQuestion("a apple", (5, 6))


def test_val_rows_are_drawn_with_the_seed(tmp_path):
    lesson = toy(tmp_path, tmp_path)
    some = material("tuned_encoder", lesson, 5).val
    assert len(some) == 5 and some == material("tuned_encoder", lesson, 5).val


def test_cloze_questions_are_sentences_of_their_passage():
    passages = [
        "Fees of the library. A card costs two euros a year. Lost ones cost five euros more.",
        "One. Two.",
        "A b c d e",
    ]
    made = cloze(passages, seed=1)
    assert len(made) == 2 and {row.place for row in made} == {0}
    for row in made:
        assert row.question in passages[0]
        rest = passages[0].replace(row.question, "").replace("  ", " ").strip()
        assert row.passage in (rest, passages[0])
    assert made[0].question == "Fees of the library." and made == cloze(passages, seed=1)


def test_one_cloze_passage_in_ten_keeps_its_sentence():
    passages = [
        f"The first sentence is number {i}. And this is the rest of it." for i in range(1000)
    ]
    kept = sum(row.passage == passages[row.place] for row in cloze(passages, seed=0))
    assert 160 <= kept <= 240  # of 2,000


def test_an_epoch_takes_each_row_once_in_even_batches():
    batches = in_batches(10, 4, seed=1, epoch=0)
    assert sorted(map(len, batches)) == [3, 3, 4] and sorted(
        row for batch in batches for row in batch
    ) == list(range(10))
    assert batches == in_batches(10, 4, seed=1, epoch=0) != in_batches(10, 4, seed=1, epoch=1)
    assert (
        in_batches(3, 8, seed=1, epoch=0)[0] != [] and len(in_batches(3, 8, seed=1, epoch=0)) == 1
    )


# --- candidates -----------------------------------------------------------------------------------


def test_search_by_words_leaves_out_what_shares_none():
    words = words_of(["red apple", "blue sky", "red sky sky"])
    assert by_words(words, "the skies", 3) == [2, 1] and by_words(words, "grass", 3) == []
    assert by_words(words_of(["!"]), "sky", 1) == []


def test_the_first_stage_mixes_words_and_cosines():
    # .4 + .6 / 2 for the sky, .6 for the grass, 0 for the apple.
    words = words_of(["red apple", "blue sky", "green grass"])
    assert first_stage(["sky"], words, np.array([[0.1, 0.5, 0.9]]), 2) == [[1, 2]]


def test_hard_negatives_are_neither_gold_nor_close_to_it():
    cosines = np.array([0.80, 0.79, 0.76, 0.50])
    assert hard(GoldQuestion("q", (0,)), [1, 2, 3, 0], cosines, 0.95) == [
        2,
        3,
    ]  # 0.95 x 0.80 = 0.76
    assert hard(GoldQuestion("q", (0, 1)), [1, 2, 3], cosines, 2.0) == [2, 3]


def test_ranks():
    assert nearest(np.array([0.1, 0.3, 0.3]), 2) == [1, 2]
    assert [reciprocal([4, 2, 9], gold) for gold in ([2], [9, 4], [7])] == [0.5, 1.0, 0.0]


# --- losses ---------------------------------------------------------------------------------------


def test_contrast_is_the_multiple_negatives_ranking_loss():
    # sentence-transformers 5: cross entropy of scale x cosine against the diagonal, all other
    # passages being negatives.
    draw = torch.Generator().manual_seed(0)
    questions, passages = (UNIT(torch.randn(n, 8, generator=draw), dim=-1) for n in (4, 6))
    loss = contrast(questions, passages, torch.arange(4), torch.zeros(4, 6, dtype=torch.bool), 20.0)
    scores = 20 * questions.double().numpy() @ passages.double().numpy().T
    expected = np.mean([np.log(np.exp(row).sum()) - row[i] for i, row in enumerate(scores)])
    assert float(loss) == pytest.approx(expected, abs=1e-5)


def test_another_gold_passage_in_the_batch_is_no_negative():
    questions, passages = torch.eye(2), torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    hidden = torch.tensor([[False, False, True], [False, False, False]])
    loss = contrast(questions, passages, torch.tensor([0, 1]), hidden, 1.0)
    first = np.log(np.e + 1) - 1  # passage 2 is as good as 0 and does not count
    second = np.log(np.e + 2) - 1
    assert float(loss) == pytest.approx((first + second) / 2, abs=1e-6)


def test_losses_of_a_group():
    scores = torch.tensor([[2.0, 1.0, -1.0]])
    assert float(listwise(scores)) == pytest.approx(np.log(1 + np.exp(-1) + np.exp(-3)), abs=1e-6)
    assert float(pairwise(scores)) == pytest.approx(
        (np.log1p(np.exp(-1)) + np.log1p(np.exp(-3))) / 2, abs=1e-6
    )
    expected = (np.log1p(np.exp(-2)) + np.log1p(np.exp(1)) + np.log1p(np.exp(-1))) / 3
    assert float(binary(scores)) == pytest.approx(expected, abs=1e-6)


def test_the_rate_rises_then_falls_to_a_tenth():
    rates = [rate(step, 100, 0.1) for step in range(100)]
    assert rates[:10] == pytest.approx([0.1 * (i + 1) for i in range(10)])
    assert (
        rates[10] == 1.0
        and rates[-1] == pytest.approx(0.1, abs=0.01)
        and rates[10:] == sorted(rates[10:])[::-1]
    )
    assert rate(0, 1, 0.0) == 1.0


# --- the mix --------------------------------------------------------------------------------------


def test_the_mix_goes_from_the_first_stages_order_to_the_rerankers():
    scores = np.array([0.0, 5.0, 1.0])
    assert argsort_descending(mix_scores(scores, 0.0)) == [0, 1, 2] and argsort_descending(
        mix_scores(scores, 1.0)
    ) == [1, 2, 0]
    assert argsort_descending(mix_scores(np.zeros(3), 0.5)) == [0, 1, 2]
    assert standard(np.array([1.0, 3.0])).tolist() == [-1.0, 1.0] and standard(
        np.array([4.0])
    ).tolist() == [0.0]
    assert mix_scores(np.array([]), 0.5).tolist() == []


def test_the_best_mix_makes_val_most_likely():
    right, wrong = np.array([0.0, 9.0, 0.0]), np.array([0.0, 0.0, 9.0])
    # the first stage is right, and sure at the highest sharpness
    assert best_mix([wrong], [[0]], None)[0] == 0.0
    assert best_mix([right], [[1]], None)[0] > 0.5
    # Half of the questions each way: neither alone.
    mix, value = best_mix([right, np.array([0.0, 0.1, 0.2])], [[1], [0]], None)
    assert 0 < mix < 1 and value > max(
        best_mix([right, np.array([0.0, 0.1, 0.2])], [[1], [0]], m)[1] for m in (0.0, 1.0)
    )


def test_the_likelihood_is_that_of_a_softmax_at_the_best_sharpness():
    # Standardised, [1, 0] is [1, -1]. The second is right: the flattest softmax, exp(-1/4) against
    # exp(1/4), is best.
    assert best_mix([np.array([1.0, 0.0])], [[1]], 1.0) == (
        1.0,
        pytest.approx(-np.log(1 + np.exp(0.5))),
    )
    assert best_mix([np.array([1.0, 0.0])], [[0, 1]], 1.0)[1] == pytest.approx(0)


def test_questions_without_a_right_candidate_say_nothing_of_the_mix():
    known = best_mix([np.array([0.0, 9.0, 0.0])], [[1]], None)
    assert best_mix([np.array([0.0, 9.0, 0.0]), np.array([1.0, 2.0])], [[1], []], None) == known
    assert best_mix([np.array([1.0, 2.0])], [[]], None) == (0.5, 0.0)
