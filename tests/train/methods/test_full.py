import pytest
import torch

from assay.nouns import Lesson
from assay.train import Full


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_saved_model_comes_back_to_the_same_weights(lesson, open_tiny, tmp_path, dtype, one_thread):
    from safetensors.torch import load_file

    given: Lesson = lesson("classify", open_model=lambda name: open_tiny(name, dtype=dtype))
    strategy = Full(learning_rate=3e-3, epochs=1, batch_size=6)
    arm = strategy.fit(given)
    arm.save(tmp_path)
    again = strategy.restore(tmp_path, given)
    first, second = arm.model.network.state_dict(), again.model.network.state_dict()
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    base = open_tiny(dtype=dtype).network.state_dict()
    assert all(not torch.equal(first[name], base[name]) for name in first if first[name].ndim > 1)
    # The output layer is the input layer, and is stored once.
    tensors = load_file(tmp_path / "model.safetensors")
    assert len(tensors) == len(first) - 1
    assert {tensor.dtype for tensor in tensors.values()} == {dtype}
    assert (again.curve, again.ended, again.room) == (arm.curve, arm.ended, arm.room)


def test_it_learns_a_toy_mapping(lesson, one_thread):
    given = lesson("answer")
    arm = Full(learning_rate=3e-3, epochs=16, batch_size=6, patience=16).fit(given)
    answers = arm.answer([row.question for row in given.train])
    assert [answer.text for answer in answers] == [row.target for row in given.train]
