import stat

import pytest

from assay.core.errors import DataError
from assay.core.types import Example, Means, Message
from assay.data.pii.key import read_key
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
