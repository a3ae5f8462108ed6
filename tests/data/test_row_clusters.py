"""Which fields are asked whether rows cluster by them."""

from assay.data.reading.load import load
from assay.data.reading.slice_values import DAY, FILE, Values
from assay.data.row_clusters import NEAR_COPIES, candidates


def fields_of(make, rows, near=1.0, reported=(), taken=("text", "label")):
    values = Values(taken)
    test = make([(row["text"], row["label"]) for row in rows], "test")
    for row, example in zip(rows, test, strict=True):
        values.note(row, example.id, example.source)
    return candidates(values, test, near, reported)


def rows_of(texts, **fields):
    return [
        {"text": text, "label": "ab"[at % 2], **{name: value(at) for name, value in fields.items()}}
        for at, text in enumerate(texts)
    ]


def test_fields_that_rows_share_are_asked_and_others_are_not(make, sentences):
    rows = rows_of(
        sentences(60),
        mandant=lambda at: f"m{at // 4}",  # 15 values of four rows
        user=lambda at: f"u{at % 3}",  # three values, and a name that says they were sampled
        channel=lambda at: ["web", "app", "mail"][at % 3],  # three kinds of rows
        number=lambda at: at,  # nothing repeats
        intent=lambda at: f"intent {'ab'[at % 2]}",  # the label's own
        prediction=lambda at: f"m{at // 5}",
        written=lambda at: f"2026-03-{1 + at // 5:02}T10:00:{at % 60:02}",
        meta=lambda at: {"doc": f"d{at // 6}", "n": at},
        empty=lambda at: "",
    )
    found = fields_of(make, rows)
    assert list(found) == ["mandant", "user", "written" + DAY, "meta.doc"]
    assert found["mandant"][:6] == [0, 0, 0, 0, 1, 1]


def test_two_fields_that_divide_the_rows_alike_are_one_and_a_row_without_a_value_is_alone(
    make, sentences
):
    rows = rows_of(
        sentences(60), who=lambda at: "" if at < 4 else f"m{at // 4}", name=lambda at: f"n{at // 4}"
    )
    for row in rows[:4]:
        row["name"] = None
    found = fields_of(make, rows)
    assert list(found) == ["who"] and found["who"][:6] == [0, 1, 2, 3, 4, 4]


def test_a_field_of_few_values_that_the_project_reports_by_is_one_of_kinds(make, sentences):
    rows = rows_of(sentences(60), site=lambda at: f"s{at // 4}", user=lambda at: f"u{at // 2}")
    assert list(fields_of(make, rows, reported=("site", "user"))) == ["user"]


def test_near_copies_are_asked(make, sentences):
    texts = [f"{text} {more}".strip() for text in sentences(10) for more in ("", "x")]
    found = fields_of(make, rows_of(texts), near=0.8)
    assert list(found) == [NEAR_COPIES] and found[NEAR_COPIES][:4] == [0, 0, 1, 1]


def test_files_are_asked_and_what_rows_are_made_of_is_not(tmp_path):
    for name in "abc":
        lines = [f"some question number {name}{at},{'xy'[at % 2]},u{at // 4}" for at in range(20)]
        (tmp_path / f"{name}.csv").write_text("text,label,kunde\n" + "\n".join(lines) + "\n")
    loaded = load({"data": [tmp_path / f"{name}.csv" for name in "abc"]}, group="")
    found = loaded.values.of([row.id for row in loaded.train])
    assert list(found) == ["kunde", FILE] and len(set(found[FILE])) == 3
    assert loaded.values.of(["unknown", "too"]) == {"kunde": [0, 1], FILE: [0, 1]}
