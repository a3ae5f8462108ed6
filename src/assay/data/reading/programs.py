"""Code tasks in the forms that data sets have them, as a text, a program and a list of assert
statements.

What it is for   `prompt`, `canonical_solution`, `test` with a function `check`, `entry_point`;
                 tests as one text
How              the program is the prompt's code with its solution below; the assert statements of
                 `check` are taken out one by one where it has no other statements, with the
                 function in place of `candidate`
Source           HumanEval: Chen et al. (2021), Evaluating Large Language Models Trained on Code,
                 arxiv.org/abs/2107.03374
Watch out        a `check` with loops or helpers stays one test
"""

import ast
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from assay.data.reading.findings import printable
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks.columns import as_text
from assay.tasks.python_syntax import UNREADABLE, parse_python

TESTS = (
    "test",
    "tests",
    "test_list",
    "test_code",
    "unit_tests",
    "unit_test",
    "assertions",
    "asserts",
    "test_cases",
)
PROGRAMS = (
    "canonical_solution",
    "solution",
    "code",
    "reference_solution",
    "reference",
    "program",
    "answer",
    "output",
)
TEXTS = ("prompt", "text", "question", "instruction", "problem", "description", "task", "docstring")
SETUPS = ("test_setup_code", "setup", "test_setup", "test_imports", "imports")
MOSTLY = 0.9
_CHECK = re.compile(r"(?m)^def check\(\s*(\w+)\s*\)")


def convert_programs(table: RawTable, named: set[str]) -> RawTable:
    """The file with `code` and `tests`, where its rows are code tasks."""
    by_key = {name.casefold(): name for name in table.names}
    fields = [
        next((by_key[key] for key in some if key in by_key), None)
        for some in (TEXTS, PROGRAMS, TESTS, SETUPS)
    ]
    text, program, tests, setup = fields
    if (
        text is None
        or program is None
        or tests is None
        or not table.rows
        or ({program, tests} - {"code", "tests"}) & named
    ):
        return table
    values = [raw.fields.get(tests) for raw in table.rows]
    if sum(map(_tests, values)) < MOSTLY * len(values):
        return table
    if (
        all(isinstance(one, list) for one in values)
        and program == "code"
        and tests in ("tests", "test_list")
    ):
        return table  # as it is read anyway
    entry = by_key.get("entry_point")
    rows = [
        RawRow(raw.source, _row(raw.fields, text, program, tests, setup, entry))
        for raw in table.rows
    ]
    names = dict.fromkeys(name for row in rows for name in row.fields)
    used = ", ".join(printable(name) for name in (program, tests, setup, entry) if name)
    roles = {
        "text": text,
        "code": "code",
        "tests": "tests",
        **({"setup": "setup"} if "setup" in names else {}),
    }
    note = f"{table.place}: programs and tests were made from {used}"
    return replace(table, rows=rows, names=tuple(names), notes=[*table.notes, note], roles=roles)


def _tests(value: Any) -> bool:
    texts = value if isinstance(value, list) else [value]
    return any(isinstance(one, str) and "assert" in one for one in texts)


def _row(
    fields: Mapping[str, Any],
    text: str,
    program: str,
    tests: str,
    setup: str | None,
    entry: str | None,
) -> dict[str, Any]:
    used = (program, tests, setup, entry)
    rest = {name: value for name, value in fields.items() if name not in used}
    asked, code = as_text(fields.get(text)), as_text(fields.get(program))
    if _readable(asked + code) and re.search(r"(?m)^\s*def ", asked):
        code = asked + code  # a body that goes on where the prompt ends
    value = fields.get(tests)
    name = as_text(fields.get(entry)) if entry else ""
    made: list[str] = []
    before: list[str] = [as_text(fields.get(setup))] if setup else []
    for one in value if isinstance(value, list) else [value]:
        more, first = _asserts(as_text(one), name)
        made += more
        before += first
    with_setup = (
        {"setup": "\n".join(part for part in before if part.strip())}
        if any(map(str.strip, before))
        else {}
    )
    return {**rest, "code": code, "tests": made, **with_setup}


def _readable(code: str) -> bool:
    try:
        parse_python(code)
    except UNREADABLE:
        return False
    return True


def _asserts(test: str, entry: str) -> tuple[list[str], list[str]]:
    """(assert statements, what has to run before them); a test that is more than that stays
    whole."""
    try:
        tree = parse_python(test)
    except UNREADABLE:
        return [test], []
    match = _CHECK.search(test)
    if match and entry:
        check = next(
            node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check"
        )
        plain = [node for node in check.body if not _says_nothing(node)]
        if all(isinstance(node, ast.Assert) for node in plain):
            others = [
                node
                for node in tree.body
                if node is not check and not _says_nothing(node) and not _calls(node)
            ]
            return [ast.unparse(_Named(match[1], entry).visit(node)) for node in plain], list(
                map(ast.unparse, others)
            )
        called = any(_calls(node) for node in tree.body)
        return [test if called else f"{test.rstrip()}\n\ncheck({entry})"], []
    asserts = [node for node in tree.body if isinstance(node, ast.Assert)]
    if asserts and all(
        isinstance(node, ast.Assert | ast.Import | ast.ImportFrom) for node in tree.body
    ):
        return list(map(ast.unparse, asserts)), [
            ast.unparse(node) for node in tree.body if node not in asserts
        ]
    return [test], []


def _says_nothing(node: ast.stmt) -> bool:
    """A text that stands alone, `pass`, or a name of who wrote it."""
    if isinstance(node, ast.Pass) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ):
        return True
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    return isinstance(target, ast.Name) and target.id == "METADATA"


def _calls(node: ast.stmt) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    return (
        isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "check"
    )


class _Named(ast.NodeTransformer):
    """Puts a function's own name for the parameter that stands for it."""

    def __init__(self, parameter: str, name: str):
        self._parameter, self._name = parameter, name

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return (
            ast.copy_location(ast.Name(self._name, node.ctx), node)
            if node.id == self._parameter
            else node
        )
