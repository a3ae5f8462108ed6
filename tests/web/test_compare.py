"""Filters over the rows: each says what its name says, together they are all of them."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from assay.core.store import read_json
from assay.web.compare import (
    FEW,
    SHOWS,
    CompareQuery,
    as_csv,
    counts,
    fitting_rows,
    groups,
    usual_columns,
)
from assay.web.row_matrix import read_matrix


@pytest.fixture(scope="module")
def seen(sample_project):
    data = read_json(sample_project / "report" / "report.json")
    return read_matrix(data, sample_project / "report"), data


def rows_of(seen, **asked):
    matrix, data = seen
    query = CompareQuery.of({name: str(value) for name, value in asked.items()}, matrix, data)
    return fitting_rows(matrix, query), query


def test_the_usual_columns_begin_with_the_recommended_one_and_its_rival(seen):
    matrix, data = seen
    found = usual_columns(matrix, data)
    assert found[0] == data["verdict"]["recommended"] and len(set(found)) == len(found) <= 4


@pytest.mark.parametrize("show", SHOWS)
def test_what_is_shown_is_what_is_counted(seen, show):
    matrix, _ = seen
    rows, query = rows_of(seen, show=show)
    assert len(rows) == counts(matrix, query)[show]
    first, base = query.columns[0], query.base
    right, said = matrix.right, matrix.said
    for row in rows:
        answers = {int(said[row, column]) for column in query.columns}
        fits = {
            "different": len(answers) > 1,
            "regressed": not right[row, first] and right[row, base],
            "fixed": right[row, first] and not right[row, base],
            "failed": not right[row, first],
            "none": not right[row, list(query.columns)].any(),
            "all": True,
        }
        assert fits[show]


def test_both_directions_are_exchanged_with_the_columns(seen):
    matrix, _ = seen
    one, other = matrix.names[:2]
    for show, turned in (("regressed", "fixed"), ("fixed", "regressed")):
        rows, _ = rows_of(seen, show=show, arms=f"{one},{other}", against=other)
        back, _ = rows_of(seen, show=turned, arms=f"{other},{one}", against=one)
        assert list(rows) == list(back)


def test_filters_stand_together(seen):
    matrix, _ = seen
    label = matrix.targets[0]
    name, values = next(iter(matrix.slices.items()))
    rows, _ = rows_of(seen, show="all", label=label, slice=f"{name}={values[0]}")
    wanted = [
        i
        for i in range(len(matrix))
        if matrix.targets[i] == label and matrix.slices[name][i] == values[0]
    ]
    assert list(rows) == wanted and 0 in rows
    found, _ = rows_of(seen, show="all", q=matrix.ids[3])
    assert 3 in found


def test_confidence_and_the_surest_mistakes(seen):
    matrix, _ = seen
    column = next(c for c in range(len(matrix.names)) if np.isfinite(matrix.sure[:, c]).any())
    arm = matrix.names[column]
    rows, _ = rows_of(seen, show="all", arms=arm, below=0.6)
    assert len(rows) and (matrix.sure[rows, column] <= 0.6).all()
    rows, _ = rows_of(seen, show="all", arms=arm, sort="sure")
    wrong = [row for row in rows if not matrix.right[row, column]]
    assert list(rows[: len(wrong)]) == wrong
    sure = np.nan_to_num(matrix.sure[wrong, column])
    assert (np.diff(sure) <= 0).all()


@pytest.mark.parametrize(
    "asked",
    [
        {"arms": "nobody,,"},
        {"arms": "x" * 5000},
        {"against": "nobody"},
        {"show": "<script>"},
        {"below": "nan"},
        {"below": "1e400"},
        {"below": "x"},
        {"page": "-1"},
        {"page": "9" * 400},
        {"page": "٣x"},
        {"sort": "drop table"},
        {"slice": "="},
        {"slice": "nothing=1"},
        {"label": "no such"},
        {"q": "\ud800" * 3},
        {"q": "x" * 10_000},
    ],
)
def test_an_address_that_says_nonsense_is_a_page_all_the_same(seen, asked):
    rows, query = rows_of(seen, **asked)
    assert query.page >= 1 and len(query.text) <= 200 and set(rows) <= set(range(len(seen[0])))


def test_csv_has_the_rows_and_is_guarded(seen):
    matrix, _ = seen
    rows, query = rows_of(seen, show="failed")
    text = "".join(as_csv(matrix, query, rows))
    assert text[0] == "\ufeff"  # by which a spreadsheet knows UTF-8
    text = text[1:]
    head, *lines = csv.reader(io.StringIO(text))
    assert head[:3] == ["id", "question", "target"] and len(lines) == len(rows)
    assert [line[0] for line in lines] == [matrix.ids[row] for row in rows]
    assert not any(cell[:1] in "=@+" and cell for line in lines for cell in line)


def test_where_rows_stand_is_counted_among_all_rows(seen):
    matrix, _ = seen
    rows, _ = rows_of(seen, show="failed")
    found = groups(matrix, rows)
    assert found and {one["field"] for one in found} <= {"target", *matrix.slices}
    assert [one["share"] for one in found] == sorted((x["share"] for x in found), reverse=True)
    for one in found:
        values = {"target": matrix.targets, **matrix.slices}[one["field"]]
        fitting = [row for row in rows if values[row] == one["value"]]
        assert (
            one["rows"] == len(fitting)
            and one["of"] == list(values).count(one["value"]) >= one["rows"] >= FEW
        )


def test_a_field_with_more_values_than_can_be_counted_is_passed_over(seen):
    matrix, _ = seen
    rows, _ = rows_of(seen, show="failed")
    own = replace(matrix, targets=[f"written {row}" for row in range(len(matrix.targets))])
    found = groups(own, rows)
    assert found == [one for one in groups(matrix, rows) if one["field"] != "target"] != []
