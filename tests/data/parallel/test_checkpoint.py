import pytest

from assay.core.errors import DataError, Problem, ResourceError, UsageError
from assay.core.types import Means
from assay.data.parallel.checkpoint import PassCheckpoint, forget_on_error
from assay.data.parallel.outcomes import of_rows
from assay.data.steps.length import Length
from assay.data.steps.repair import Repair

STEPS = (Repair(), Length())
SIZE = 10


@pytest.fixture
def rows(rows_of):
    return rows_of(30)


@pytest.fixture
def chunks(rows):
    return [
        list(of_rows(STEPS, rows[at : at + SIZE], Means(), False))
        for at in range(0, len(rows), SIZE)
    ]


def kept(path, rows, steps=STEPS, size=SIZE):
    return PassCheckpoint(path, steps, rows, size)


def filled(path, rows, chunks):
    """A file with these chunks; what had been done is not done again."""
    one = kept(path, rows)
    there = len(list(one.read_chunks()))
    with one.growing() as add:
        for chunk in chunks[there:]:
            add(chunk)
    return path.read_bytes()


def test_chunks_come_back_in_order(tmp_path, rows, chunks):
    path = tmp_path / "pass-1.part"
    filled(path, rows, chunks[:2])
    one = kept(path, rows)
    assert list(one.read_chunks()) == chunks[:2]
    assert one.chunks == 2


@pytest.mark.slow
def test_wherever_it_was_cut_off_only_whole_chunks_are_trusted_and_the_rest_is_done_again(
    tmp_path, rows, chunks
):
    whole = filled(tmp_path / "whole.part", rows, chunks)
    ends = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    complete = [end for end in ends if whole[:end].splitlines()[-1].startswith(b'{"chunk"')]
    path = tmp_path / "cut.part"
    for size in range(0, len(whole), 7):
        path.write_bytes(whole[:size])
        found = list(kept(path, rows).read_chunks())
        assert found == chunks[: sum(end <= size for end in complete)], size
        assert filled(path, rows, chunks) == whole


def test_a_changed_byte_is_found(tmp_path, rows, chunks):
    path = tmp_path / "p.part"
    whole = filled(path, rows, chunks)
    at = whole.index(b"white space")
    path.write_bytes(whole[:at] + b"W" + whole[at + 1 :])
    assert list(kept(path, rows).read_chunks()) == []
    assert filled(path, rows, chunks) == whole


@pytest.mark.parametrize("other", ["rows", "steps", "size"])
def test_chunks_of_another_pass_are_not_taken(tmp_path, rows, chunks, other):
    path = tmp_path / "p.part"
    filled(path, rows, chunks)
    told = (
        {"steps": (Repair(lower=True), Length())}
        if other == "steps"
        else {"size": 11}
        if other == "size"
        else {}
    )
    one = kept(path, rows[:-1] if other == "rows" else rows, **told)
    assert list(one.read_chunks()) == [] and path.stat().st_size == 0


@pytest.mark.parametrize(
    ("error", "left"),
    [
        (DataError(Problem("D059", "no rows are left")), ["train.jsonl"]),
        (UsageError(Problem("C074", "shares")), ["train.jsonl"]),
        (DataError(Problem("D067", "a process ended")), ["pass-3.part", "train.jsonl"]),
        (ResourceError(Problem("R002", "could not write")), ["pass-3.part", "train.jsonl"]),
        (KeyboardInterrupt(), ["pass-3.part", "train.jsonl"]),
    ],
)
def test_a_mistake_in_the_data_leaves_nothing_of_it(tmp_path, rows, chunks, error, left):
    filled(tmp_path / "pass-3.part", rows, chunks)
    (tmp_path / "train.jsonl").write_text("")
    with pytest.raises(type(error)), forget_on_error(tmp_path):
        raise error
    assert sorted(path.name for path in tmp_path.iterdir()) == left
