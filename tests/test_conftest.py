"""The data sets' place: absent is a skip that says so; a wrong name where they are, on CI, is a failure."""

import pytest


def test_where_the_data_sets_are_not(shared_data, tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.skip.Exception, match="needs the data set banking77"):
        shared_data("banking77")


def test_where_they_are(shared_data, tmp_path, monkeypatch):
    (tmp_path / "banking77").mkdir()
    monkeypatch.setenv("ASSAY_DATA", str(tmp_path))
    assert shared_data("banking77") == tmp_path / "banking77"
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception):
        shared_data("bank")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception):
        shared_data("bank")
