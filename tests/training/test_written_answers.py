"""A round comes back from its file as it was, and says what it was like."""

import math

import pytest

from assay.training.written_answers import Round, place_of, summary, tensors


def made():
    return Round(
        rows=[4, 1],
        prompts=[[5, 6], [7]],
        answers=[[[1, 2], [3]], [[4, 5, 6], [7]]],
        rewards=[[1.0, 0.0], [0.5, 0.5]],
        old=[[-1.0, -2.0], [-0.1], [-1.0, -1.0, -1.0], [-3.0]],
        start=[[-1.0, -2.0], [-0.1 - math.log(2)], [-1.0, -1.0, -1.0], [-3.0]],
        beta=0.04,
    )


def test_it_comes_back_to_the_last_bit(tmp_path):
    one = made()
    one.old[1] = [-1 / 3]
    one.write(place_of(tmp_path, 3))
    assert Round.read(place_of(tmp_path, 3)) == one
    assert tensors(one.old)[1].tolist() == [-1 / 3]


def test_what_it_was_like():
    one = made()
    assert one.reward == 0.5 and one.alike == 0.5 and one.length == pytest.approx(7 / 4)
    # One token has become twice as likely: 1/2 - log(1/2) - 1, over four answers.
    assert one.kl == pytest.approx((0.5 + math.log(2) - 1) / 4)
    assert summary([one, one]) == {"reward": 0.5, "kl": pytest.approx(one.kl), "alike": 0.5}


def test_a_question_is_a_row_with_all_its_answers():
    first, second = made().encoded()
    assert [one.ids for one in first.all] == [[5, 6, 1, 2], [5, 6, 3]]
    assert [one.learnt for one in second.all] == [((1, 4),), ((1, 2),)]
    assert [one.targets for one in first.all] == [[2, 3], [2]]
