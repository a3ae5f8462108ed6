from assay.data.reading import slice_values
from assay.data.reading.slice_values import DAY, FILE, Values


def test_a_value_has_a_number_by_its_first_appearance_and_a_row_without_one_its_own():
    values = Values({"text"})
    rows = [
        {"text": "a", "user": "ann", "meta": {"doc": 7}, "at": "2024-01-02T10:00", "pred": "x"},
        {"text": "b", "user": " ann ", "meta": {"doc": "7"}, "at": "2024-01-02T11:00"},
        {"text": "c", "user": "", "meta": {"doc": 8}, "at": "2024-01-03T10:00", "late": "yes"},
        {"text": "d", "user": None, "meta": {}, "at": "2024-01-03T10:00", "late": "yes"},
    ]
    for at, row in enumerate(rows):
        values.note(row, f"r{at}", f"{'ab'[at // 2]}.csv:{at}")
    assert values.of(["r0", "r1", "r2", "r3"]) == {
        "user": [0, 0, 1, 2],
        "meta.doc": [0, 0, 1, 2],
        "at": [0, 1, 2, 2],
        f"at{DAY}": [0, 0, 1, 1],
        FILE: [0, 0, 1, 1],
        "late": [0, 1, 2, 2],
    }
    assert values.of(["r3", "unknown"])["late"] == [0, 1]


def test_a_field_in_which_nothing_repeats_is_not_followed(monkeypatch):
    monkeypatch.setattr(slice_values, "LOOKED", 200)
    values = Values(())
    for at in range(205):
        values.note({"number": at, "user": at // 2}, str(at), "rows.csv:1")
    assert list(values.of(["1", "2"])) == ["user", FILE]


def test_fields_of_one_row_each_take_a_place_each():
    values = Values()
    n = 1000
    for at in range(n):
        values.note({"user": f"u{at % 10}", f"key {at}": "x"}, f"r{at}", f"a.csv:{at}")
    assert sum(len(numbers) for _, numbers in values._columns.values()) == 3 * n
    found = values.of([f"r{at}" for at in range(20)])
    assert found["user"] == [*range(10)] * 2 and found["(file)"] == [0] * 20
    assert len(found) <= 22
