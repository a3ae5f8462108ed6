"""What users read uses the words of the field: no `exam`, `Arms` or `held against` in messages,
pages, templates and help."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import assay

SOURCE = Path(assay.__file__).parent
ROOT = SOURCE.parent.parent
# What people read instead: test rows or test set, strategies, compared with.
OLD = re.compile(r"\bexams?\b(?![./]|\.jsonl)|\bArms\b|\bheld against\b", re.IGNORECASE | re.ASCII)
ARMS = re.compile(r"\barms\b")
CODE = re.compile(r"```.*?```|`[^`\n]*`|\]\([^)]*\)|<[^>]*>|\{[%{#].*?[%}#]\}", re.DOTALL)
HISTORY = {"design.md"}  # how assay came to be, in the words of its time


def words_in(text: str) -> list[str]:
    """Old words of a text. `arms` in small letters is a name of the Python interface."""
    return [found for found in OLD.findall(text) if not ARMS.fullmatch(found)]


def docstrings(tree: ast.AST) -> set[int]:
    """Strings that stand alone: they are for readers of the source."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def sentences(file: Path) -> Iterator[tuple[int, str]]:
    """Strings of a module with a space in them: a name or a key has none."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    alone = docstrings(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if id(node) not in alone and (" " in node.value.strip() or node.value[:1].isupper()):
            yield node.lineno, node.value


def found_in_source() -> list[str]:
    return [
        f"{file.relative_to(SOURCE)}:{line}: {word}"
        for file in sorted(SOURCE.rglob("*.py"))
        for line, text in sentences(file)
        for word in words_in(text)
    ]


@pytest.mark.slow
def test_messages_use_the_words_of_the_field():
    assert found_in_source() == []


def test_commands_help_uses_the_words_of_the_field():
    """A command's docstring is its help."""
    helps = [
        (file.name, ast.get_docstring(node) or "")
        for file in sorted((SOURCE / "cli").glob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]
    assert [(name, words_in(text)) for name, text in helps if words_in(text)] == []


PAGES = [
    *sorted(SOURCE.rglob("codes*.md")),
    *sorted(SOURCE.rglob("templates/*.html")),
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "README.md",
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_use_the_words_of_the_field(page):
    if page.name in HISTORY:
        pytest.skip("history")
    prose = CODE.sub(" ", page.read_text(encoding="utf-8"))
    assert words_in(prose) == []


def test_the_scan_sees_what_it_is_for():
    assert words_in("The exam was opened: Arms, held against it") == [
        "exam",
        "Arms",
        "held against",
    ]
    assert words_in("exam/rows, exam.jsonl, example, arms of a project") == []
