"""What a killed worker left is gone on from, at each place where it may have been killed."""

import pytest

from assay.core import checksummed_lines, store
from assay.core.corrupt_files import silent
from assay.core.types import Answer
from assay.runtime.arms.answer_files import answers_of, recover_lines


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
        checksummed_lines.add(file, *({"n": n} for n in range(left)))
    assert recover_lines(file, 10, 4, silent) == kept
    assert (
        [row["n"] for row in checksummed_lines.read(file)] == list(range(kept))
        if left
        else not file.exists()
    )


def test_a_torn_line_is_no_answer(tmp_path):
    file = tmp_path / "answers.jsonl"
    checksummed_lines.add(file, *({"n": n} for n in range(4)))
    with file.open("a") as torn:
        torn.write('{"n": 4')
    assert recover_lines(file, 10, 4, silent) == 4
    assert len(list(checksummed_lines.read(file))) == 4


@pytest.mark.parametrize(
    "write", [store.append, checksummed_lines.add], ids=["of an older version", "sealed"]
)
def test_answers_of_a_finished_stage_are_read_and_never_rewritten(tmp_path, write):
    # Their file has its hash in `done.json`, so that a line that was mended would be damage.
    file, answers = (
        tmp_path / "answers.jsonl",
        [Answer("a", scores={"a": 0.75, "b": 0.25}), Answer(None, raw="?")],
    )
    write(file, *(answer.to_json() for answer in answers))
    before = file.read_bytes()
    assert answers_of(file) == answers and file.read_bytes() == before
