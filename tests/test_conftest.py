"""The data sets' place: what is there where they are not, and which names are a slip."""

import pytest

from helpers.own_sets import OWN


@pytest.fixture(params=["true", ""])
def on_ci(request, monkeypatch):
    monkeypatch.setenv("CI", request.param)
    return request.param == "true"


def test_where_the_data_sets_are_not(shared_data, own_data, tmp_path, monkeypatch, on_ci):
    monkeypatch.setenv("ASSAY_DATA", str(tmp_path / "none"))
    assert shared_data("banking77") == own_data("banking77")
    with pytest.raises(pytest.skip.Exception):
        shared_data("banking77", whole=True)
    with pytest.raises(pytest.fail.Exception if on_ci else pytest.skip.Exception):
        shared_data("bank")


def test_where_they_are(shared_data, own_data, tmp_path, monkeypatch, on_ci):
    (tmp_path / "banking77").mkdir()
    monkeypatch.setenv("ASSAY_DATA", str(tmp_path))
    assert (
        shared_data("banking77") == shared_data("banking77", whole=True) == tmp_path / "banking77"
    )
    if on_ci:
        for whole in (False, True):
            with pytest.raises(pytest.fail.Exception):
                shared_data("gsm8k", whole=whole)
    else:
        assert shared_data("gsm8k") == own_data("gsm8k")
        with pytest.raises(pytest.skip.Exception):
            shared_data("gsm8k", whole=True)


def test_own_sets_are_small_and_the_same_each_time(own_data, tmp_path):
    for name, write in OWN.items():
        (tmp_path / name).mkdir()
        write(tmp_path / name)
        files = sorted(path.name for path in own_data(name).iterdir())
        assert files and files == sorted(path.name for path in (tmp_path / name).iterdir())
        for file in files:
            content = (own_data(name) / file).read_bytes()
            assert content == (tmp_path / name / file).read_bytes()
            assert 0 < len(content) < 400_000, file
