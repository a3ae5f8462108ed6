"""A strategy begins where there is room for it, and always where it is alone."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from assay.runtime.arms.memory_room import MemoryRoom, guess_need
from helpers.small_projects import load_project


def test_what_does_not_fit_beside_the_others_waits_for_them():
    room, inside = MemoryRoom(10), []
    gate = threading.Barrier(3, timeout=60)

    def small():
        with room.take(5):
            inside.append("small")
            gate.wait()
            gate.wait()
            inside.remove("small")

    def large():
        with room.take(6):
            return list(inside)

    with ThreadPoolExecutor(3) as pool:
        pool.submit(small)
        pool.submit(small)
        gate.wait()
        assert inside == ["small", "small"]  # the two fit together
        last = pool.submit(large)
        gate.wait()
        assert last.result(60) == []


def test_what_is_larger_than_the_machine_begins_alone():
    room = MemoryRoom(1)
    with room.take(100):
        pass
    with pytest.raises(ZeroDivisionError), room.take(100):
        1 / 0  # noqa: B018
    with room.take(1):
        pass  # what failed has left


def test_a_training_takes_more_than_a_prompt_and_both_more_than_their_weights(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.safetensors").write_bytes(b"0" * 1000)
    (tmp_path / "model" / "tokenizer.json").write_bytes(b"0" * 5000)
    models = {"nowhere": {"folder": str(tmp_path / "model")}}
    arms = "compare: [{kind: majority}, {kind: shots, k: 0}, {kind: lora}]\n"
    project = load_project(tmp_path / "project", arms=arms)
    floor, prompt, training = (
        guess_need(arm, project.model, models) for arm in project.arms.values()
    )
    far = {"nowhere": {"remote": {}}}
    prompted = [*project.arms.values()][1]
    assert prompt - guess_need(prompted, project.model, far) == 2500
    assert floor < prompt < training
