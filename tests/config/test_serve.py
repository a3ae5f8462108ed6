"""The section `serve` of the project file."""

import pytest

from assay.config.complaints import SettingsError, fill
from assay.config.serve import Serve


def test_left_out_it_serves_this_machine_alone():
    serve = fill(Serve, {})
    assert (serve.host, serve.arms, serve.log) == ("127.0.0.1", (), "")


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"port": 65536}, "port"),
        ({"rate": -1}, "rate"),
        ({"seconds": 0}, "seconds"),
        ({"engine": "tgi"}, "engine"),
        ({"key": "secret"}, "key"),  # keys of clients stand in no file
    ],
)
def test_what_cannot_be_served_is_said_with_its_place(settings, place):
    with pytest.raises(SettingsError) as wrong:
        fill(Serve, settings)
    assert [one.place for one in wrong.value.complaints] == [(place,)]
