"""Killed at any moment, the store holds the old or the new content, whole: every point of every
write is tried."""

import json
import os
import resource
import signal
import stat
import time
from pathlib import Path

import pytest

from assay.core import store
from assay.core.errors import ResourceError
from helpers.dying import at_every_point, order_of_calls

# --- one file -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_file_is_the_old_or_the_new_one(tmp_path, forked):
    path = tmp_path / "sub" / "a.bin"
    old, new = b"old" * 10_000, b"new!" * 50_000
    seen = set()

    def check(finished):
        seen.add(path.read_bytes())
        assert path.read_bytes() in ({new} if finished else {old, new})

    # open, fsync (before and after), rename, fsync of the folder (before and after)
    assert (
        at_every_point(
            forked,
            lambda: store.write_bytes(path, old),
            lambda: store.write_bytes(path, new),
            check,
        )
        >= 6
    )
    assert seen == {old, new}


@pytest.mark.nightly
def test_a_new_file_is_there_whole_or_not_at_all(tmp_path, forked):
    path = tmp_path / "a.json"

    def check(finished):
        assert not path.exists() or store.read_json(path) == {"a": [1, 2]}
        assert path.exists() or not finished

    at_every_point(
        forked,
        lambda: path.unlink(missing_ok=True),
        lambda: store.write_json(path, {"a": [1, 2]}),
        check,
    )


# kept in a buffer, and not
@pytest.mark.parametrize("data", [b"new", b"new!" * 50_000], ids=["short", "long"])
def test_a_file_is_on_the_disk_before_it_has_its_name_and_its_folder_after(tmp_path, forked, data):
    # After a power cut a name may stand on the disk for a file whose content does not: unless it
    # was flushed before.
    path, log = tmp_path / "sub" / "a", tmp_path / "log"
    path.parent.mkdir()
    calls = order_of_calls(forked, lambda: store.write_bytes(path, data), log)
    file, folder = path.stat().st_ino, path.parent.stat().st_ino
    assert calls == [["fsync", file, len(data)], ["rename", file, "a"], ["fsync", folder, None]]


def test_a_private_file_is_on_the_disk_before_it_has_its_name_and_its_folder_after(
    tmp_path, forked
):
    path, log = tmp_path / "sub" / "key", tmp_path / "log"
    path.parent.mkdir()
    calls = order_of_calls(forked, lambda: store.write_private(path, b"secret"), log)
    file, folder = path.stat().st_ino, path.parent.stat().st_ino
    assert calls == [["fsync", file, 6], ["link", file, "key"], ["fsync", folder, None]]


def test_lines_are_on_the_disk_when_append_returns(tmp_path, forked):
    path = tmp_path / "lines"
    store.append(path, 1)
    calls = order_of_calls(forked, lambda: store.append(path, 22), tmp_path / "log")
    assert calls == [["fsync", path.stat().st_ino, len(b"1\n22\n")]]


def test_a_folders_files_are_on_the_disk_before_it_has_its_name_and_the_name_follows(
    tmp_path, monkeypatch
):
    # (bytes of the file that is flushed, whether the folder has its name by then)
    place, flush, seen = tmp_path / "place", os.fsync, []

    def fsync(handle):
        file = Path(f"/proc/self/fd/{handle}").resolve()
        seen.append(("folder" if file.is_dir() else file.stat().st_size, place.exists()))
        flush(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    store.write_folder(place, {"a": [b"abc"], "b": [b"d"]}, {})
    assert seen == [(3, False), (1, False), ("folder", False), ("folder", True)]


def test_a_secret_is_its_owners_and_never_replaced(tmp_path):
    path = tmp_path / "key"
    for data in (b"first", b"second"):
        store.write_private(path, data)
        assert path.read_bytes() == b"first" and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_in_the_chunks_leaves_the_old_file(tmp_path):
    path = tmp_path / "a"
    store.write_bytes(path, b"old")

    def chunks():
        yield b"new"
        raise ValueError

    with pytest.raises(ValueError):
        store.write_chunks(path, chunks())
    assert (path.read_bytes(), [p.name for p in tmp_path.iterdir()]) == (b"old", ["a"])


def test_a_full_disk_is_a_named_error_and_leaves_the_old_file(tmp_path, forked):
    # A limit on the size of a file stands in for a full disk: write() fails after 64 KB were
    # written.
    path, folder = tmp_path / "a", tmp_path / "state"
    store.write_bytes(path, b"old")

    def work():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
        for write in (
            lambda: store.write_bytes(path, b"x" * (1 << 20)),
            lambda: store.write_folder(folder, {"a": [b"x"], "b": [b"x" * (1 << 20)]}, {}),
            lambda: store.append(tmp_path / "lines", "x" * (1 << 20)),
        ):
            with pytest.raises(ResourceError) as caught:
                write()
            assert caught.value.problems[0].code == "R002"

    assert forked(work) == 0
    assert path.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "lines"]
    store.drop_torn_line(tmp_path / "lines")
    assert (tmp_path / "lines").read_bytes() == b""


def test_a_place_that_cannot_be_written_is_a_named_error(tmp_path):
    (tmp_path / "file").write_text("")
    below = tmp_path / "file" / "a"
    for write in (
        lambda: store.write_bytes(below, b""),
        lambda: store.append(below, 1),
        lambda: store.write_folder(below, {}, {}),
        lambda: store.link(below, tmp_path),
        lambda: store.Stage(tmp_path / "file", "fit", "k").open(),
        lambda: store.lock(below, "x").__enter__(),
        lambda: store.growing(below).__enter__(),
    ):
        with pytest.raises(ResourceError) as caught:
            write()
        assert caught.value.problems[0].code == "R002"


# --- lines ----------------------------------------------------------------------------------------


def test_a_torn_last_line_is_left_out_and_cut(tmp_path):
    path = tmp_path / "log" / "events.jsonl"
    store.append(path, {"n": 1}, {"n": 2})
    with path.open("ab") as file:
        file.write(b'{"n": 3')
    assert list(store.read_lines(path)) == [{"n": 1}, {"n": 2}]
    store.drop_torn_line(path)
    store.append(path, {"n": 4})
    assert list(store.read_lines(path)) == [{"n": 1}, {"n": 2}, {"n": 4}]
    store.drop_torn_line(tmp_path / "none")


def test_a_line_after_a_torn_one_can_be_read(tmp_path):
    path = tmp_path / "lines"
    for left, kept in ((b"[0, ", []), (b"[0]\n[1]\n[2", [[0], [1]]), (b"[0]\n", [[0]])):
        path.write_bytes(left)
        store.append(path, [3], [4])
        assert list(store.read_lines(path)) == [*kept, [3], [4]]


@pytest.mark.parametrize("left", [b"", b"[1]\n", b"[1]\n[2, "], ids=["new", "whole", "torn"])
def test_a_failed_append_leaves_what_was_there(tmp_path, forked, left):
    # A limit on the size of a file stands in for a full disk: the line is half written then.
    path = tmp_path / "lines"
    path.write_bytes(left)

    def work():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        with pytest.raises(ResourceError, match="R002"):
            store.append(path, [3], "x" * 200)

    assert forked(work) == 0
    assert path.read_bytes() == left[: left.rfind(b"\n") + 1]
    store.append(path, [4])
    assert list(store.read_lines(path))[-1] == [4]


@pytest.mark.slow
def test_appended_lines_are_all_there_or_none(tmp_path, forked):
    path = tmp_path / "lines"

    def check(finished):
        rows = list(store.read_lines(path))
        assert rows in ([[1, 2, 3]] if finished else [[1], [1, 2, 3]])

    # open, fsync (before and after): a line that was said to be there is on the disk
    points = at_every_point(
        forked, lambda: store.write_lines(path, [1]), lambda: store.append(path, 2, 3), check
    )
    assert points >= 3


def test_a_growing_file_is_continued(tmp_path):
    for data in (b"one ", b"two"):
        with store.growing(tmp_path / "x.part") as write:
            write(data)
    assert (tmp_path / "x.part").read_bytes() == b"one two"


@pytest.mark.slow
def test_a_link_replaces_what_was_there(tmp_path, forked):
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    link = tmp_path / "link"

    def check(finished):
        assert link.read_text() in ("b" if finished else "ab")

    at_every_point(
        forked,
        lambda: store.link(link, tmp_path / "a"),
        lambda: store.link(link, tmp_path / "b"),
        check,
    )


# --- folders --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_folder_is_there_whole_or_not_at_all(tmp_path, forked):
    folder = tmp_path / "state-2"
    files, notes = {"a": [b"a" * 100_000], "b": [b"b", b"c"]}, {"state.json": {"step": 2}}

    def clear():
        for place in (folder,):
            if place.exists():
                for path in place.iterdir():
                    path.unlink()
                place.rmdir()

    def check(finished):
        if folder.exists():
            whole = {name: b"".join(chunks) for name, chunks in files.items()}
            assert {p.name: p.read_bytes() for p in folder.iterdir()} == {
                **whole,
                "state.json": b'{"step": 2}',
            }
        assert folder.exists() or not finished

    # Nothing is cleared away between the kills: each child also meets what the one before it left.
    assert (
        at_every_point(forked, clear, lambda: store.write_folder(folder, files, notes), check) >= 12
    )


def test_a_folder_and_its_files_are_on_the_disk_before_it_has_its_name(tmp_path, forked):
    folder, files = tmp_path / "sub" / "state-2", {"a": [b"a"], "b": [b"b", b"c" * 100_000]}
    folder.parent.mkdir()
    calls = order_of_calls(
        forked, lambda: store.write_folder(folder, files, {"n.json": [7]}), tmp_path / "log"
    )
    named = {name: (folder / name).stat().st_ino for name in ("a", "b", "n.json")}
    assert calls == [
        ["fsync", named["a"], 1],
        ["fsync", named["b"], 100_001],
        ["fsync", named["n.json"], len(b"[7]")],
        ["fsync", folder.stat().st_ino, None],
        ["rename", folder.stat().st_ino, "state-2"],
        ["fsync", folder.parent.stat().st_ino, None],
    ]


def test_a_folder_is_never_replaced(tmp_path):
    store.write_folder(tmp_path / "s", {"a": [b"1"]}, {})
    with pytest.raises(FileExistsError):
        store.write_folder(tmp_path / "s", {"a": [b"2"]}, {})
    assert (tmp_path / "s" / "a").read_bytes() == b"1"


# --- stages ---------------------------------------------------------------------------------------


@pytest.fixture
def stage(tmp_path):
    stage = store.Stage(tmp_path, "fit", "abc")
    store.write_text(stage.open() / "arm" / "arm.json", "{}")
    store.write_bytes(stage.folder / "weights", bytes(range(256)))
    return stage


@pytest.mark.slow
def test_a_stage_is_done_or_to_be_continued(stage, forked):
    note = {"seconds": 1.5}

    def check(finished):
        assert stage.completion_note() in ([note] if finished else [None, note])
        assert (stage.folder / "weights").exists()  # an interrupted stage keeps what it has

    at_every_point(
        forked,
        lambda: (stage.folder / "done.json").unlink(missing_ok=True),
        lambda: stage.finish(note),
        check,
    )
    leftovers = [path for path in stage.folder.rglob("*") if path.name.endswith(".part")]
    assert leftovers == []


def test_the_mark_of_a_stage_is_on_the_disk_after_all_of_its_files(tmp_path, forked):
    stage = store.Stage(tmp_path, "fit", "abc")

    def work():
        store.write_text(stage.open() / "weights", "w" * 10)
        stage.finish({})

    calls = order_of_calls(forked, work, tmp_path / "log")
    weights, mark, folder = (
        (stage.folder / name).stat().st_ino for name in ("weights", "done.json", ".")
    )
    assert [(what, which) for what, which, _ in calls] == [
        *(("fsync", weights), ("rename", weights), ("fsync", folder)),
        *(("fsync", mark), ("rename", mark), ("fsync", folder)),
    ]


def test_finishing_removes_what_a_killed_write_left(stage):
    for name in (".weights.x1.part", "training/.state-1.part/.a.part", "training/.state-1.part/b"):
        path = stage.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half")
    stage.finish({})
    assert stage.completion_note() == {}
    assert sorted(store.read_json(stage.folder / "done.json")["files"]) == [
        "arm/arm.json",
        "weights",
    ]
    assert not list(stage.folder.rglob("*.part"))


def test_the_note_comes_back_as_json_gives_it(stage):
    stage.finish({10: (1, 2), 9: None})
    assert stage.completion_note() == {"10": [1, 2], "9": None}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["weights", "arm/arm.json", "done.json"])
def test_one_flipped_bit_anywhere_is_found(stage, name):
    stage.finish({"seconds": 12.25, "parts": ["a"]})
    whole = (stage.folder / name).read_bytes()
    for place in range(0, len(whole), 1 if len(whole) < 300 else 7):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << (place % 8)
        if name == "done.json" and _same(bytes(damaged), whole):
            continue  # white space
        (stage.folder / name).write_bytes(damaged)
        assert stage.completion_note() is None, (place, whole[place - 9 : place + 9])
        aside = stage.folder.with_name("abc.damaged")
        assert aside.is_dir()
        assert not stage.folder.exists()
        aside.rename(stage.folder)
        (stage.folder / name).write_bytes(whole)
        assert stage.completion_note() is not None


def _same(damaged: bytes, whole: bytes) -> bool:
    """Whether what is read is the same."""
    try:
        return json.loads(damaged) == json.loads(whole)
    except ValueError:
        return False


def test_a_missing_file_and_a_mark_of_another_shape_are_damage(stage):
    for damage in (
        lambda: (stage.folder / "weights").unlink(),
        lambda: (stage.folder / "done.json").write_text("[]"),
        lambda: (stage.folder / "done.json").write_text('{"files": {}}'),
        lambda: (stage.folder / "done.json").write_text("null"),
        lambda: (stage.folder / "done.json").write_bytes(b"\xff"),
    ):
        store.write_text(stage.open() / "weights", "w")
        stage.finish({})
        damage()
        assert stage.completion_note() is None
        assert not stage.folder.exists()


# --- the lock -------------------------------------------------------------------------------------


def test_a_second_holder_is_refused_until_the_first_one_dies(tmp_path):
    path = tmp_path / "work" / "run.lock"
    ready, held = os.pipe()
    child = os.fork()
    if not child:
        try:
            with store.lock(path, "assay run demo"):
                os.write(held, b"x")
                signal.pause()
        finally:
            os._exit(1)
    assert os.read(ready, 1) == b"x"
    with pytest.raises(ResourceError) as caught, store.lock(path, "second"):
        pytest.fail("two holders")
    (problem,) = caught.value.problems
    assert problem.code == "R003"
    assert f"process {child} " in problem.text
    assert problem.text.endswith("assay run demo")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with store.lock(path, "second"):
        assert f"process {os.getpid()} " in path.read_text()
    assert path.read_text() == ""


def test_a_lock_is_free_after_an_error_inside(tmp_path):
    path = tmp_path / "run.lock"
    with pytest.raises(KeyError), store.lock(path, "first"):
        raise KeyError
    with store.lock(path, "second"):
        pass


def waits_for_a_lock(process):
    """As the kernel lists it: `12: -> FLOCK ADVISORY WRITE 4711 ...`."""
    rows = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return any(row[1] == "->" and row[5] == str(process) for row in rows)


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="the kernel does not list its locks")
def test_waiting_for_a_lock(tmp_path):
    path, order = tmp_path / "run.lock", tmp_path / "order"
    go, taken = os.pipe()
    child = os.fork()  # before the lock is taken: a fork would hold it too
    if not child:
        try:
            os.read(go, 1)
            with store.lock(path, "child", wait=True):
                store.append(order, "child")
        finally:
            os._exit(0)
    with store.lock(path, "parent"):
        os.write(taken, b"x")
        while not waits_for_a_lock(child):
            time.sleep(0.01)
        store.append(order, "parent")
    os.waitpid(child, 0)
    assert list(store.read_lines(order)) == ["parent", "child"]
