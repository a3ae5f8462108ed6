"""The settings under `evaluate: {update_drill: ...}`."""

from typing import get_args

import pytest

from assay.config.audits.update_drill import KINDS, Minutes, UpdateDrill, Way
from assay.config.complaints import SettingsError, fill


def test_one_change_or_arm_is_short_for_a_list_of_it():
    found = fill(UpdateDrill, {"changes": "facts", "arms": "rag"})
    assert (found.changes, found.arms) == (("facts",), ("rag",))
    assert fill(UpdateDrill, {}).changes == KINDS


def test_minutes_of_people_are_not_known_until_they_are_written_down():
    assert set(Minutes.model_fields) == set(get_args(Way))
    found = fill(UpdateDrill, {"minutes": {"retrained": 90}}).minutes
    assert found.retrained == 90 and found.edited is None


@pytest.mark.parametrize(
    "settings",
    [{"changes": ["fact"]}, {"changes": []}, {"within": 0}, {"minutes": {"edited": -1}}],
)
def test_what_cannot_be_drilled_is_refused(settings):
    with pytest.raises(SettingsError):
        fill(UpdateDrill, settings)


@pytest.mark.parametrize("way", get_args(Way))
def test_an_update_may_take_a_person_no_time_and_part_of_a_minute_but_not_less(way):
    for minutes in (0, 0.5):
        assert getattr(fill(UpdateDrill, {"minutes": {way: minutes}}).minutes, way) == minutes
    with pytest.raises(SettingsError, match=way):
        fill(UpdateDrill, {"minutes": {way: -0.5}})
