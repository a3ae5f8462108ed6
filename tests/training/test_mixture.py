"""How many rows of each task: by size, by temperature, by weights; which ones."""

import pytest

from assay.training.mixture import Mix, counts, draw


@pytest.mark.parametrize(
    ("mix", "wanted"),
    [
        (Mix(), [900, 100]),
        (Mix(by="temperature", temperature=1.0), [900, 100]),
        # 900^.5 : 100^.5 = 3 : 1
        (Mix(by="temperature", temperature=2.0), [750, 250]),
        (Mix(by="temperature", temperature=1000.0), [501, 499]),
        (Mix(by="weights", weights=(1.0, 4.0)), [200, 800]),
    ],
)
def test_shares(mix, wanted):
    assert counts([900, 100], mix) == wanted


def test_each_task_has_a_row_at_least():
    assert counts([1000, 1], Mix(by="weights", weights=(1000.0, 1e-6))) == [1001, 1]


def test_rows_are_repeated_alike_and_the_rest_is_drawn():
    places = draw(10, 25, 3, "a")
    often = [places.count(at) for at in range(10)]
    assert len(places) == 25 and set(often) == {2, 3} and places == sorted(places)
    assert draw(10, 25, 3, "a") == places != draw(10, 25, 4, "a")
    assert draw(10, 10, 3, "a") == list(range(10))
    assert len(set(draw(10, 4, 3, "a"))) == 4
