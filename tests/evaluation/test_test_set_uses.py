"""The book of looks: whatever is done to it or to its copy, no look is lost without a word."""

import json
import shutil

import pytest

from assay.evaluation.test_set_uses import changes, record_look


@pytest.fixture
def book(tmp_path):
    """Four looks, three of them at the rows "a"."""
    for exam, by in (("a", "one"), ("b", "one"), ("a", "two"), ("a", "three")):
        record_look(tmp_path / "exam.jsonl", exam, by, tmp_path / "work" / "exam.jsonl")
    return tmp_path / "exam.jsonl"


@pytest.fixture
def copy(book):
    return book.parent / "work" / "exam.jsonl"


def lines(path):
    return path.read_text().splitlines(keepends=True)


def keep(*numbers):
    return lambda book: book.write_text("".join(lines(book)[number] for number in numbers))


def edit(old, new):
    return lambda book: book.write_text(book.read_text().replace(old, new))


def plain(book):
    """All hashes taken off, as if the lines were of an older version; and one look less."""
    rows = [json.loads(line) for line in lines(book)[:3]]
    book.write_text(
        "".join(
            json.dumps({key: row[key] for key in ("exam", "by", "opened")}) + "\n" for row in rows
        )
    )


DONE = {
    "deleted": lambda book: book.unlink(),
    "emptied": lambda book: book.write_bytes(b""),
    "the end cut": keep(0, 1),
    "the beginning cut": keep(1, 2, 3),
    "the middle cut": keep(0, 3),
    "the last line half cut": lambda book: book.write_bytes(book.read_bytes()[:-20]),
    "put in another order": keep(0, 2, 1, 3),
    "edited": edit('"by": "two"', '"by": "one"'),
    "edited at the end": edit('"by": "three"', '"by": "two"'),
    "garbled": edit('"by": "two"', '"by": "two'),
    "hashes taken off": plain,
}


@pytest.mark.parametrize("what", DONE)
def test_what_is_done_to_the_book_is_said_from_then_on_and_no_look_is_lost(book, copy, what):
    DONE[what](book)
    assert record_look(book, "a", "four", copy) == 4
    assert [warning["code"] for warning in changes(book)] == ["D170"]
    assert record_look(book, "a", "three", copy) == 3 and record_look(book, "b", "two", copy) == 2
    assert len(changes(book)) == 1 and copy.read_bytes() == book.read_bytes()


@pytest.mark.parametrize(
    "what", ["edited", "edited at the end", "garbled", "the middle cut", "put in another order"]
)
def test_without_a_copy_the_chain_itself_says_it(book, copy, what):
    copy.unlink()
    DONE[what](book)
    record_look(book, "a", "four", copy)
    assert [warning["code"] for warning in changes(book)] == ["D170"]


def test_a_line_without_a_hash_below_lines_that_have_one_was_written_by_another_hand(book, copy):
    copy.unlink()
    with book.open("a") as file:
        file.write(json.dumps({"exam": "a", "by": "four", "opened": 4}) + "\n")
    assert record_look(book, "a", "five", copy) == 5  # it counts all the same
    assert [warning["code"] for warning in changes(book)] == ["D170"]


def test_a_whole_book_says_nothing_and_a_copy_may_go(book, copy):
    assert record_look(book, "a", "three", copy) == 3 and changes(book) == []
    shutil.rmtree(copy.parent)
    assert record_look(book, "a", "four", copy) == 4 and changes(book) == []
    assert copy.read_bytes() == book.read_bytes()


def test_a_damaged_copy_is_written_again_and_is_no_fault_of_the_book(book, copy):
    heard: list[dict] = []
    copy.write_text(copy.read_text().replace("three", "threw"))
    assert record_look(book, "a", "four", copy, heard.append) == 4
    assert changes(book) == [] and [event["code"] for event in heard] == ["R170"]
    assert copy.read_bytes() == book.read_bytes()


def test_lines_of_an_older_version_stay_and_are_counted(tmp_path):
    book, copy = tmp_path / "exam.jsonl", tmp_path / "work" / "exam.jsonl"
    old = [{"exam": "a", "by": "one", "opened": 1}, {"exam": "a", "by": "two", "opened": 2}]
    book.write_text("".join(json.dumps(row) + "\n" for row in old))
    assert record_look(book, "a", "three", copy) == 3 and changes(book) == []
    book.write_text("".join(lines(book)[1:]))  # the chain begins with what stood above it
    assert record_look(book, "a", "four", copy) == 4 and len(changes(book)) == 1


def test_two_projects_with_a_copy_each_share_the_count(tmp_path):
    book, first, second = (
        tmp_path / "exam.jsonl",
        tmp_path / "one" / "exam.jsonl",
        tmp_path / "two" / "exam.jsonl",
    )
    assert [
        record_look(book, "a", by, copy) for by, copy in (("x", first), ("y", second), ("z", first))
    ] == [1, 2, 3]
    assert record_look(book, "a", "z", second) == 3 and changes(book) == []
    book.unlink()
    assert record_look(book, "a", "w", second) == 4 and len(changes(book)) == 1
    assert record_look(book, "a", "v", first) == 5 and len(changes(book)) == 1


def test_what_a_kill_left_beside_the_book_and_its_copy_is_gone_at_the_next_look(book, copy):
    left = [path.with_name(f".{path.name}.zbblti1i.part") for path in (book, copy)]
    for path in left:
        path.write_text("half")
    other = book.with_name(".report.json.zbblti1i.part")  # somebody else's
    other.write_text("half")
    record_look(book, "a", "four", copy)
    assert not any(path.exists() for path in left) and other.exists()
    assert len(lines(book)) == len(lines(copy)) == 5
