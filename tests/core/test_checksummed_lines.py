"""Lines with their own hash: any change of any byte is found, what is whole is kept, and it is said
once."""

import json
import os
import random
import time
from pathlib import Path

import pytest

from assay.core import checksummed_lines, store
from assay.core.corrupt_files import silent

ROWS = [{"key": f"k{n}", "n": n, "text": 'é "x"\\', "list": [0.1, None]} for n in range(6)]


@pytest.fixture
def file(tmp_path):
    checksummed_lines.add(tmp_path / "rows.jsonl", *ROWS)
    return tmp_path / "rows.jsonl"


def codes(heard):
    return [event["code"] for event in heard]


def test_what_was_added_is_read_and_other_programs_read_it_too(file):
    assert checksummed_lines.read(file) == checksummed_lines.beginning(file) == ROWS
    plain = [json.loads(line) for line in file.read_text().splitlines()]
    assert [{key: value for key, value in row.items() if key != "sha256"} for row in plain] == ROWS
    # The hash is of the canonical form of the others: sorted keys, as `store.digest`.
    assert plain[0]["sha256"] == store.digest(ROWS[0])[:16]
    assert checksummed_lines.read(file.with_name("none")) == []


def test_a_flipped_bit_anywhere_costs_its_line_and_is_said_once(file):
    whole, draw = file.read_bytes(), random.Random(5)
    for place in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << draw.randrange(8)
        heard: list[dict] = []
        file.write_bytes(damaged)
        found = checksummed_lines.read(file, heard.append)
        # two, where lines run together
        assert all(row in ROWS for row in found) and len(found) >= len(ROWS) - 2
        if len(found) < len(ROWS):
            assert len(heard) == 1 and str(file) in heard[0]["text"]
            line = whole[:place].count(b"\n") + 1
            assert f"{file}:{line}" in heard[0]["text"]
        assert checksummed_lines.read(file, heard.append) == found and len(heard) <= 1  # mended


def test_where_places_count_only_what_stands_before_the_damage_is_kept(file):
    lines = file.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b'"n": 3', b'"n": 8')
    file.write_bytes(b"".join(lines))
    heard: list[dict] = []
    assert checksummed_lines.beginning(file, heard.append) == ROWS[:3]
    assert codes(heard) == ["R170"] and f"{file}:4" in heard[0]["text"]
    checksummed_lines.add(file, ROWS[3])
    assert checksummed_lines.beginning(file) == ROWS[:4]


def test_a_torn_line_and_one_of_an_older_version_are_told_apart(file):
    whole = file.read_bytes()
    for left, code in (
        (b'{"key": "k9"', "R172"),
        (b'{"key": "k9", "n": 1}\n', "R171"),
        (b"[1, 2]\n", "R171"),
    ):
        heard: list[dict] = []
        file.write_bytes(whole + left)
        assert checksummed_lines.read(file, heard.append) == ROWS and codes(heard) == [code]
        assert file.read_bytes() == whole


def test_a_file_of_one_row(tmp_path):
    path, heard = tmp_path / "one.json", []
    assert checksummed_lines.one(path) is None
    checksummed_lines.write(path, {"a": [1, 2]})
    assert checksummed_lines.one(path) == {"a": [1, 2]}
    path.write_text(path.read_text().replace("[1, 2]", "[1, 3]"))
    assert checksummed_lines.one(path, heard.append) is None and codes(heard) == ["R170"]


def waits_for_a_lock(process):
    """As the kernel lists it: `12: -> FLOCK ADVISORY WRITE 4711 ...`."""
    rows = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return any(row[1] == "->" and row[5] == str(process) for row in rows)


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="the kernel does not list its locks")
def test_lines_that_another_process_adds_while_a_file_is_mended_are_not_lost(file):
    # The child waits for the lock on the old file; when it gets it, that name belongs to the mended
    # one.
    file.write_bytes(file.read_bytes().replace(b'"n": 2', b'"n": 7'))
    go, begin = os.pipe()
    child = os.fork()  # before the lock is taken: a fork would hold it too
    if not child:
        try:
            os.read(go, 1)
            checksummed_lines.add(file, {"key": "late"})
        finally:
            os._exit(0)

    def change(data):
        os.write(begin, b"x")
        while not waits_for_a_lock(child):
            time.sleep(0.01)
        return b"".join(line for line in data.splitlines(keepends=True) if b'"n": 7' not in line)

    store.rewrite(file, change)
    os.waitpid(child, 0)
    assert checksummed_lines.read(file, silent) == [*ROWS[:2], *ROWS[3:], {"key": "late"}]
