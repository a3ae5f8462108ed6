"""The trained encoder and the reranker on a toy search that only training can solve; restored,
resumed, kept apart."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from assay.core.errors import Stopped
from assay.retrieval.encoders import EncoderPart
from helpers.nights import nightly_but
from helpers.retriever_lesson import encoder as build
from helpers.retriever_lesson import toy
from helpers.retriever_parts import both, part_of, right, said

pytestmark = pytest.mark.usefixtures("one_thread")


def listened(lesson):
    told = []
    return replace(lesson, means=replace(lesson.means, tell=told.append)), told


# --- learning -------------------------------------------------------------------------------------


@pytest.mark.slow
@both
def test_training_brings_questions_to_their_passages(lesson, kind):
    lesson = replace(lesson, val=lesson.train)  # what was learnt, not how far it carries
    given, told = listened(lesson)
    before = EncoderPart().fit(lesson)
    questions, texts = (
        [row.text for row in lesson.val],
        [document.text for document in lesson.documents],
    )
    assert right(before.vectors(questions) @ before.vectors(texts).T, lesson) < 0.5
    kept = part_of(kind, **({"mix": 1.0} if kind == "cross_encoder" else {})).fit(given)
    assert right(said(kept, lesson), lesson) > 0.9
    losses = [event["values"]["train"] for event in told if event["event"] == "progress"]
    assert np.mean(losses[-4:]) < np.mean(losses[:4]) / 2
    assert [event["done"] for event in told if event["event"] == "progress"] == list(
        range(1, len(losses) + 1)
    )


@pytest.mark.slow
@both
def test_an_epoch_over_the_documents_comes_first(lesson, kind):
    documents = tuple(
        replace(d, text=f"{d.text}. a lost card in a taxi. a refund in a taxi")
        for d in lesson.documents
    )
    kept = part_of(kind, warm="documents", epochs=1).fit(replace(lesson, documents=documents))
    assert len(kept.training["curve"]) == 2


# --- kept and resumed -----------------------------------------------------------------------------


@pytest.mark.slow
@both
def test_a_restored_part_says_the_same(lesson, tmp_path, kind):
    part = part_of(kind, epochs=2)
    kept = part.fit(lesson)
    (tmp_path / "part").mkdir()
    kept.save(tmp_path / "part")
    assert {path.suffix for path in (tmp_path / "part").iterdir()} == {".json", ".safetensors"}
    again = part.restore(tmp_path / "part", replace(lesson, train=(), val=(), documents=()))
    assert (said(again, lesson) == said(kept, lesson)).all()
    if kind == "tuned_encoder":
        assert again.digest == kept.digest


@both
def test_another_start_is_refused(lesson, tmp_path, kind):
    part = part_of(kind, epochs=1)
    part.fit(lesson).save(tmp_path)
    other = build(tmp_path / "other", ("more",))
    with pytest.raises(RuntimeError, match="is not the"):
        part.restore(
            tmp_path,
            replace(lesson, means=replace(lesson.means, encoder_folder=lambda name: other)),
        )


def stopping(step):
    def tell(event):
        if event["event"] == "progress" and event["unit"] == "step" and event["done"] == step:
            raise Stopped(15)

    return tell


@pytest.mark.slow
@both
@pytest.mark.parametrize("warm", nightly_but(["no"], ["no", "documents"]))
def test_interrupted_after_each_step_it_ends_in_the_same_bits(tmp_path, kind, warm):
    settings = {
        "epochs": 2,
        "batch_size": 8,
        "negatives": 2,
        "warm": warm,
        "micro_tokens": 64,
        "margin": 2.0,
    }
    settings |= {"refresh": "once"} if kind == "tuned_encoder" and warm == "no" else {}
    drops, steps = build(tmp_path / "drops", dropout=0.2), []

    def fitted(name, tell=steps.append):
        (tmp_path / name).mkdir(exist_ok=True)
        given = toy(drops, tmp_path / name, tell=tell)
        documents = tuple(
            replace(d, text=f"{d.text}. a lost card in a taxi") for d in given.documents
        )
        return part_of(kind, **settings).fit(replace(given, documents=documents))

    whole = fitted("whole")
    total = max(event["done"] for event in steps if event["event"] == "progress")
    assert total == (8 if warm == "documents" else 6)
    # By day inside an epoch, at its end, and inside the next.
    for step in range(1, total + 1) if warm == "documents" else (2, 3, 5):
        with pytest.raises(Stopped):
            fitted("run", stopping(step))
        torch.manual_seed(step)
    again = fitted("run")
    assert again.training == whole.training
    texts = ["a lost apple", "a card red"]
    if kind == "tuned_encoder":
        assert again.digest == whole.digest
    else:
        weights = [kept.reader.network.state_dict() for kept in (whole, again)]
        assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
        assert (again.scores(texts[:1], [texts])[0] == whole.scores(texts[:1], [texts])[0]).all()


# --- few ------------------------------------------------------------------------------------------


@both
def test_one_document(lesson, kind):
    rows = tuple(row for row in lesson.train if row.found_in == ("about-apple",))
    kept = part_of(kind, epochs=1).fit(
        replace(lesson, train=rows, val=(), documents=lesson.documents[:1])
    )
    assert np.isfinite(said(kept, replace(lesson, documents=lesson.documents[:1]))).all()


@both
def test_without_val_the_last_weights_are_kept(lesson, kind):
    kept = part_of(kind, epochs=2).fit(replace(lesson, val=()))
    assert (
        kept.training["best_step"] == 0
        and [set(p) for p in kept.training["curve"]] == [{"step", "train_loss"}] * 2
    )
    if kind == "cross_encoder":
        assert kept.mix == 0.5
    else:
        assert (kept.vectors(["a card"]) != EncoderPart().fit(lesson).vectors(["a card"])).any()
