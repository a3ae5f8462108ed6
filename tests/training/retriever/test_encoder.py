"""The trained sentence encoder."""

from dataclasses import replace

import pytest

from assay.retrieval.encoders import EncoderPart
from helpers.retriever_parts import part_of

pytestmark = pytest.mark.usefixtures("one_thread")


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
