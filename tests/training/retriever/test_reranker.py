"""The reranker: trained, ready, and mixed with the first stage."""

from dataclasses import replace

import pytest

from assay.core.errors import TrainError
from assay.training.retriever.reranker import CrossEncoder
from helpers.nights import nightly_but
from helpers.retriever_parts import part_of, ready, right, said

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.slow
@pytest.mark.parametrize("loss", nightly_but(["binary"], ["pairwise", "binary"]))
def test_each_loss_of_the_reranker_learns(lesson, loss):
    lesson = replace(lesson, val=lesson.train)
    kept = part_of("cross_encoder", loss=loss, mix=1.0, epochs=20, patience=20).fit(lesson)
    assert right(said(kept, lesson), lesson) > 0.9


def test_scores_of_no_questions_and_no_passages(lesson):
    kept = part_of("cross_encoder", epochs=1).fit(lesson)
    assert kept.scores([], []) == []
    assert [len(s) for s in kept.scores(["a card", "a taxi"], [[], ["a card"]])] == [0, 1]


def test_scores_do_not_depend_on_company(lesson):
    kept = part_of("cross_encoder", epochs=1, mix=1.0).fit(lesson)
    texts = [document.text for document in lesson.documents]
    together = kept.scores(["a lost apple", "sky"], [texts, texts[:3]])
    assert together[0] == pytest.approx(kept.scores(["a lost apple"], [texts])[0], abs=2e-3)


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


def test_a_mix_is_a_share():
    with pytest.raises(Exception, match="mix"):
        CrossEncoder(mix=1.5)
