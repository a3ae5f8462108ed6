"""Which layers are trained, for how many epochs, on which batches."""

from dataclasses import replace
from functools import partial

import pytest
from transformers import AlbertConfig, AutoModel

from assay.config import make_strategy
from assay.config.complaints import SettingsError
from assay.core.errors import TrainError
from assay.strategies.encoders.encoder_settings import freeze_below, shuffle_batches
from helpers.encoder_rows import both, strategy

pytestmark = pytest.mark.usefixtures("one_thread")


@both
def test_how_many_layers_are_trained(lesson, kind, two_layers):
    given = replace(lesson(folder=two_layers), val=())
    frozen = partial(strategy, kind, epochs=1, words="frozen")
    first = {layers: frozen(layers=layers).fit(given).trained[0] for layers in (1, "half", "all")}
    assert first[1].startswith("encoder.layer.1.") and first[1] == first["half"]
    assert first["all"].startswith("embeddings.position")
    with pytest.raises(TrainError, match="T041"):
        frozen(layers=3).fit(given)
    with pytest.raises(SettingsError, match="leave `layers` out"):
        strategy(kind, layers=1, words="trained")


def test_layers_that_share_their_weights_are_all_trained():
    shared = AutoModel.from_config(
        AlbertConfig(
            vocab_size=50,
            hidden_size=16,
            intermediate_size=16,
            num_attention_heads=2,
            embedding_size=8,
        )
    )
    freeze_below(shared, "half")
    assert all(weight.requires_grad for weight in shared.parameters())


@pytest.mark.parametrize(
    ("tokens", "setfit", "encoder"), [(1_000, 7, 10), (18_000, 7, 8), (40_000, 3, 3), (10**7, 3, 3)]
)
def test_epochs_are_derived_from_what_is_read(tokens, setfit, encoder):
    found = [make_strategy({"kind": kind}, {}).rounds(tokens) for kind in ("setfit", "encoder")]
    assert found == [setfit, encoder] and strategy("setfit", epochs=12).rounds(tokens) == 12


@pytest.mark.parametrize("count", [1, 2, 4, 6, 7, 9])
def test_each_row_is_read_once_an_epoch_and_none_alone(count):
    for epoch in range(3):
        batches = shuffle_batches(count, 3, 5, epoch)
        assert sorted(row for batch in batches for row in batch) == list(range(count))
        # A single row has nothing to be compared with: it goes to the step before it.
        assert len(batches) == 1 or min(map(len, batches)) > 1
    assert shuffle_batches(9, 3, 5, 0) != shuffle_batches(9, 3, 5, 1)
