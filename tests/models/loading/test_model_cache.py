import hashlib
import os

import pytest

from assay.models.loading.model_cache import cache_folder, file_sha256


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    return tmp_path / "cache"


def test_a_remembered_hash_follows_the_file(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"a")
    assert file_sha256(path) == file_sha256(path) == hashlib.sha256(b"a").hexdigest()
    path.write_bytes(b"b")
    assert file_sha256(path) == hashlib.sha256(b"b").hexdigest()


def test_a_file_that_is_put_in_place_with_its_old_times_is_hashed_again(tmp_path):
    # As rsync and tar do: size and modification time say nothing then.
    path = tmp_path / "x"
    path.write_bytes(b"a")
    before = path.stat()
    assert file_sha256(path) == hashlib.sha256(b"a").hexdigest()
    (tmp_path / "y").write_bytes(b"b")
    (tmp_path / "y").rename(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file_sha256(path) == hashlib.sha256(b"b").hexdigest()


def test_a_damaged_note_is_no_hash(tmp_path, cache):
    path = tmp_path / "x"
    path.write_bytes(b"a")
    file_sha256(path)
    (note,) = (cache / "digests").iterdir()
    note.write_text('{"sha256": "0"}')
    assert file_sha256(path) == hashlib.sha256(b"a").hexdigest()


def test_the_cache_is_where_the_variables_say(monkeypatch, tmp_path):
    monkeypatch.setenv("ASSAY_CACHE", "~/models")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "/shared")
    assert cache_folder() == tmp_path / "models"
    monkeypatch.delenv("ASSAY_CACHE")
    assert str(cache_folder()) == "/shared/assay"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == tmp_path / ".cache" / "assay"
