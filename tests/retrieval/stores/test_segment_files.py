"""A segment comes back as it was written, or is refused; the log tells which segments count."""

import numpy as np
import pytest

from assay.core import checksummed_lines
from assay.core.errors import ResourceError
from assay.core.types import Document
from assay.retrieval.stores.segment_files import (
    FORMAT,
    LOG,
    clear,
    read_log,
    read_passages,
    read_segment,
    write_segment,
)
from helpers.problems import problem
from helpers.stored import axes

PASSAGES = [Document("ä#1", "line\nbreak \u2028", "f.md:1", "2024"), Document("b#1", "")]
FIELDS = [{"lang": "de"}, {}]


def write(folder, vectors=None, born=(3, 4)):
    vectors = axes(0, 2) if vectors is None else vectors
    return write_segment(folder, vectors, np.array(born), zip(PASSAGES, FIELDS, strict=True))


def test_a_segment_comes_back_as_it_was(tmp_path):
    name = write(tmp_path)
    read = read_segment(tmp_path, name, 4)
    assert (read.name, read.ids, read.fields) == (name, ("ä#1", "b#1"), tuple(FIELDS))
    assert np.array_equal(read.vectors, axes(0, 2)) and read.born.tolist() == [3, 4]
    assert read_passages(tmp_path, name, read.starts[::-1]) == PASSAGES[::-1]


def test_its_vectors_are_a_safetensors_file(tmp_path):
    from safetensors.numpy import load_file

    tensors = load_file(tmp_path / f"{write(tmp_path)}.safetensors")
    assert np.array_equal(tensors["vectors"], axes(0, 2)) and tensors["born"].tolist() == [3, 4]


def test_it_is_named_after_what_it_holds(tmp_path):
    name = write(tmp_path)
    assert write(tmp_path) == name
    assert len({name, write(tmp_path, axes(0, 3)), write(tmp_path, born=(3, 5))}) == 3


@pytest.mark.parametrize("ending", ["jsonl", "safetensors"])
def test_a_segment_that_was_changed_is_refused(tmp_path, ending):
    name = write(tmp_path)
    file = tmp_path / f"{name}.{ending}"
    file.write_bytes(file.read_bytes().replace(b"2024", b"2025")[:-1] + b"\x20")
    with problem(ResourceError, "R026"):
        read_segment(tmp_path, name, 4)


def test_vectors_of_another_width_are_refused(tmp_path):
    with problem(ResourceError, "R026"):
        read_segment(tmp_path, write(tmp_path), 5)


def test_the_last_line_of_the_log_counts_once_it_is_whole(tmp_path):
    assert read_log(tmp_path) == []
    head, line = {"format": FORMAT}, {"version": 1}
    checksummed_lines.add(tmp_path / LOG, head, line)
    with (tmp_path / LOG).open("a") as log:
        log.write('{"version": 2, "sha')
    assert read_log(tmp_path) == [head, line]


@pytest.mark.parametrize("head", [{"format": FORMAT + 1}, {}])
def test_a_log_of_another_format_is_refused(tmp_path, head):
    checksummed_lines.add(tmp_path / LOG, head)
    with problem(ResourceError, "R026", LOG):
        read_log(tmp_path)


def test_a_line_of_the_log_that_was_changed_is_refused(tmp_path):
    checksummed_lines.add(tmp_path / LOG, {"format": FORMAT}, {"version": 1})
    (tmp_path / LOG).write_text(
        (tmp_path / LOG).read_text().replace('"version": 1', '"version": 7')
    )
    with problem(ResourceError, "R026", LOG):
        read_log(tmp_path)


def test_what_the_log_does_not_name_is_deleted_and_nothing_else(tmp_path):
    kept, left = write(tmp_path), write(tmp_path, axes(1, 3))
    checksummed_lines.add(tmp_path / LOG, {"format": FORMAT})
    for name in ("lock", f"{left}.jsonl.part", "mine.txt"):
        (tmp_path / name).touch()
    clear(tmp_path, [kept])
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{kept}.jsonl",
        f"{kept}.safetensors",
        LOG,
        "lock",
        "mine.txt",
    }
