"""Test rows that train says in other words: pairs that are alike and stand out."""

import json
from pathlib import Path

import numpy as np
import pytest

from assay.core.errors import LeakError
from assay.core.types import Means
from assay.data.paraphrase_leaks import alike, candidates, stand_outs
from assay.data.pipeline import run
from assay.data.split import Split

WIDTH = 64


def units(n, seed, around=None, near=0.0):
    """n random unit vectors; with `around`, each at a cosine of about `near` to that vector."""
    draw = np.random.default_rng(seed)
    rows = draw.normal(size=(n, WIDTH))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    if around is not None:
        rows -= (rows @ around)[:, None] * around
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        rows = near * around + np.sqrt(1 - near**2) * rows
    return rows.astype(np.float32)


def test_twins_stand_out_and_a_dense_label_does_not():
    # 40 rows apart from each other with one twin each at a cosine of .9; and a label whose rows are
    # all alike: two rows at .95 to its middle have a cosine of .95 ** 2 = .9 with each other.
    one = units(40, 0)
    twins = np.concatenate([units(1, at, row, 0.9) for at, row in enumerate(one, 100)])
    dense = units(120, 7, units(1, 8)[0], 0.95)
    held, learnt = np.concatenate([one, dense[:40]]), np.concatenate([twins, dense[40:]])
    place, other, cosine = stand_outs(held, learnt, 0.85)
    assert place.tolist() == other.tolist() == list(range(40))
    assert cosine == pytest.approx(0.9, abs=1e-3)
    # By the cosine alone the dense label is named too.
    assert len(set(stand_outs(held, learnt, 0.85, 0.0)[0].tolist())) == 80


def test_one_learnt_row_has_nothing_to_stand_out_from():
    row = units(1, 0)
    place, other, _ = stand_outs(row, row, 0.85)
    assert (place.tolist(), other.tolist()) == ([0], [0])


def test_without_rows_nothing_is_alike():
    assert [len(column) for column in alike(units(3, 0)[:0], units(3, 0), 0.8)] == [0, 0, 0]


def test_far_rows_do_not_stand_out():
    row = units(1, 0)
    assert not len(stand_outs(row, units(3, 5), 0.85)[0])


@pytest.fixture
def twinned(make, sentences):
    """30 of 100 test rows have a twin in train that shares no word with them, as far as an encoder
    can tell."""
    texts = sentences(300)
    train = make([(text, "ab"[at % 2]) for at, text in enumerate(texts[:200])], "train")
    test = make([(text, "ab"[at % 2]) for at, text in enumerate(texts[200:])], "test")
    place = {text: at for at, text in enumerate(texts)} | {
        row.text: at for at, row in enumerate(train[:30], 200)
    }
    vectors = units(300, 1)

    def embed(asked):
        return vectors[[place[text] for text in asked]]

    return train, test, embed


def curated(train, test, embed, **settings):
    split = {
        "official": True,
        "steps": (),
        "split": Split(**settings),
        "task_kind": "classify",
        "seed": 0,
    }
    return run(
        train[:-50], train[-50:], test, **split, means=Means(embed=embed), tell=lambda event: None
    )


def test_they_are_counted_and_told_and_stay(twinned):
    train, test, embed = twinned
    result = curated(train, test, embed)
    counts = {"paraphrase": 30, "paraphrase_near": 30, "paraphrase_of": 100, "paraphrase_from": 0.8}
    assert result.reworded.counts() == counts
    assert [(pair.left.ids, pair.right.ids) for pair in result.reworded.pairs] == [
        ((f"train-{at}",), (f"test-{at}",)) for at in range(1, 31)
    ]
    warning = next(warning for warning in result.warnings if warning["code"] == "D252")
    assert (
        warning["count"] == 30
        and "30 of 100 test rows" in warning["text"]
        and "paraphrase: " in warning["text"]
    )
    assert (len(result.train), len(result.val)) == (150, 50)


@pytest.mark.slow
def test_with_a_threshold_they_are_leaks(twinned):
    train, test, embed = twinned
    result = curated(train, test, embed, paraphrase=0.75, leaks="repair")
    gone = {
        line["id"]: (line["reason"], line["kept"])
        for line in result.ledger
        if line["action"] == "dropped"
    }
    told = {"train-1": ("says what a test row says in other words", "test-1")}
    assert {**gone, **told} == gone and len(gone) == 30 and len(result.test) == 100
    with pytest.raises(LeakError, match="D050") as stopped:
        curated(train, test, embed, paraphrase=0.75)
    assert "paraphrase" in str(stopped.value)
    names = tuple(pair.id for pair in curated(train, test, embed).reworded.pairs)
    assert len(curated(train, test, embed, paraphrase=0.75, leaks=names).train) == 150


@pytest.mark.slow
def test_they_are_not_looked_for_without_an_encoder_or_when_refused(twinned):
    train, test, embed = twinned
    for result in (curated(train, test, None), curated(train, test, embed, paraphrase=None)):
        assert result.reworded.counts() == {"paraphrase": None}
    assert len(curated(train, test, None).train) == len(curated(train, test, embed).train)


@pytest.mark.slow
def test_what_is_looked_at_hangs_on_texts_not_on_the_order_of_the_file(twinned, monkeypatch):
    train, test, embed = twinned
    monkeypatch.setattr("assay.data.pipeline.HELD", 40)
    found = [curated(train, rows, embed).reworded for rows in (test, test[::-1])]
    assert {pair.id for pair in found[0].pairs} == {pair.id for pair in found[1].pairs}
    assert found[0].looked["test"] == 40


def test_the_rows_nearest_by_letters_are_read():
    learnt = [f"row {at} about nothing" for at in range(50)] + [
        "When can I expect my new card?",
        "Is my ticket valid?",
    ]
    found = candidates(["when will my new card arrive"], learnt, 2)
    assert len(found) == 2 and 50 in found
    assert candidates(["anything"], learnt[:2], 5) == [0, 1]


@pytest.mark.real
def test_real_twins_are_told_from_other_questions_by_the_real_encoder(shared_data, make):
    """29 questions of xquad that were rewritten by hand in the way of translating there and back,
    among others: nearly all have a cosine of .8 and stand out, and hardly any other question is
    found."""
    from assay.models.embeddings import Embedder
    from assay.models.loading.find import find

    lines = (Path(__file__).parent / "fixtures/reworded_by_hand.tsv").read_text().splitlines()
    twins = [line.split("\t") for line in lines]
    text = next(shared_data("xquad", whole=True).glob("*en*.json")).read_text()
    asked = [
        q["question"]
        for one in json.loads(text)["data"]
        for p in one["paragraphs"]
        for q in p["qas"]
    ]
    others = [question for question in asked if question not in {first for first, _ in twins}]
    train = make([(text, "x") for text in [*(other for _, other in twins), *others[:120]]], "train")
    test = make([(text, "x") for text in [*(first for first, _ in twins), *others[-71:]]], "test")
    embed = Embedder(find("minilm-l6", kind="embedder").folder)
    result = curated(train, test, embed)
    found = {pair.right.ids[0]: pair.left.ids[0] for pair in result.reworded.pairs}
    right = sum(found.get(f"test-{at}") == f"train-{at}" for at in range(1, 30))
    assert (
        right >= 24
        and len(found) - right <= 2
        and "D252" in [warning["code"] for warning in result.warnings]
    )
