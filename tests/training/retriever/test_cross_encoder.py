"""The network that reads question and passage together."""

import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from assay.core.errors import ModelError
from assay.models.loading.folder_validation import admit
from assay.training.retriever.cross_encoder import Joint, PairScorer, is_ready
from assay.training.retriever.reranker import CrossEncoder
from helpers.problems import problem
from helpers.retriever_parts import classifier_of, ready

pytestmark = pytest.mark.usefixtures("one_thread")


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


def test_a_classifier_of_several_outputs_is_refused(lesson, encoder, tmp_path):
    with pytest.raises(ModelError, match="M096"):
        CrossEncoder(model="ready", epochs=0).fit(
            ready(lesson, classifier_of(encoder, tmp_path / "three", 3))
        )


def test_before_a_step_the_score_is_ten_times_the_cosine_of_the_two_means(encoder):
    network = Joint(encoder).eval()
    scorer = PairScorer(encoder, network, 64, bf16=False)
    pairs = [("a lost apple", "a card red in a taxi"), ("sky", "refund")]
    with torch.no_grad():
        (_, (padded, first, second)), *_ = scorer.parts(pairs, 10_000)
        hidden = network.body(**padded).last_hidden_state
        wanted = []
        for row, asked, told in zip(hidden, first, second, strict=True):
            one, other = row[asked].mean(0), row[told].mean(0)
            wanted.append(10 * torch.nn.functional.cosine_similarity(one, other, dim=0))
        found = scorer.forward((padded, first, second))
    torch.testing.assert_close(found, torch.stack(wanted), atol=1e-4, rtol=1e-4)
    # No token is both question and passage, and marks and padding are neither.
    assert (
        not (first & second).any()
        and not ((first | second) & (padded["attention_mask"] == 0)).any()
    )


def test_pairs_of_like_length_are_computed_together_and_none_is_lost(encoder):
    scorer = PairScorer(encoder, Joint(encoder).eval(), 32, bf16=False)
    pairs = [("a " * n, "card " * n) for n in (1, 9, 2, 30, 3)]
    parts = scorer.parts(pairs, 40)
    assert sorted(number for numbers, _ in parts for number in numbers) == list(range(5))
    assert len(parts) > 1
    for numbers, (padded, _, _) in parts:
        assert padded["input_ids"].numel() <= 40 or len(numbers) == 1
        assert padded["input_ids"].shape[1] <= 32  # what is longer was cut


def test_a_ready_cross_encoder_without_the_weights_of_its_head_is_refused(classifier, tmp_path):
    place = shutil.copytree(classifier, tmp_path / "headless")
    held = load_file(place / "model.safetensors")
    save_file(
        {name: one for name, one in held.items() if not name.startswith("classifier.")},
        place / "model.safetensors",
        {"format": "pt"},
    )
    with problem(ModelError, "M092", None, "classifier"):
        Joint(place)
