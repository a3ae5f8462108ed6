"""The trained encoder and the reranker on a toy search that only training can solve; restored,
resumed, kept apart."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from assay.config import make_part
from assay.core.errors import ModelError, Stopped, TrainError
from assay.models.loading.folder_validation import admit
from assay.retrieval.encoders import EncoderPart
from assay.training.retriever.cross_encoder import is_ready
from assay.training.retriever.encoder import TunedEncoder
from assay.training.retriever.reranker import CrossEncoder
from assay.training.retriever.trainer import Course
from helpers.nights import nightly_but
from helpers.retriever_lesson import encoder as build
from helpers.retriever_lesson import toy

pytestmark = pytest.mark.usefixtures("one_thread")
QUICK = {"precision": "fp32", "weight_decay": 0.0, "warmup": 0.0}
ENCODER = {"learning_rate": 5e-3, "batch_size": 12, "epochs": 12, "patience": 12, **QUICK}
CROSS = {
    "learning_rate": 5e-3,
    "batch_size": 6,
    "negatives": 5,
    "epochs": 12,
    "patience": 12,
    **QUICK,
}
PARTS = {"tuned_encoder": ENCODER, "cross_encoder": CROSS}
both = pytest.mark.parametrize("kind", PARTS)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return build(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def classifier(encoder, tmp_path_factory):
    """A ready cross-encoder: the same body with a random head of one output."""
    return _classifier(encoder, tmp_path_factory.mktemp("classifier"), 1)


def _classifier(encoder, place, outputs):
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    config = BertConfig.from_pretrained(encoder, num_labels=outputs)
    BertForSequenceClassification(config).save_pretrained(place)
    AutoTokenizer.from_pretrained(encoder).save_pretrained(place)
    return place


@pytest.fixture
def lesson(encoder, tmp_path):
    (tmp_path / "work").mkdir()
    return toy(encoder, tmp_path / "work")


def part_of(kind, **settings):
    return make_part({"kind": kind, **PARTS[kind], **settings}, {})


def said(kept, lesson):
    """What a fitted part says of the lesson's val questions: cosines or scores, (questions,
    passages)."""
    questions, texts = (
        [row.text for row in lesson.val],
        [document.text for document in lesson.documents],
    )
    if isinstance(kept.training, dict) and hasattr(kept, "mix"):
        return np.array(kept.scores(questions, [texts] * len(questions)))
    return kept.vectors(questions, query=True) @ kept.vectors(texts).T


def right(values, lesson):
    """Share of the val questions whose passage is ranked first."""
    ids = [document.id for document in lesson.documents]
    return np.mean(
        [
            ids[row.argmax()] == f"{e.found_in[0]}#1"
            for row, e in zip(values, lesson.val, strict=True)
        ]
    )


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
@pytest.mark.parametrize("loss", nightly_but(["binary"], ["pairwise", "binary"]))
def test_each_loss_of_the_reranker_learns(lesson, loss):
    lesson = replace(lesson, val=lesson.train)
    kept = part_of("cross_encoder", loss=loss, mix=1.0, epochs=20, patience=20).fit(lesson)
    assert right(said(kept, lesson), lesson) > 0.9


def test_weights_that_are_not_better_on_val_are_not_kept(lesson):
    kept = part_of("tuned_encoder", learning_rate=1e-12, epochs=2).fit(lesson)
    assert kept.training["best_step"] == 0
    start = EncoderPart().fit(lesson)
    assert (
        kept.vectors(["a card"]) == start.vectors(["a card"])
    ).all() and kept.digest != start.digest


def test_parts_of_a_batch_give_the_gradient_of_the_whole(lesson, tmp_path):
    def once(name, **settings):
        (tmp_path / name).mkdir()
        means = replace(lesson.means, workdir=tmp_path / name)
        return part_of("tuned_encoder", epochs=1, batch_size=24, **settings).fit(
            replace(lesson, val=(), means=means)
        )

    # One step without dropout, of 24 questions: its weights are those of the same step computed in
    # parts.
    whole, parts = once("whole"), once("parts", micro_tokens=64)
    assert whole.training["curve"][0]["train_loss"] == pytest.approx(
        parts.training["curve"][0]["train_loss"], abs=1e-5
    )
    weights = [kept._embed.network.state_dict() for kept in (whole, parts)]
    moved = EncoderPart().fit(lesson)._embed.network.state_dict()
    name = "encoder.layer.0.attention.self.value.weight"
    assert (weights[0][name] - moved[name]).abs().max() > 4e-3
    # AdamW's first step is the sign of the gradient: it is the same where the gradient is not
    # nearly zero.
    assert (weights[0][name] - weights[1][name]).abs().mean() < 1e-4


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
    for step in range(1, total + 1):
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


def test_a_loss_that_is_no_number_stops_the_training(lesson):
    network = torch.nn.Linear(2, 1)
    course = Course(
        network,
        TunedEncoder(),
        0,
        [1],
        lambda *_: None,
        lambda *_: float("nan"),
        None,
        lesson.workdir,
        print,
    )
    with pytest.raises(TrainError, match="T001"):
        course.run()


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


def test_scores_of_no_questions_and_no_passages(lesson):
    kept = part_of("cross_encoder", epochs=1).fit(lesson)
    assert kept.scores([], []) == []
    assert [len(s) for s in kept.scores(["a card", "a taxi"], [[], ["a card"]])] == [0, 1]


def test_scores_do_not_depend_on_company(lesson):
    kept = part_of("cross_encoder", epochs=1, mix=1.0).fit(lesson)
    texts = [document.text for document in lesson.documents]
    together = kept.scores(["a lost apple", "sky"], [texts, texts[:3]])
    assert together[0] == pytest.approx(kept.scores(["a lost apple"], [texts])[0], abs=2e-3)


# --- ready cross-encoders -------------------------------------------------------------------------


def ready(lesson, folder):
    named = {"ready": folder}
    start = lesson.means.encoder_folder
    return replace(
        lesson,
        means=replace(lesson.means, encoder_folder=lambda name: named.get(name) or start(name)),
    )


def test_a_ready_cross_encoder_scores_as_transformers_does(lesson, classifier):
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    part = CrossEncoder(model="ready", epochs=0, mix=1.0, precision="fp32")
    assert part.encoders() == ("ready",)
    kept = part.fit(ready(lesson, classifier))
    texts = [document.text for document in lesson.documents]
    tokenizer = AutoTokenizer.from_pretrained(classifier)
    network = AutoModelForSequenceClassification.from_pretrained(classifier).eval()
    with torch.no_grad():
        logits = network(
            **tokenizer(["a lost apple"] * 6, texts, return_tensors="pt", padding=True)
        ).logits[:, 0]
    expected = (logits - logits.mean()) / logits.std(correction=0)
    assert kept.scores(["a lost apple"], [texts])[0] == pytest.approx(
        expected.double().numpy(), abs=5e-2
    )


def test_a_ready_cross_encoder_passes_the_gate(classifier, encoder, tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path))
    # Its part names it among the sentence encoders, so it is judged as one.
    assert is_ready(admit(classifier, kind="embedder"))
    assert not is_ready(admit(encoder, kind="embedder"))


def test_a_ready_cross_encoder_may_choose_its_mix_and_comes_back(lesson, classifier, tmp_path):
    part = CrossEncoder(model="ready", epochs=0, precision="fp32")
    assert part.encoders() == ("ready", "minilm-l6")
    given = ready(lesson, classifier)
    kept = part.fit(given)
    kept.save(tmp_path)
    assert [path.name for path in tmp_path.glob("*.safetensors")] == []
    again = part.restore(tmp_path, given)
    assert again.mix == kept.mix and (said(again, lesson) == said(kept, lesson)).all()


def test_a_ready_cross_encoder_can_be_trained_further(lesson, classifier, tmp_path):
    apples = tuple(row for row in lesson.train if row.found_in == ("about-apple",))
    given = ready(replace(lesson, train=apples, val=apples), classifier)
    kept = part_of("cross_encoder", model="ready", mix=1.0).fit(given)
    losses = [point["train_loss"] for point in kept.training["curve"]]
    assert losses[-1] < 0.5 * losses[0] and right(said(kept, given), given) == 1
    kept.save(tmp_path)
    again = part_of("cross_encoder", model="ready", mix=1.0).restore(tmp_path, given)
    assert (said(again, given) == said(kept, given)).all()


def test_epochs_0_needs_a_ready_cross_encoder(lesson):
    with pytest.raises(TrainError, match="T091"):
        CrossEncoder(epochs=0).fit(lesson)


def test_a_classifier_of_several_outputs_is_refused(lesson, encoder, tmp_path):
    with pytest.raises(ModelError, match="M096"):
        CrossEncoder(model="ready", epochs=0).fit(
            ready(lesson, _classifier(encoder, tmp_path / "three", 3))
        )


# --- settings -------------------------------------------------------------------------------------


@both
def test_settings_come_back_from_json(kind):
    part = part_of(kind)
    assert make_part({"kind": part.kind, **part.non_defaults()}, {}) == part
    assert part.reads == ("train", "val", "documents") and part.needs(
        "base"
    ) == part.encoders() == ("minilm-l6",)


def test_a_mix_is_a_share():
    with pytest.raises(Exception, match="mix"):
        CrossEncoder(mix=1.5)


@both
def test_its_card_names_every_setting(kind):
    card = (Path(__file__).parents[2] / "docs" / "methods" / f"{kind}.md").read_text()
    assert not [
        name
        for name in type(part_of(kind)).model_fields
        if name != "kind" and f"| `{name}` |" not in card
    ]
