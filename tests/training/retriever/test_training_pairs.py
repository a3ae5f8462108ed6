"""What a retriever learns from: questions with their passages, cut and drawn."""

from dataclasses import replace

import pytest

from assay.core.errors import TrainError, UsageError
from assay.core.types import Document
from assay.training.retriever.encoder import TunedEncoder
from assay.training.retriever.training_pairs import GoldQuestion, cloze, in_batches, material
from helpers.retriever_lesson import toy


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
