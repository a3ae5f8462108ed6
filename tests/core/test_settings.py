"""Frozen settings."""

from typing import Literal

import pytest
from pydantic import ValidationError

from assay.core.settings import Settings


class Some(Settings):
    kind: Literal["some"] = "some"
    rank: int = 8
    sizes: tuple[int, ...] = (1, 2)
    share: float | None = None


def test_only_what_differs_names_an_arm_and_keys_the_cache():
    assert Some().non_defaults() == {} == Some(rank=8, sizes=(1, 2)).non_defaults()
    assert Some(rank=4, sizes=(3,)).non_defaults() == {"rank": 4, "sizes": [3]}  # plain JSON


def test_what_is_not_given_stays():
    one = Some(rank=4)
    assert one.but(share=0.5, rank=None) == Some(rank=4, share=0.5)
    assert one == Some(rank=4)


def test_settings_are_frozen_and_know_no_other_key():
    with pytest.raises(ValidationError):
        Some().rank = 3
    with pytest.raises(ValidationError):
        Some(rnk=3)
    assert hash(Some()) == hash(Some())


def test_one_text_is_short_for_a_list_of_it():
    from assay.core.settings import one_or_many

    assert one_or_many("a") == ("a",) and one_or_many(["a", "b"]) == ("a", "b")
    assert one_or_many(None) is None and one_or_many(3) == 3  # left to the field's own type
