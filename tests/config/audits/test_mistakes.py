"""The settings under `evaluate: {mistakes: ...}`."""

import pytest

from assay.config.audits.mistakes import Mistakes
from assay.config.complaints import SettingsError, fill


def test_a_group_is_of_two_rows_at_least():
    assert fill(Mistakes, {"least": 2}).least == 2
    for least in (1, 101, 2.5):
        with pytest.raises(SettingsError, match="least"):
            fill(Mistakes, {"least": least})


def test_it_is_asked_in_full_depth_and_where_something_is_said_of_it():
    assert not Mistakes().is_enabled("quick") and Mistakes().is_enabled("full")
    assert Mistakes(least=10).is_enabled("quick")
