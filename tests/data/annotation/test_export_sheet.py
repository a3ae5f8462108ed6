import csv
import io

import pytest

from assay.core.errors import DataError
from assay.core.types import Document, Example, Message
from assay.data.annotation.export_sheet import (
    LONGEST,
    cells,
    codebook,
    cut,
    deal,
    refuse_present,
    sheet_path,
    write,
)
from helpers.problems import problem


def rows(n):
    return [
        Example(f"r{i}", (Message("user", f"text {i}"),), source=f"a.csv:{i + 2}") for i in range(n)
    ]


def test_a_csv_sheet_has_a_mark_quotes_and_the_columns(tmp_path):
    row = Example(
        "007", (Message("user", '=cmd|"x", two\nlines'),), "a", context=(Document("d", "page", ""),)
    )
    write(tmp_path / "t.csv", cells([row], "anna"))
    data = (tmp_path / "t.csv").read_bytes()
    assert data.startswith(b'\xef\xbb\xbf"row","id",') and data.endswith(b"\r\n")
    (line,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert line == {
        "row": "1 of 1",
        "id": "'007",
        "text": '\'=cmd|"x", two\nlines',
        "context": "page",
        "current": "a",
        "label": "",
        "annotator": "anna",
    }
    assert cells([row], "anna", blind=True)[0]["current"] == ""


def test_a_long_text_is_cut_to_what_a_cell_holds():
    assert len(cut("x" * 50_000)) < 32_767 and cut("x" * LONGEST) == "x" * LONGEST


@pytest.mark.parametrize(("n", "overlap"), [(10, 0.2), (101, 0.25), (3, 1.0), (7, 0.0)])
def test_every_row_is_dealt_and_the_overlap_goes_to_all(n, overlap):
    dealt = deal(rows(n), ["anna", "ben", "carl"], overlap, seed=1)
    ids = {name: [row.id for row in own] for name, own in dealt.items()}
    shared = set.intersection(*map(set, ids.values()))
    assert len(shared) == round(overlap * n)
    assert set().union(*ids.values()) == {f"r{i}" for i in range(n)}
    assert sum(map(len, ids.values())) == n + 2 * len(shared)
    sizes = [len(own) for own in ids.values()]
    assert max(sizes) - min(sizes) <= 1
    assert all(own == sorted(own, key=lambda id: int(id[1:])) for own in ids.values())
    assert dealt == deal(rows(n), ["anna", "ben", "carl"], overlap, seed=1)


def test_one_annotator_gets_all_and_names_come_from_the_file(tmp_path):
    assert deal(rows(3), [], 0.2, 0) == {"": rows(3)} and deal(rows(3), ["anna"], 0.2, 0) == {
        "anna": rows(3)
    }
    assert (
        sheet_path(tmp_path / "t.csv", "anna").name == "t.anna.csv"
        and codebook(tmp_path / "t.csv").name == "t.labels.txt"
    )
    (tmp_path / "t.csv").touch()
    with problem(DataError, "D091"):
        refuse_present([tmp_path / "t.csv"])
