import stat

import pytest

from assay.core.errors import DataError
from assay.core.types import Changed, Example, Means, Message
from assay.data.pii.key import read_key
from assay.data.pii.pseudonym_table import keep
from assay.data.pii.reverse import Reverse, main
from assay.data.steps.anonymise import Anonymise


def code(error):
    return error.value.problems[0].code


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


def test_of_several_data_the_first_by_spelling_and_of_two_names_the_longer(tmp_path):
    key, table = tmp_path / "a.key", tmp_path / "people.table"
    pairs = [
        ("Zevrina", "PERSON", "Anne"),
        ("Zevrina", "PERSON", "Anna"),
        ("Zevrina Bryn", "PERSON", "Anna Berg"),
    ]
    keep(table, read_key(key, make=True), pairs)
    reverse = Reverse(table, key)
    assert reverse.ambiguous == 1
    assert (
        reverse.text("Zevrina Bryn saw Zevrina and Zevrinas") == "Anna Berg saw Anna and Zevrinas"
    )


def test_an_empty_table_leaves_a_text_as_it_is(tmp_path):
    read_key(tmp_path / "a.key", make=True)
    (tmp_path / "people.table").write_text("")
    assert Reverse(tmp_path / "people.table", tmp_path / "a.key").text("Zevrina") == "Zevrina"
