"""What was found out about a network is used again, for the same network alone."""

import copy
import json

import pytest
import torch

from assay.models.inference import network_checks
from assay.models.inference.attention_check import (
    by_themselves,
    keeps,
    leave_trees,
    lends,
    pads,
    takes_trees,
)
from assay.models.inference.network_checks import CHECKS, NetworkChecks, note_of, read_note


def wrong(network):
    """Checks that say the opposite of what the network would be found to do: seen where they are
    used."""
    return NetworkChecks(network, {check.__name__: not check(network) for check in CHECKS})


def test_all_checks_are_those_of_the_network_by_itself(open_tiny):
    network = open_tiny().network
    found = NetworkChecks.run(network, by_themselves(network)).to_json()
    assert found == {check.__name__: check(network) for check in (takes_trees, lends, pads, keeps)}


def test_what_is_known_is_not_tried_again(open_tiny):
    network = open_tiny().network
    assert not any(wrong(network).passes(check, network) for check in CHECKS)
    assert all(NetworkChecks(network, {}).passes(check, network) for check in CHECKS)
    with torch.no_grad():
        checks = wrong(network)
        network.get_input_embeddings().weight.mul_(2)  # trained: built as it was
    assert not any(checks.passes(check, network) for check in CHECKS)


def adapt(network):
    mlp = network.base_model.layers[0].mlp
    mlp.up_proj = torch.nn.Sequential(mlp.up_proj, torch.nn.Identity())


def hook(network):
    network.base_model.layers[1].register_forward_hook(lambda module, given, out: out)


def prune(network):
    del network.base_model.layers[1]
    network.config.num_hidden_layers = 1


@pytest.mark.parametrize("change", [adapt, hook, prune, leave_trees, torch.nn.Module.double])
def test_a_network_that_is_built_otherwise_since_is_tried_anew(open_tiny, change):
    network = copy.deepcopy(open_tiny().network)
    checks = wrong(network)
    change(network)
    assert [checks.passes(check, network) for check in CHECKS] == [
        check(network) for check in CHECKS
    ]


def test_a_note_is_for_one_model_type_machine_and_code(tmp_path, monkeypatch):
    first = note_of(tmp_path, "weights", torch.float32)
    assert note_of(tmp_path, "weights", torch.float32) == first
    others = [
        note_of(tmp_path, "other weights", torch.float32),
        note_of(tmp_path, "weights", torch.bfloat16),
    ]
    for facts in ({"torch": "other"}, {"processor": "other"}):
        monkeypatch.setattr(network_checks, "numeric_environment", lambda facts=facts: facts)
        others.append(note_of(tmp_path, "weights", torch.float32))
    monkeypatch.undo()
    monkeypatch.setattr(network_checks.store, "file_digest", lambda path: "other code")
    others.append(note_of(tmp_path, "weights", torch.float32))
    assert len({first, *others}) == 6


PASSES = dict.fromkeys((check.__name__ for check in CHECKS), True)


@pytest.mark.parametrize(
    "noted",
    [
        [],
        {"attention": "sdpa"},
        {"attention": "sdpa", "passes": 1},
        {"attention": "sdpa", "passes": {"takes_trees": True}},
        {"attention": "sdpa", "passes": {**PASSES, "lends": 1}},
        {"attention": 1, "passes": PASSES},
    ],
    ids=str,
)
def test_a_note_that_is_damaged_tells_nothing(tmp_path, noted):
    (tmp_path / "note.json").write_text(json.dumps(noted))
    assert read_note(tmp_path / "note.json") is None


def test_a_note_is_read_where_it_is_whole(tmp_path):
    (tmp_path / "note.json").write_text(json.dumps({"attention": "sdpa", "passes": PASSES}))
    assert read_note(tmp_path / "note.json") == ("sdpa", PASSES)
    (tmp_path / "note.json").write_text('{"attention')
    assert read_note(tmp_path / "note.json") is None
    assert read_note(tmp_path / "none.json") is None
