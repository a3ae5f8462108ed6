"""The first loss of setfit written out; what stands in a batch together; what is trained."""

from dataclasses import replace

import pytest
import torch

from assay.models.embeddings import Embedder
from assay.strategies.encoders.contrastive_losses import batch_contrast, pair_cosine
from assay.strategies.encoders.label_targets import label_indicators
from assay.strategies.encoders.setfit import Tuning
from helpers.encoder_rows import COLOURS, strategy

pytestmark = pytest.mark.usefixtures("one_thread")


def test_the_first_loss_of_setfit_is_the_contrast_of_rows_and_names(lesson, encoder):
    given = replace(lesson(), val=())
    arm = strategy("setfit", epochs=1, batch_size=12, scale=7.0).fit(given)
    vectors = torch.from_numpy(Embedder(encoder)([*(row.text for row in given.train), *COLOURS]))
    same = torch.tensor([[float(a.target == b.target) for b in given.train] for a in given.train])
    named = torch.tensor([[float(a.target == label) for label in COLOURS] for a in given.train])
    expected = float(batch_contrast(vectors, torch.cat([same, named], 1), 7.0))
    assert arm.training["curve"][0]["train_loss"] == pytest.approx(expected, rel=1e-4)


def test_the_first_loss_of_pairs_is_that_of_the_pairs_drawn(lesson, encoder):
    given = replace(lesson(), val=())
    settings = strategy("setfit", objective="pairs", epochs=1, batch_size=12)
    loss = settings.fit(given).training["curve"][0]["train_loss"]
    vectors = torch.from_numpy(Embedder(encoder)([row.text for row in given.train]))
    cosines = (vectors @ vectors.T).clamp(-1, 1)
    same = torch.tensor([[a.target == b.target for b in given.train] for a in given.train])
    other = ~torch.eye(12, dtype=torch.bool)
    errors = [(cosines[rows] - value) ** 2 for rows, value in ((same & other, 1.0), (~same, 0.0))]
    # Each row has one pair of each sort: the loss lies between the means of the smallest and of the
    # largest errors.
    assert sum(e.min() for e in errors) / 2 <= loss <= sum(e.max() for e in errors) / 2
    assert loss == pytest.approx(sum(float(e.mean()) for e in errors) / 2, rel=0.5)
    assert float(pair_cosine(vectors, vectors, torch.ones(12))) == pytest.approx(0, abs=1e-6)


def test_rows_of_a_label_stand_together(lesson, encoder):
    tuning = Tuning(strategy("setfit", batch_size=4), Embedder(encoder), lesson())
    for epoch in range(3):
        batches = tuning._batches(epoch)
        assert sorted(number for batch in batches for number in batch) == list(range(12))
        places = label_indicators(tuning.lesson.train, tuning.lesson.task).argmax(1)
        assert all((places[batch][::2] == places[batch][1::2]).all() for batch in batches)


@pytest.mark.parametrize(("count", "sizes"), [(4, [4]), (6, [3, 3]), (7, [3, 4])])
def test_a_row_that_is_left_over_joins_the_step_before_it(lesson, encoder, count, sizes):
    given = replace(lesson(), train=lesson().train[:count])
    settings = strategy("setfit", objective="pairs", batch_size=3)
    batches = Tuning(settings, Embedder(encoder), given)._batches(0)
    assert [len(batch) for batch in batches] == sizes
    assert sorted(row for batch in batches for row in batch) == list(range(count))


def test_the_lower_half_stays_and_is_not_kept(lesson, two_layers):
    arm = strategy("setfit", epochs=1, words="frozen").fit(
        replace(lesson(folder=two_layers), val=())
    )
    came, is_now = Embedder(two_layers).network.state_dict(), arm.embed.network.state_dict()
    changed = {name for name in came if not torch.equal(came[name], is_now[name])}
    assert (
        changed
        == set(arm.trained)
        == {name for name in came if name.startswith("encoder.layer.1.")}
    )
