"""Tasks of the kind code, from the file to the report: run once, refused without a sandbox, told by
how they failed."""

import json
import shutil
import sqlite3

import pytest

import assay
from assay.config import load
from assay.core import store
from assay.core.errors import DataError, ProjectError, ResourceError, UsageError
from assay.core.types import Answer, Checks, Example, Message, Record, Task
from assay.runtime.execution import NAME, execute_answers
from helpers import bubblewrap
from helpers.code_projects import program, write
from helpers.lines import named
from helpers.toy import comparable

ARMS = """
  - {kind: shots, k: 2}
  - {kind: lora, rank: 2, epochs: 1}
"""


@pytest.fixture
def boxed():
    if reason := bubblewrap.missing():
        pytest.skip(reason)


def test_an_mbpp_row_is_read_and_shows_its_first_test(tmp_path):
    folder = write(tmp_path / "p", [program(n) for n in range(40)])
    checked = assay.check(folder).to_json() if not bubblewrap.missing() else None
    from assay.runtime.data_stage.labels import read_rows

    rows = read_rows(load(folder / "project.yaml"), unlabelled=False)
    one = rows.train[3]
    assert rows.kind == "code" and one.target == program(3)["code"]
    assert one.checks == Checks(("assert add_3(1) == 4", "assert add_3(5) == 8"))
    assert one.text.endswith("Your code should pass this test:\nassert add_3(1) == 4")
    assert one.question.checks is None and Example.from_json(one.to_json()) == one
    if checked:
        assert checked["task"]["kind"] == "code"


@pytest.mark.parametrize(("show", "tests"), [("none", 0), ("first", 1), ("all", 2)])
def test_how_many_tests_are_shown_is_a_setting(tmp_path, show, tests):
    from assay.runtime.data_stage.labels import read_rows

    folder = write(
        tmp_path / "p", [program(n) for n in range(5)], f"{{kind: code, show_tests: {show}}}"
    )
    rows = read_rows(load(folder / "project.yaml"), unlabelled=False)
    assert rows.train[0].text.count("assert ") == tests


def test_rows_without_tests_and_tests_that_are_no_python_are_told(tmp_path):
    from assay.runtime.data_stage.labels import read_rows

    rows = [
        program(0),
        program(1) | {"test_list": []},
        program(2) | {"test_list": ["assert add_2(1) ="]},
    ]
    folder = write(tmp_path / "p", rows)
    with pytest.raises(DataError) as wrong:
        read_rows(load(folder / "project.yaml", ["data.strict=true"]), unlabelled=False)
    assert [(p.code, p.place) for p in wrong.value.problems] == [
        ("D120", "rows.jsonl:2"),
        ("D121", "rows.jsonl:3"),
    ]


@pytest.mark.slow
def test_answers_are_run_once_and_the_report_tells_how_they_failed(boxed, tmp_path):
    rows = [program(n) for n in range(24)]
    rows[7]["test_list"] = ["assert add_7(1) == 99"]  # a row that nobody can answer
    folder = write(tmp_path / "p", rows)
    split = "".join(f"rows-{n + 1},{'test' if n < 10 else 'train'}\n" for n in range(24))
    (folder / "splits.csv").write_text("id,split\n" + split)
    text = (
        (folder / "project.yaml")
        .read_text()
        .replace("leaks: repair", "manifest: splits.csv, leaks: repair")
    )
    (folder / "project.yaml").write_text(text)
    report = assay.run(folder)
    (arm,) = report.data["strategies"]
    assert report.data["task"] == {
        "kind": "code",
        "metric": "pass_at_1",
        "level": 0.95,
        "higher_is_better": True,
    }
    assert (
        arm["outcomes"]["exception"] == arm["n"] == 10 and arm["metrics"]["pass_at_1"]["value"] == 0
    )
    assert [w["count"] for w in report.data["warnings"] if w["code"] == "D122"] == [1]
    book = folder / "work" / NAME
    before = book.read_bytes()
    assert len(before.splitlines()) == 20  # 10 answers, 10 references
    assert assay.run(folder).data == report.data and book.read_bytes() == before
    page = (folder / "report" / "report.html").read_text()
    assert named(page, "0", "10 programs", "majority")
    first = store.read_lines(folder / "report" / "predictions" / "majority.jsonl")
    assert all(
        row["outcome"] == "exception" and "not defined" in row["outcome_text"] for row in first
    )


def test_without_a_sandbox_nothing_is_begun(tmp_path, monkeypatch):
    folder = write(tmp_path / "p", [program(n) for n in range(40)])
    monkeypatch.setenv("PATH", "/nowhere")
    for verb in (assay.run, assay.check, assay.plan):
        with pytest.raises(ResourceError) as refused:
            verb(folder)
        assert [p.code for p in refused.value.problems] == ["R031"] and refused.value.exit_code == 4
    assert not (folder / "work" / "answers").exists()


def test_what_was_run_before_is_not_run_again(boxed, tmp_path, monkeypatch):
    question = Example("a", (Message("user", "?"),))
    texts = ["def f(x): return x + 1", "def f(x): return 0", "def f(x): return x + 1", None]
    task, target = Task(kind="code"), "def f(x): return x + 1"
    records = [
        Record(question, target, (), Answer(text), checks=Checks(("assert f(1) == 2",)))
        for text in texts
    ]
    seen = []
    found = execute_answers(records, task, tmp_path, seen.append)
    assert [record.answer.ran[0] for record in found] == [
        "passed",
        "wrong value",
        "passed",
        "not parsed",
    ]
    assert seen[-1] == {"event": "progress", "done": 3, "total": 3, "unit": "program"}
    monkeypatch.setenv("PATH", "/nowhere")  # what is known needs no sandbox
    assert execute_answers(records, task, tmp_path) == found
    changed = [Record(question, target, (), Answer(texts[0]), checks=Checks(("assert f(1) == 3",)))]
    with pytest.raises(ResourceError):
        execute_answers(changed, task, tmp_path)


@pytest.mark.nightly
def test_arms_that_ask_a_model_draw_programs_and_a_trained_one_chooses_by_running(
    boxed, tmp_path, tiny_model
):
    aim = "{kind: code, samples: 5, max_answer_tokens: 8}"
    folder = write(tmp_path / "p", [program(n) for n in range(40)], aim)
    text = (folder / "project.yaml").read_text().replace("[{kind: majority}]", ARMS)
    (folder / "project.yaml").write_text(f"model: {tiny_model}\n{text}")
    report = assay.run(folder)
    for arm in report.data["strategies"]:
        assert arm["status"] == "done", arm
        assert list(arm["metrics"]) == ["pass_at_1", "pass_at_5"]
        assert sum(arm["outcomes"].values()) == arm["n"] == 4
    again = assay.run(folder)
    assert comparable(again.data) == comparable(report.data)


@pytest.mark.slow
def test_new_questions_need_no_tests_and_show_those_they_have(boxed, tmp_path):
    folder = write(tmp_path / "p", [program(n) for n in range(40)])
    assay.run(folder)
    (tmp_path / "new.jsonl").write_text(json.dumps({"text": "Write one."}) + "\n")
    answers = assay.answer(tmp_path / "new.jsonl", folder, "majority", tmp_path / "out.jsonl")
    assert answers and len((tmp_path / "out.jsonl").read_text().splitlines()) == 1
    from assay.deployment.questions import read_questions
    from assay.runtime.data_stage.prepare import prepare

    project = load(folder / "project.yaml")
    (tmp_path / "shown.jsonl").write_text(
        json.dumps({"text": "Write one.", "test_list": ["assert f(1) == 2"]}) + "\n"
    )
    (question,) = read_questions(
        prepare(project, lambda event: None), project, tmp_path / "shown.jsonl"
    )
    assert question.text.endswith("assert f(1) == 2") and question.checks is None


def test_repair_leaves_a_program_as_it_is():
    from assay.core.types import Changed, Means
    from assay.data.steps.repair import Repair

    source = "def f(x):\n    return x.replace('  ', '&amp;')"
    row = Example("a", (Message("user", "two  spaces"),), source, checks=Checks(("assert True",)))
    changed = Repair().one(row, Means())
    assert (
        isinstance(changed, Changed)
        and changed.example.target == source
        and changed.example.text == "two spaces"
    )


# --- SQL ------------------------------------------------------------------------------------------


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "p"
    folder.mkdir()
    with sqlite3.connect(folder / "shop.sqlite") as connection:
        connection.execute("CREATE TABLE item (name TEXT, price INTEGER)")
        connection.executemany("INSERT INTO item VALUES (?, ?)", [(f"n{i}", i) for i in range(50)])
    connection.close()
    rows = [
        {"question": f"Which items cost {'more' if n % 2 else 'less'} than {n * 7}?", "sql": sql}
        for n in range(40)
        for sql in [f"SELECT name FROM item WHERE price {'>' if n % 2 else '<'} {n * 7}"]
    ]
    aim = "{kind: code, language: sql, database: shop.sqlite}"
    return write(folder, rows, aim, more=", columns: {question: question, code: sql}")


@pytest.mark.slow
def test_queries_are_judged_by_what_they_give(boxed, shop, tmp_path):
    report = assay.run(shop)
    (arm,) = report.data["strategies"]
    assert report.data["task"]["metric"] == "sql_match" and arm["n"] == 4
    # an empty result is alike another: the same holds for the official rule
    assert arm["outcomes"]["passed"] + arm["outcomes"]["wrong_value"] == 4
    assert not [w for w in report.data["warnings"] if w["code"] == "D122"]
    moved = shutil.copytree(shop, tmp_path / "moved")
    assert assay.run(moved).data["strategies"] == report.data["strategies"]
    with sqlite3.connect(moved / "shop.sqlite") as connection:
        connection.execute("DELETE FROM item")
    connection.close()
    # other bytes: everything is asked anew, and all results are empty
    (again,) = assay.run(moved).data["strategies"]
    assert again["outcomes"]["passed"] == 4


def test_a_query_task_without_a_database_is_refused(boxed, shop):
    text = (shop / "project.yaml").read_text()
    for database in ("", ", database: other.sqlite"):
        (shop / "project.yaml").write_text(text.replace(", database: shop.sqlite", database))
        with pytest.raises(UsageError) as refused:
            assay.check(shop)
        assert [p.code for p in refused.value.problems] == ["C096"]


def test_what_is_said_of_code_is_refused_elsewhere(shop):
    text = (shop / "project.yaml").read_text()
    for aim in ("{kind: classify, language: sql}", "{kind: code, database: shop.sqlite}"):
        (shop / "project.yaml").write_text(
            text.replace("{kind: code, language: sql, database: shop.sqlite}", aim)
        )
        with pytest.raises(ProjectError) as refused:
            load(shop / "project.yaml")
        assert "C096" in {p.code for p in refused.value.problems}


@pytest.mark.slow
def test_every_database_that_rows_name_has_to_be_there(boxed, shop):
    text = (shop / "project.yaml").read_text().replace("database: shop.sqlite", "database: .")
    (shop / "project.yaml").write_text(text.replace("code: sql}", "code: sql, database: db}"))
    rows = [json.loads(line) for line in (shop / "rows.jsonl").read_text().splitlines()]
    for names, refused in ((("shop",), False), (("shop", "other"), True)):
        lines = [json.dumps(row | {"db": names[n % len(names)]}) for n, row in enumerate(rows)]
        (shop / "rows.jsonl").write_text("\n".join(lines) + "\n")
        if not refused:
            assert assay.run(shop).data["strategies"][0]["outcomes"]["test"] == 0
            continue
        with pytest.raises(UsageError) as wrong:
            assay.run(shop)
        assert wrong.value.problems[0].code == "C096" and "'other'" in wrong.value.problems[0].text
