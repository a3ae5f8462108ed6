import pytest

from assay.data.reading.annotator_columns import join_verdicts
from assay.data.reading.load import load
from helpers.raw_tables import raw_table


def rows_of(said, **more):
    return [
        {"text": f"a text about the house {n}", **said(n), **{k: f(n) for k, f in more.items()}}
        for n in range(30)
    ]


def three(names, values):
    """Two agree, and the third in every second row."""
    return lambda n: {
        name: values[(n + (at == 2 and n % 2)) % len(values)] for at, name in enumerate(names)
    }


NAMES = ("annotator1", "annotator2", "annotator3")


@pytest.mark.parametrize(
    "names",
    [
        NAMES,
        ("rater_a", "rater_b", "rater_c"),
        ("Judge 1", "Judge 2", "Judge 3"),
        ("expert1_label", "expert2_label", "expert3_label"),
    ],
)
def test_the_most_frequent_verdict_is_the_label(names):
    found = join_verdicts(raw_table(rows_of(three(names, "xyz"))), set())
    assert found.names == ("text", "label")
    assert [raw.fields["label"] for raw in found.rows] == [*"xyz"] * 10
    assert "of the verdicts of 3 people" in found.notes[-1]


def test_of_numbers_it_is_the_mean():
    said = lambda n: {"rater1": n % 5, "rater2": n % 5 + 1}  # noqa: E731
    found = join_verdicts(raw_table(rows_of(said)), set())
    assert [raw.fields["score"] for raw in found.rows[:3]] == [0.5, 1.5, 2.5]


@pytest.mark.parametrize(
    ("said", "more"),
    [
        (lambda n: {"label1": "xyz"[n % 3], "label2": "uvw"[n % 3]}, {}),  # levels of classes
        (lambda n: {"label1": "xyz"[n % 3], "label2": "xyz"[(n + 1) % 3]}, {}),  # two labels
        (lambda n: {"expert1": f"it is {n}", "expert2": f"that is {n}"}, {}),  # texts
        (three(NAMES, "xyz"), {"label": lambda n: "xyz"[n % 3]}),  # it is known already
        (lambda n: {"score1": n % 7, "score2": 6 - n % 7}, {}),  # of two things
    ],
)
def test_what_is_no_verdict_of_several_people_stays(said, more):
    found = raw_table(rows_of(said, **more))
    assert join_verdicts(found, set()) is found


def test_what_the_project_names_stays():
    found = raw_table(rows_of(three(NAMES, "xyz")))
    assert join_verdicts(found, {"annotator2"}) is found


def test_two_answers_that_people_judged_are_a_preference(tmp_path):
    path = tmp_path / "judged.csv"
    lines = ["instruction,input,response1,response2,annotator1,annotator2,annotator3"]
    for n in range(30):
        said = 1 + n % 2 if n % 10 else 0
        asked = f"do what is said of {n},{'some words more' if n % 3 else ''}"
        third = 2 if n % 7 == 3 else said
        lines.append(f"{asked},first answer {n},second answer {n},{said},{said},{third}")
    path.write_text("\n".join(lines), encoding="utf-8")
    loaded = load({"data": [path]}, base=tmp_path)
    assert loaded.columns["input"] == "input"
    assert len(loaded.train) == 27
    assert (loaded.train[0].target, loaded.train[0].rejected) == (
        "second answer 1",
        "first answer 1",
    )
