"""The trunk on the disk: read again when it is whole and of the same rows, computed again when it
is not."""

import pytest

from assay.core.errors import Stopped
from assay.models.tokenizer.chat_tokens import Encoded
from assay.training.decoder_layers import decoder_layers
from assay.training.frozen_layer_cache import Trunk
from helpers.trunks import OWN, counted, network_of, rows_of, silent, trained


def test_a_whole_file_is_read_again_and_gives_the_same_bits(tmp_path):
    network, sequences = network_of(OWN), rows_of()
    Trunk(network, 2, sequences, tmp_path, pad=0, group=16).fill(silent)
    first = (tmp_path / "trunk.part").read_bytes()
    again = Trunk(network, 2, sequences, tmp_path, pad=0, group=16)
    with counted(decoder_layers(network)) as calls:
        again.fill(silent)
    assert calls == [0] * 4
    (tmp_path / "trunk.json").unlink()
    Trunk(network, 2, sequences, tmp_path, pad=0, group=16).fill(silent)
    assert (tmp_path / "trunk.part").read_bytes() == first


def damage_cut(folder):
    data = (folder / "trunk.part").read_bytes()
    (folder / "trunk.part").write_bytes(data[:-3])


def damage_bit(folder):
    data = bytearray((folder / "trunk.part").read_bytes())
    data[7] ^= 4
    (folder / "trunk.part").write_bytes(data)


def damage_gone(folder):
    (folder / "trunk.part").unlink()


def damage_mark(folder):
    (folder / "trunk.json").write_text('{"first": 2')


@pytest.mark.parametrize("damage", [damage_cut, damage_bit, damage_gone, damage_mark])
def test_a_damaged_file_is_computed_again(tmp_path, damage):
    network, sequences = network_of(OWN), rows_of()
    Trunk(network, 2, sequences, tmp_path, pad=0).fill(silent)
    whole = (tmp_path / "trunk.part").read_bytes()
    damage(tmp_path)
    Trunk(network, 2, sequences, tmp_path, pad=0).fill(silent)
    assert (tmp_path / "trunk.part").read_bytes() == whole


def test_other_rows_or_another_layer_are_computed_anew(tmp_path):
    network, sequences = network_of(OWN), rows_of()
    Trunk(network, 2, sequences, tmp_path, pad=0).fill(silent)
    other = [Encoded([11, *s.ids[1:]], s.learnt) for s in sequences]
    for first, rows in ((2, other), (3, other)):
        with counted(decoder_layers(network)) as calls:
            Trunk(network, first, rows, tmp_path, pad=0).fill(silent)
        assert calls[0] > 0


def test_a_first_pass_that_was_stopped_begins_anew(tmp_path):
    network, sequences = network_of(OWN), rows_of()
    Trunk(network, 2, sequences, tmp_path / "whole", pad=0, group=16).fill(silent)

    def stop(event):
        assert (event["total"], event["unit"]) == (9, "row")
        raise Stopped

    with pytest.raises(Stopped):
        Trunk(network, 2, sequences, tmp_path / "run", pad=0, group=16).fill(stop)
    assert not network.training
    told = []
    Trunk(network, 2, sequences, tmp_path / "run", pad=0, group=16).fill(told.append)
    assert told[-1]["done"] == 9
    files = [(tmp_path / name / "trunk.part").read_bytes() for name in ("whole", "run")]
    assert files[0] == files[1]


def test_a_trunk_that_is_too_large_is_not_made_and_that_is_said(tmp_path):
    network, told = network_of(OWN), []
    weights = trained(network, 2)
    assert (
        Trunk.of(
            network, weights, rows_of(), tmp_path, pad=0, tree=True, tell=told.append, limit=1000
        )
        is None
    )
    assert [event["event"] for event in told] == ["note"]
    assert not list(tmp_path.iterdir())
    assert (
        Trunk.of(
            network, trained(network, 0), rows_of(), tmp_path, pad=0, tree=True, tell=told.append
        )
        is None
    )
    assert len(told) == 1
