from assay.data.reading.written_records import write_records
from helpers.raw_tables import raw_table

ROLES = {"text": "text", "answer": "records"}


def test_records_are_one_line():
    values = [
        [["screen", "good"], ["price", "poor"]],
        [{"what": "screen", "how": "good"}],
        ["screen", "price"],
        [[[1, 2], "é"]],
        [],
    ]
    given = raw_table([{"text": "t", "records": value} for value in values], roles=ROLES)
    assert [raw.fields["records"] for raw in write_records(given, set()).rows] == [
        "screen, good; price, poor",
        "screen, good",
        "screen; price",
        "[1, 2], é",
        "none",
    ]


def test_records_that_have_another_role_stay():
    for roles in ({}, {"text": "text", "entities": "records"}):
        given = raw_table([{"text": "t", "records": [["a"]]}], roles=roles)
        assert write_records(given, set()) is given
    given = raw_table([{"text": "t", "records": "a, b"}], roles=ROLES)
    assert write_records(given, set()) is given
