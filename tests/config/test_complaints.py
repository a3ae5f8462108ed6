"""What is wrong with settings, in the words of the project file."""

from typing import Literal

import pytest
from pydantic import Field, field_validator

from assay.config.complaints import Complaint, SettingsError, fill
from assay.core.types import Settings


class Inner(Settings):
    share: float = Field(default=0.5, gt=0, le=1)


class Outer(Settings):
    rank: int = Field(default=8, ge=1, le=512)
    mode: Literal["fast", "slow"] = "fast"
    name: str = Field(min_length=1)
    inner: Inner = Inner()
    sizes: tuple[int, ...] = Field(default=(1,), min_length=1)

    @field_validator("name")
    @classmethod
    def _not_taken(cls, value: str) -> str:
        if value == "taken":
            raise ValueError("C074 is taken")
        return value


def complaints(value):
    with pytest.raises(SettingsError) as wrong:
        fill(Outer, value)
    return [(one.code, one.place, one.text) for one in wrong.value.complaints]


def test_what_is_right_is_filled_in():
    found = fill(Outer, {"name": "a", "rank": 4, "inner": {"share": 1}, "sizes": [1, 2]})
    assert (found.rank, found.inner.share, found.sizes, found.mode) == (4, 1.0, (1, 2), "fast")


@pytest.mark.parametrize(
    ("value", "code", "place", "words"),
    [
        ({"rank": "two"}, "C072", ("rank",), "a whole number from 1 to 512, got 'two'"),
        ({"rank": 0}, "C073", ("rank",), "from 1 to 512, got 0"),
        ({"rank": 1.5}, "C072", ("rank",), "a whole number"),  # nothing is rounded
        ({"rank": True}, "C072", ("rank",), "got true"),
        ({"rnk": 4}, "C071", ("rnk",), "did you mean 'rank'?"),
        ({"mode": "fsat"}, "C073", ("mode",), "did you mean 'fast'?"),
        ({"name": 7}, "C072", ("name",), "quote it"),
        ({"name": "taken"}, "C074", ("name",), "is taken"),
        ({"inner": {"share": 0}}, "C073", ("inner", "share"), "above 0"),
        ({"sizes": []}, "C073", ("sizes",), "must have 1 or more, got 0"),
        ({"rank": {"low": 1, "high": 3}}, "C086", ("rank",), "one value"),
    ],
)
def test_a_complaint_has_a_code_a_place_and_what_would_be_right(value, code, place, words):
    ((said_code, said_place, text),) = complaints({"name": "a", **value})
    assert (said_code, said_place) == (code, place) and words in text


def test_all_is_said_at_once_and_what_is_missing_too():
    said = complaints({"rank": 0, "mode": 3})
    assert {place for _, place, _ in said} == {("rank",), ("mode",), ("name",)}
    assert ("C072", ("name",)) in [(code, place) for code, place, _ in said]


@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_settings_are_a_mapping(value):
    ((code, place, _),) = complaints(value)
    assert (code, place) == ("C072", ())


def test_complaints_of_a_part_are_placed_below_it():
    error = SettingsError(Complaint("C072", ("rank",), "x"))
    assert [one.place for one in error.below("compare", 0)] == [("compare", 0, "rank")]
