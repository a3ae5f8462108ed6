"""What a program is run with, from a row's fields: tests, setup, the name of its database.

Shown      a test tells a model how the function is called and what it gives; the first of a row's
           is the usual one to show (the MBPP of the BigCode evaluation harness, after Fried et al.
           2022, arxiv.org/abs/2204.05999), all of them the original (Austin et al. 2021,
           arxiv.org/abs/2108.07732)
Watch out  a model that is shown a test can write its value down; the tests that are not shown then
           tell
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from assay.core.types import Checks, Messages
from assay.data.reading.findings import Findings
from assay.tasks.columns import Row, as_text, value_at
from assay.tasks.python_syntax import UNREADABLE, parse_python

SHOWN = "Your code should pass {}:"


def checks_of(
    row: Row,
    columns: Mapping[str, str],
    language: str,
    line: int,
    found: Findings,
    *,
    needed: bool = True,
) -> Checks:
    """The checks of one row; what is wrong with them goes into `found`: D120 there are none, D121
    not Python.

    Args:
        needed: False for a question that is only asked, whose tests may be there to be shown.
    """
    database = as_text(value_at(row, columns["database"])).strip() if "database" in columns else ""
    if language == "sql":
        return Checks(database=database)
    name = columns.get("tests", "tests")
    value = value_at(row, name)
    tests = tuple(
        text
        for one in (value if isinstance(value, list) else [value])
        if (text := as_text(one).strip())
    )
    setup = as_text(value_at(row, columns["setup"])) if "setup" in columns else ""
    if not tests and needed:
        found.count(
            "D120",
            f"'{name}' has no test",
            line,
            "give every row assert statements, or remove the row",
        )
    for text in (*tests, setup):
        try:
            parse_python(text)
        except UNREADABLE as error:
            found.count(
                "D121",
                f"'{name}' cannot be read as Python ({error})",
                line,
                "correct it, or remove the row",
            )
            break
    return Checks(tests, setup, database)


def with_tests(turns: Messages, tests: Sequence[str]) -> Messages:
    """The turns with tests after the last one's text."""
    if not tests:
        return turns
    head = SHOWN.format("this test" if len(tests) == 1 else "these tests")
    return (
        *turns[:-1],
        replace(turns[-1], content="\n".join([f"{turns[-1].content.rstrip()}\n", head, *tests])),
    )
