import pytest

from assay.data.reading.load import load
from assay.data.reading.numbered_references import gather_references
from helpers.raw_tables import raw_table
from helpers.toy import write_rows


def rows_of(names=("clean1", "clean2", "clean3"), **more):
    rows = []
    for n in range(20):
        texts = [f"way {at} to say that {n} are late" for at in range(len(names))]
        texts[1:] = [text if n % (at + 2) else "" for at, text in enumerate(texts[1:])]
        row = {"rude": f"damn, {n} of them are late", **dict(zip(names, texts, strict=True))}
        rows.append(row | {name: make(n) for name, make in more.items()})
    return rows


@pytest.mark.parametrize("names", [("clean1", "clean2", "clean3"), ("clean_0", "clean_1")])
def test_numbered_texts_with_gaps_are_references_of_the_other_text(names):
    found = gather_references(raw_table(rows_of(names)), set())
    assert found.names == ("rude", names[0].rstrip("01_"))
    assert found.rows[0].fields[found.names[1]] == ["way 0 to say that 0 are late"]
    assert len(found.rows[1].fields[found.names[1]]) == len(names)
    assert found.roles == {"question": "rude", "answer": found.names[1]}


def test_the_first_is_the_target(tmp_path):
    path = tmp_path / "rows.jsonl"
    write_rows(path, rows_of())
    loaded = load({"data": [path]}, base=tmp_path)
    assert loaded.train[1].target == "way 0 to say that 1 are late"
    assert loaded.train[1].text == "damn, 1 of them are late"


@pytest.mark.parametrize(
    "rows",
    [
        rows_of(label=lambda n: "ab"[n % 2]),
        rows_of(other=lambda n: f"one more text about {n}"),
        rows_of(("sentence1", "sentence2")),
        [
            {"rude": f"damn, {n} are late", "clean1": f"they are {n}", "clean2": f"late by {n}"}
            for n in range(20)
        ],
    ],
)
def test_what_may_be_something_else_stays(rows):
    found = raw_table(rows)
    assert gather_references(found, set()) is found


def test_what_the_project_names_stays():
    found = raw_table(rows_of())
    assert gather_references(found, {"clean1"}) is found
