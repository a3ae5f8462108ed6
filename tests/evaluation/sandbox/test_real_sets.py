"""Real programs and queries: MBPP's references pass, broken ones do not; GeoQuery's give their own
rows."""

import ast
import json

import pytest

from assay.core.types import Answer, Example, Message, Record, Task
from assay.data.reading.load import load
from assay.evaluation.code_outcomes import ran
from assay.evaluation.sandbox.inside.guard import open_guarded
from assay.tasks.python_syntax import parse_python

pytestmark = [pytest.mark.real, pytest.mark.slow]


def records(rows, sources):
    return [
        Record(row.question, row.target, (), Answer(source), checks=row.checks)
        for row, source in zip(rows, sources, strict=True)
    ]


@pytest.fixture
def mbpp(shared_data):
    loaded = load({"data": [shared_data("mbpp", whole=True) / "mbpp.jsonl"]})
    assert loaded.kind == "code" and len(loaded.train) == 974
    # Every 60th, the two whose setup builds trees, and one whose tests hand over a type.
    return [row for n, row in enumerate(loaded.train) if n % 60 == 0 or n in (366, 532, 926)]


def test_references_pass(cage, mbpp):
    assert [
        one.kind
        for one in ran(records(mbpp, [row.target for row in mbpp]), Task(kind="code"), cage)
    ] == (["passed"] * len(mbpp))


def test_programs_that_return_nothing_fail(cage, mbpp):
    broken = []
    for row in mbpp:
        tree = parse_python(row.target)
        for node in ast.walk(tree):
            if isinstance(node, ast.Return) and node.value is not None:
                node.value = ast.Constant(None)
        broken.append(ast.unparse(tree))
    assert not [
        one for one in ran(records(mbpp, broken), Task(kind="code"), cage) if one.has_passed
    ]


def test_queries_of_geoquery_give_their_own_rows(cage, shared_data):
    folder = shared_data("text2sql_small", whole=True)
    database = folder / "geography-db.added-in-2020.sqlite"
    queries = []
    for entry in json.loads((folder / "geography.json").read_text()):
        query = entry["sql"][0]
        for name, value in entry["sentences"][0]["variables"].items():
            query = query.replace(name, value)
        queries.append(query)
    task = Task(kind="code", language="sql", database=str(database))
    question = Example("q", (Message("user", "?"),))
    found = [Record(question, query, (), Answer(query)) for query in queries[::20]]
    kinds = [one.kind for one in ran(found, task, cage)]
    assert kinds.count("passed") == len(kinds) == 13
    empty = sum(not open_guarded(str(database)).execute(query.target).fetchall() for query in found)
    other = [Record(question, one.target, (), Answer("SELECT 'no such state'")) for one in found]
    assert sum(one.has_passed for one in ran(other, task, cage)) == 0 and empty < 13
