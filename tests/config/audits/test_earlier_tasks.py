"""The settings under `evaluate: {earlier_tasks: ...}`."""

import pytest

from assay.config.audits.base import spelt_out
from assay.config.audits.earlier_tasks import EarlierTasks
from assay.config.audits.evaluate import Validate
from assay.config.complaints import SettingsError, fill


def test_it_is_asked_in_every_depth_but_where_it_is_refused():
    assert EarlierTasks().is_enabled("quick") and EarlierTasks(rows=50).is_enabled("full")
    off = fill(Validate, spelt_out(Validate, {"earlier_tasks": False}))
    assert not off.earlier_tasks.is_enabled("full")


def test_one_row_has_no_interval():
    with pytest.raises(SettingsError, match="rows"):
        fill(EarlierTasks, {"rows": 1})
