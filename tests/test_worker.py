"""What a killed worker left is gone on from, at each place where it may have been killed."""

import pytest

from assay import store
from assay.worker import kept_lines


@pytest.mark.parametrize(
    ("left", "kept"),
    [
        (0, 0),
        (3, 0),  # a part of a chunk, from another version
        (4, 4),
        (7, 4),
        (8, 8),
        (10, 10),  # all answered, the last chunk shorter; killed before the stage was marked done
        (12, 10),  # more than were asked
    ],
)
def test_whole_chunks_are_kept_or_all(tmp_path, left, kept):
    file = tmp_path / "answers.jsonl"
    if left:
        store.append(file, *({"n": n} for n in range(left)))
    assert kept_lines(file, 10, 4) == kept
    assert [row["n"] for row in store.read_lines(file)] == list(range(kept)) if left else not file.exists()


def test_a_torn_line_is_no_answer(tmp_path):
    file = tmp_path / "answers.jsonl"
    store.append(file, *({"n": n} for n in range(4)))
    with file.open("a") as torn:
        torn.write('{"n": 4')
    assert kept_lines(file, 10, 4) == 4
    assert len(list(store.read_lines(file))) == 4
