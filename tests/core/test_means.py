"""What is lent to a step or an arm."""

import dataclasses

import pytest

from assay.core.means import Means


def test_nothing_is_lent_unless_it_is_given():
    means = Means()
    for name in ("embed", "generate", "open_model", "encoder_folder", "shelf"):
        assert getattr(means, name) is None
    assert means.tell({"event": "note"}) is None  # nobody has to listen
    assert means.key == b"" and means.documents == ()


def test_a_stage_cannot_change_what_others_were_lent():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Means().seed = 3
    assert dataclasses.replace(Means(seed=3), key=b"k").seed == 3
