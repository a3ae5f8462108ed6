"""Adapters combined: sums that are known by hand or from PEFT."""

import pytest
import torch

from assay.core.errors import ModelError
from assay.strategies.training.lora import Lora
from assay.training.adapters.lora_combination import (
    beside,
    blend_adapters,
    dare,
    delta_weights,
    factorise,
    pad_rank,
    read_all,
    read_products,
    ties,
)
from helpers.adapters import saved, taught, their_warnings

pytestmark = pytest.mark.usefixtures("one_thread")


def pair(rank, seed, out=6, inside=5):
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(rank, inside, generator=draw), torch.randn(out, rank, generator=draw)


def change(product):
    return product[1] @ product[0]


def test_the_average_is_the_mean_of_the_changes_whatever_the_ranks():
    adapters = [{"x": pair(2, 1), "y": pair(2, 2)}, {"x": pair(3, 3)}]
    found = blend_adapters(adapters, "average")
    assert found.rank == 5 and found.kept == 1.0
    wanted = (change(adapters[0]["x"]) + change(adapters[1]["x"])) / 2
    torch.testing.assert_close(change(found.products["x"]), wanted, atol=1e-6, rtol=1e-5)
    # The second adapter leaves y alone: it says 0 there, and counts.
    torch.testing.assert_close(
        change(found.products["y"]), change(adapters[0]["y"]) / 2, atol=1e-6, rtol=1e-5
    )
    assert {len(a) for a, _ in found.products.values()} == {5}


def test_sums_are_weighted_and_weights_may_be_negative():
    one, two = pair(2, 1), pair(2, 2)
    torch.testing.assert_close(
        change(beside([one, two], [1.0, -0.5])), change(one) - change(two) / 2
    )
    found = blend_adapters([{"x": one}, {"x": two}], "add")
    torch.testing.assert_close(change(found.products["x"]), change(one) + change(two))


def test_ties_on_numbers_worked_by_hand():
    """Two changes of 5 numbers, the largest 60 % (3) of each stay:
    (4, -3, 0.1, 2, 0.2) -> (4, -3, 0, 2, 0);  (-1, -5, 3, 0.5, 0.4) -> (-1, -5, 3, 0, 0).
    The signs of the sums (3, -8, 3, 2, 0): + - + + +. Means of those that agree: 4, (-3 - 5) / 2,
    3, 2, and none: 0."""
    first, second = torch.tensor([[4.0, -3, 0.1, 2, 0.2]]), torch.tensor([[-1.0, -5, 3, 0.5, 0.4]])
    torch.testing.assert_close(
        ties([first, second], [1.0, 1.0], 0.6), torch.tensor([[4.0, -4, 3, 2, 0]])
    )
    # The weights come after the signs are elected: 2 x 4, (2 x -3 - 5) / 2, 3, 2 x 2, 0.
    torch.testing.assert_close(
        ties([first, second], [2.0, 1.0], 0.6), torch.tensor([[8.0, -5.5, 3, 4, 0]])
    )


def test_dare_drops_the_share_that_it_says_and_keeps_the_mean():
    changes = [torch.full((50, 40), 2.0), torch.full((50, 40), -1.0)]
    draw = torch.Generator().manual_seed(3)
    one = dare([changes[0]], [1.0], 0.25, draw)
    assert set(one.unique().tolist()) == {0.0, 8.0}  # 2 / 0.25
    # Of 2,000 numbers a quarter stays; three standard errors of that share are 3 sqrt(.25 x .75 /
    # 2000) = 0.029.
    assert float((one > 0).float().mean()) == pytest.approx(0.25, abs=0.029)
    found = torch.stack([dare(changes, [0.5, 0.5], 0.25, draw) for _ in range(400)]).mean(0)
    # A draw has variance .25 x 3 x (2^2 + 1^2) = 3.75: the mean of 400 x 2,000 draws is within 3
    # sqrt(3.75 / 800000).
    assert float(found.mean()) == pytest.approx(0.5, abs=0.0065)
    # And of one number within 5 sqrt(3.75 / 400), for all 2,000 at once.
    assert (found - 0.5).abs().max() < 5 * (3.75 / 400) ** 0.5


def test_dare_is_drawn_from_its_seed_and_differs_between_adapters():
    adapters = [{"x": pair(2, 1)}, {"x": pair(2, 1)}]
    first, again, other = (
        blend_adapters(adapters, "dare", seed=seed, rank=5) for seed in (1, 1, 2)
    )
    assert torch.equal(first.products["x"][0], again.products["x"][0])
    assert not torch.equal(first.products["x"][0], other.products["x"][0])


def test_the_cut_to_a_rank_is_the_nearest_product_and_is_told():
    """Eckart and Young: what is lost of the square is the sum of the squared singular values that
    are left out."""
    adapters = [{"x": pair(3, 1)}, {"x": pair(3, 2)}]
    whole = ties(delta_weights([a["x"] for a in adapters]), [1.0, 1.0], 0.5)
    values = torch.linalg.svdvals(whole)
    found = blend_adapters(adapters, "ties", density=0.5, rank=2)
    lost = (change(found.products["x"]) - whole).square().sum()
    torch.testing.assert_close(lost, values[2:].square().sum(), atol=1e-5, rtol=1e-4)
    assert found.kept == pytest.approx(
        float(values[:2].square().sum() / values.square().sum()), abs=1e-5
    )
    full = blend_adapters(adapters, "ties", density=0.5)  # rank 6: all of a 6 x 5 matrix
    torch.testing.assert_close(change(full.products["x"]), whole, atol=1e-5, rtol=1e-5)
    assert full.kept == pytest.approx(1.0, abs=1e-6)


def test_no_change_at_all_stays_none():
    nothing = [{"x": (torch.zeros(2, 5), torch.zeros(6, 2))}] * 2
    found = blend_adapters(nothing, "dare")
    assert found.kept == 1.0 and not change(found.products["x"]).any()


def test_large_matrices_are_cut_by_the_fast_decomposition(monkeypatch):
    from assay.training import lora_init

    product = pair(3, 1, out=40, inside=30)
    monkeypatch.setattr(lora_init, "EXACT", 8)
    torch.manual_seed(0)
    torch.testing.assert_close(
        change(factorise(change(product), 4)), change(product), atol=1e-4, rtol=1e-4
    )


def test_zeros_up_to_a_rank_change_nothing():
    product = pair(2, 1)
    wide = pad_rank(product, 7)
    assert len(wide[0]) == 7 and torch.equal(change(wide), change(product))


@pytest.fixture
def adapters(lesson, open_tiny, tmp_path):
    """(folders, lesson) of two LoRA adapters of other ranks and scalings."""
    given, folders = lesson("classify"), []
    for number, settings in enumerate((Lora(rank=3, alpha=12), Lora(rank=3, rs=True))):
        model = open_tiny()
        torch.manual_seed(number)
        made = settings.change(model, given)
        taught(model, made, given, rate=3e-2)
        folders.append(saved(made, tmp_path / f"adapter-{number}"))
    return folders, given


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "theirs", "density"),
    [("average", "cat", None), ("ties", "ties_svd", 0.4), ("add", "svd", None)],
)
def test_the_changes_are_those_of_pefts_add_weighted_adapter(
    adapters, open_tiny, how, theirs, density
):
    from peft import PeftModel

    folders, _ = adapters
    weights = [0.5, 0.5] if how == "average" else [1.0, 1.0]
    with their_warnings():
        peer = PeftModel.from_pretrained(open_tiny().network, folders[0], adapter_name="a")
        peer.load_adapter(folders[1], adapter_name="b")
        more = {} if density is None else {"density": density}
        rank = {} if theirs == "cat" else {"svd_rank": 6}
        peer.add_weighted_adapter(["a", "b"], weights, "c", combination_type=theirs, **rank, **more)
    found = blend_adapters(read_all(folders), how, density=density or 0.0)
    for name, product in found.products.items():
        layer = peer.base_model.model.get_submodule(name)
        torch.testing.assert_close(
            change(product), layer.get_delta_weight("c"), atol=1e-5, rtol=1e-4
        )


def test_a_file_of_an_arm_says_the_change_that_the_arm_computes(adapters, open_tiny):
    from helpers.adapters import through_peft

    folders, _ = adapters
    for folder in folders:
        layer = (
            through_peft(open_tiny().network, folder).base_model.model.model.layers[0].mlp.up_proj
        )
        product = read_products(folder)["model.layers.0.mlp.up_proj"]
        torch.testing.assert_close(
            change(product), layer.get_delta_weight("default"), atol=1e-6, rtol=1e-5
        )


def code_of(folders):
    with pytest.raises(ModelError) as caught:
        blend_adapters(read_all(folders), "average")
    (problem,) = caught.value.problems
    return problem.code, problem.text


def test_adapters_of_other_bases_are_refused(adapters, tmp_path):
    from assay.core.store import read_json, write_json

    folders, _ = adapters
    config = read_json(folders[1] / "adapter_config.json")
    write_json(
        folders[1] / "adapter_config.json", {**config, "base_model_name_or_path": "org/other"}
    )
    code, text = code_of(folders)
    assert code == "M115" and "org/other" in text


def test_adapters_of_other_shapes_are_refused():
    with pytest.raises(ModelError) as caught:
        blend_adapters([{"x": pair(2, 1)}, {"x": pair(2, 1, out=7)}], "average")
    assert caught.value.problems[0].code == "M115" and "7 outputs" in caught.value.problems[0].text


def test_a_dora_adapter_is_refused(adapters, open_tiny, tmp_path):
    folders, given = adapters
    made = Lora(rank=2, decompose=True).change(open_tiny(), given)
    code, text = code_of([folders[0], saved(made, tmp_path / "dora")])
    assert code == "M115" and "dora" in text
