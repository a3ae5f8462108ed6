"""`assay doctor`: in words and as one document."""

import json

import pytest

from assay.cli.main import command


@pytest.fixture(autouse=True)
def _nothing_is_cached(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))


def test_as_json(capsys):
    assert command(["doctor", "--no-probe", "--offline", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"machine", "extras", "models", "pace", "missing", "notes"}
    assert told["pace"] is None
    assert command(["doctor", "--no-probe", "--offline"]) == 0
    assert "cores" in capsys.readouterr().out
