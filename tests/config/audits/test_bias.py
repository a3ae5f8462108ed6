"""The settings under `evaluate: {bias: ...}`."""

import pytest

from assay.config.audits.bias import Bias
from assay.config.complaints import SettingsError, fill

FILE = {"file": "public.csv", "text": "t", "label": "l", "group": "g"}


def test_a_checklist_needs_its_file_and_columns():
    (one,) = fill(Bias, {"checklists": [FILE]}).checklists
    assert (one.file, one.rows, one.labels) == ("public.csv", 1000, {})
    with pytest.raises(SettingsError, match=r"checklists.0.group: is missing"):
        fill(Bias, {"checklists": [{key: FILE[key] for key in ("file", "text", "label")}]})


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"swap": ["sex"]}, ("swap", 0)),
        ({"remedies": ["prayer"]}, ("remedies", 0)),
        ({"rows": 9}, ("rows",)),
        ({"minutes": 0}, ("minutes",)),
        ({"checklists": [{**FILE, "rows": 5}]}, ("checklists", 0, "rows")),
    ],
)
def test_what_cannot_be_asked_is_said_with_its_place(settings, place):
    with pytest.raises(SettingsError) as wrong:
        fill(Bias, settings)
    assert [one.place for one in wrong.value.complaints] == [place]
