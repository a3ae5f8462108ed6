"""Files of the data stage: what comes in as hashes, rows and documents and rates come back."""

import pytest

from assay.core import store
from assay.core.types import Document, Example, Message
from assay.runtime.data_stage.split_files import (
    bytes_of,
    read_documents,
    read_examples,
    read_rates,
    write_rates,
)


def test_rows_and_documents_come_back_as_they_were(tmp_path):
    rows = (
        Example("a", (Message("user", "é\u2028"),), "yes", ("ja",), slices=(("lang", "de"),)),
        Example("b", (Message("system", "s"), Message("user", "u"))),
    )
    documents = (Document("d", "text", "d.md:1", "2024", (("team", "x"),)), Document("e", ""))
    store.write_lines(tmp_path / "rows", (row.to_json() for row in rows))
    store.write_lines(tmp_path / "documents", (one.to_json() for one in documents))
    assert read_examples(tmp_path / "rows") == rows
    assert read_documents(tmp_path / "documents") == documents


def test_rates_are_kept_where_there_are_any(tmp_path):
    write_rates(tmp_path, {})
    assert read_rates(tmp_path) == {} and not list(tmp_path.iterdir())
    write_rates(tmp_path, {"a": 5, "b": 1})
    assert read_rates(tmp_path) == {"a": 5, "b": 1}


def test_the_hash_of_a_folder_is_of_names_and_contents(tmp_path):
    folder = tmp_path / "docs"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "a.md").write_text("one")
    first = bytes_of(folder)
    assert first == bytes_of(folder) and first[0][0] == "in/a.md"
    (folder / "in" / "a.md").write_text("two")
    second = bytes_of(folder)
    (folder / "in" / "a.md").rename(folder / "in" / "b.md")
    assert len({str(one) for one in (first, second, bytes_of(folder))}) == 3


@pytest.mark.parametrize("name", ["rows.jsonl", "table.csv"])
def test_a_file_that_is_not_there_has_no_hash_and_is_no_error_yet(tmp_path, name):
    assert bytes_of(tmp_path / name)[0] == ""
    (tmp_path / name).write_text("x")
    assert bytes_of(tmp_path / name)[0] == store.file_digest(tmp_path / name)
