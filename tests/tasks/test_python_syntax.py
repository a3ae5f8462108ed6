import ast

import pytest

from assay.tasks.python_syntax import LONGEST, parse_python, reads


def test_what_python_reads_comes_as_its_tree():
    assert ast.unparse(parse_python("x=[i for i in  range(3)]")) == "x = [i for i in range(3)]"


def test_odd_escapes_are_read_without_a_warning():
    # The tests turn warnings into errors, and Python warns of "\d".
    assert reads(r'x = "\d"') and reads("x is 1")


@pytest.mark.parametrize("text", ["x = (", "\0", "(" * 300 + ")" * 300, "x = 1\n" * LONGEST])
def test_what_cannot_be_read_brings_nothing_down(text):
    assert not reads(text)
