"""The key, the sealed table, and the way back."""

import stat

import pytest

from assay.core.errors import DataError
from assay.core.types import Changed, Example, Means, Message
from assay.data.pii.key import read_key
from assay.data.pii.pseudonym_table import seal, unseal
from assay.data.pii.reverse import Reverse, main
from assay.data.steps.anonymise import Anonymise


def code(error):
    return error.value.problems[0].code


def test_a_key_is_made_once_for_its_owner_alone(tmp_path):
    path = tmp_path / "sub" / "my.key"
    key = read_key(path, make=True)
    assert len(key) == 32 and read_key(path, make=False) == key == read_key(path, make=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["my.key"]


def test_what_is_wrong_with_a_key_is_said(tmp_path):
    path = tmp_path / "k"
    with pytest.raises(DataError) as error:
        read_key(path, make=False)
    assert code(error) == "D070"
    for body, expected in (("abcd", "D071"), ("not a key at all", "D071"), ("é" * 40, "D070")):
        path.write_text(body)
        path.chmod(0o600)
        with pytest.raises(DataError) as error:
            read_key(path, make=True)
        assert code(error) == expected
    path.write_text("ab" * 16)
    path.chmod(0o644)
    with pytest.raises(DataError) as error:
        read_key(path, make=True)
    assert code(error) == "D070" and "0644" in str(error.value)
    with pytest.raises(DataError) as error:
        read_key(tmp_path, make=True)
    assert code(error) == "D070"


def test_without_a_key_the_step_stops():
    with pytest.raises(DataError) as error:
        Anonymise(names="none").one(Example("r", (Message("user", "jo@acme.com"),)), Means())
    assert code(error) == "D070"


def test_a_model_that_is_not_there_is_said(tmp_path):
    with pytest.raises(DataError) as error:
        Anonymise(names=str(tmp_path)).one(
            Example("r", (Message("user", "Jo"),)), Means(key=b"k" * 32)
        )
    assert code(error) == "D072"


def test_only_the_key_opens_what_it_sealed():
    sealed = seal(b"k" * 32, "Zsófia\x00x")
    assert unseal(b"k" * 32, sealed) == "Zsófia\x00x"
    assert unseal(b"j" * 32, sealed) is None
    assert seal(b"k" * 32, "Zsófia\x00x") == sealed != seal(b"k" * 32, "Zsófia\x00y")


def test_the_table_leads_back_with_the_key_alone(tmp_path, capsys, monkeypatch):
    table, path = tmp_path / "people.table", tmp_path / "a.key"
    means = Means(key=read_key(path, make=True))
    step = Anonymise(names="none", table=str(table))
    text = "jo.do@acme.com paid with 4111 1111 1111 1111; jo.do@acme.com again"
    result = step.one(Example("r", (Message("user", text),)), means)
    assert isinstance(result, Changed) and "acme" not in result.example.text
    assert stat.S_IMODE(table.stat().st_mode) == 0o600
    assert "acme" not in table.read_text() and len(table.read_text().splitlines()) == 2
    assert Reverse(table, path).text(result.example.text) == text
    monkeypatch.setattr("sys.stdin", [result.example.text + "\n"])
    assert main(["--key", str(path), "--table", str(table)]) == 0
    assert capsys.readouterr().out == text + "\n"
    other = tmp_path / "b.key"
    read_key(other, make=True)
    with pytest.raises(DataError) as error:
        Reverse(table, other)
    assert code(error) == "D074"
    assert main(["--key", str(other), "--table", str(table)]) == 3
    assert "D074" in capsys.readouterr().err
    with pytest.raises(DataError) as error:
        Reverse(tmp_path / "none", path)
    assert code(error) == "D074"
