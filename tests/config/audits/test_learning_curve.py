"""The settings under `evaluate: {learning_curve: ...}`."""

import pytest

from assay.config.audits.learning_curve import LearningCurve
from assay.config.complaints import SettingsError, fill


def test_one_arm_or_size_is_short_for_a_list_of_it():
    found = fill(LearningCurve, {"arms": "lora", "sizes": 0.5})
    assert (found.arms, found.sizes) == (("lora",), (0.5,))


def test_sizes_are_shares_of_the_rows_below_all_of_them():
    assert len(LearningCurve().sizes) >= 3  # beside the whole, for a power law
    for sizes in ([], [0.0], [1.0], [50]):
        with pytest.raises(SettingsError, match="sizes"):
            fill(LearningCurve, {"sizes": sizes})


def test_the_curve_is_drawn_no_further_than_points_bear():
    assert fill(LearningCurve, {"reach": 3}).reach == 3
    for reach in (0.5, 3.5):
        with pytest.raises(SettingsError, match="reach"):
            fill(LearningCurve, {"reach": reach})
