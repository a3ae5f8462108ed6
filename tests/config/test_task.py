"""The form that a project file gives to written answers: from a file or in place, and what is wrong
with one."""

import json

import pytest

from assay import config
from assay.core.errors import ProjectError
from assay.core.types import Decoding, Form, Task
from helpers.problems import problem

HEAD = "data: {files: {data: rows.csv}}\ncompare: [{kind: shots}]\ntask:\n  kind: answer\n"
SCHEMA = {"type": "object", "properties": {"b": {"type": "integer"}, "a": {"type": "null"}}}


@pytest.fixture
def load(tmp_path):
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA, indent=4))
    (tmp_path / "wrong.json").write_text('{"type": "strin"}')
    (tmp_path / "large.json").write_text(json.dumps({"const": "x" * 20_000}))
    (tmp_path / "latin.json").write_bytes(b'{"const": "\xe9"}')
    (tmp_path / "sums.lark").write_text('start: NUM ("+" NUM)*\nNUM: /[0-9]/\n')

    def load(aim, head=HEAD):
        path = tmp_path / "project.yaml"
        path.write_text(head + aim)
        return config.load(path)

    return load


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("{json: schema.json}", Form("json", json.dumps(SCHEMA))),
        ("{json: {type: integer, maximum: 3}}", Form("json", '{"type": "integer", "maximum": 3}')),
        ("{regex: '[0-9]+'}", Form("regex", "[0-9]+")),
        ("{grammar: sums.lark}", Form("grammar", 'start: NUM ("+" NUM)*\nNUM: /[0-9]/\n')),
        ("{grammar: 'start: \"a\"'}", Form("grammar", 'start: "a"')),
        ("{choice: ['yes', é]}", Form("choice", '["yes", "é"]')),
    ],
)
def test_a_form_is_taken_in_and_written_back(load, said, form):
    project = load(f'  form: {said}\n  stop: ["\\n\\n"]\n')
    assert project.aim.decoding == Decoding(stop=("\n\n",), form=form)
    # What is written holds the form itself: it does not need the file.
    again = load("", head=project.to_yaml())
    assert again == project and again.aim.form == form
    # So does what arms and stages are given.
    assert (
        Task.model_validate(json.loads(json.dumps(project.aim.model_dump(mode="json"))))
        == project.aim
    )


def test_a_task_without_a_form_is_written_greedily(load):
    assert load("").aim.decoding == Decoding()


@pytest.mark.parametrize(
    ("said", "code", "names"),
    [
        ("{json: wrong.json}", "M056", ["wrong.json", "strin"]),
        ("{json: none.json}", "M056", ["none.json"]),
        ("{json: large.json}", "M056", ["large.json", "20,013"]),
        ("{json: latin.json}", "M056", ["latin.json", "UTF-8"]),
        ("{json: true}", "M056", ["object", "true"]),
        ("{regex: '(a'}", "M057", ["group"]),
        ("{regex: 7}", "M057", ["text", "7"]),
        ("{grammar: 'start: x'}", "M058", ["1(8)"]),
        ("{choice: []}", "M059", ["0"]),
        ("{xml: a}", "M060", ["json", "regex", "grammar", "choice"]),
        ("json", "M060", ["json", "regex", "grammar", "choice"]),
    ],
)
def test_what_cannot_be_used_is_said_with_its_line(load, said, code, names):
    with problem(ProjectError, code, "project.yaml:5 task.form", *names) as raised:
        load(f"  form: {said}\n")
    assert raised.value.exit_code == 2


def test_other_problems_are_said_beside_it(load):
    with pytest.raises(ProjectError) as raised:
        load("  form: {regex: '(a'}\n  stop: 7\n  max_answer_tokens: two\n")
    assert [problem.code for problem in raised.value.problems] == ["M057", "C072", "C072"]


def test_labels_are_not_written(load):
    with pytest.raises(ProjectError) as raised:
        load("  form: {regex: a}\n  stop: [b]\n", head=HEAD.replace("answer", "classify"))
    assert [problem.code for problem in raised.value.problems] == ["M060", "M060"]
