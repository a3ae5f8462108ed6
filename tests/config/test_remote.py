"""The section `remote:`: endpoints by name."""

import pytest

from assay.config.complaints import SettingsError
from assay.config.remote import endpoints

HERE = {"url": "http://127.0.0.1:8080/v1/", "model": "m"}


def test_an_endpoint_is_its_address_and_the_models_name():
    found = endpoints({"there": HERE, "paid": {**HERE, "price": {"prompt": 2, "answer": 8}}})
    assert list(found) == ["there", "paid"]
    assert found["there"].url == "http://127.0.0.1:8080/v1" and found["there"].price is None
    # a million tokens read and half a million written
    assert found["paid"].price.of(1_000_000, 500_000) == 6.0


def test_every_complaint_about_every_endpoint_is_said_at_once():
    with pytest.raises(SettingsError) as wrong:
        endpoints(
            {
                "smollm2-135m": HERE,  # a model of the catalogue
                "No Name": HERE,
                "far": {**HERE, "url": "http://example.com/v1"},
                "short": {"model": "m"},
                "patient": {**HERE, "tries": 0},
            }
        )
    said = [(one.code, one.place[0]) for one in wrong.value.complaints]
    assert said == [
        ("C073", "smollm2-135m"),
        ("C073", "No Name"),
        ("C067", "far"),
        ("C072", "short"),
        ("C073", "patient"),
    ]


def test_what_may_be_a_key_is_refused_and_not_repeated():
    key = "sk-planted0123456789abcdefghij"
    for settings in ({"key": key}, {"api_key": key}, {"url": f"https://host/v1?key={key}"}):
        with pytest.raises(SettingsError) as wrong:
            endpoints({"there": {**HERE, **settings}})
        assert {one.code for one in wrong.value.complaints} == {"C063"}
        assert key not in str(wrong.value)


@pytest.mark.parametrize("value", [[], "there", None])
def test_the_section_is_a_mapping(value):
    with pytest.raises(SettingsError, match="must be a mapping of names to endpoints"):
        endpoints(value)
