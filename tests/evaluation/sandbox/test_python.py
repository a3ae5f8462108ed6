"""What crosses between a program and its tests, and what does not."""

import json
import socket
import subprocess
import sys
from dataclasses import replace

import pytest

from assay.core.errors import ResourceError
from assay.evaluation.sandbox.python import Program, plan_program, run


def kinds(cage, source, *tests, setup="", reference=""):
    return run(cage, Program(source, tests, setup, reference or source)).kind


@pytest.mark.parametrize(
    ("source", "test", "kind"),
    [
        ("def f(x): return x", "assert f({1, 2}) == {2, 1}", "passed"),
        ("def f(x): return (1, 2)", "assert f(0) == [1, 2]", "wrong value"),
        (
            "def f(x): return x / 3",
            "import math\nassert math.isclose(f(1), 0.3333, rel_tol=1e-3)",
            "passed",
        ),
        (
            "def f(x): return [1, 2, 3]",
            "assert set(f(0)) == {3, 2, 1} and len(f(0)) == 3",
            "passed",
        ),
        ("def f(x): x.sort()", "values = [3, 1]\nf(values)\nassert values == [1, 3]", "passed"),
        ("def f(x):\n    yield from range(x)", "assert list(f(3)) == [0, 1, 2]", "passed"),
        ("def f(x): return map(str, x)", "assert f([1]) == ['1']", "wrong value"),
        ("def f(n): return lambda x: x + n", "assert f(3)(4) == 7", "passed"),
        (
            "def f(x): raise ValueError('no')",
            "try:\n    f(1)\n    assert False\nexcept ValueError:\n    pass",
            "passed",
        ),
        ("def f(x): return x[1]", "assert f([]) == 1", "exception"),
        ("class E(Exception): pass\ndef f(x): raise E()", "assert f(1) == 1", "exception"),
        ("def g(x): return x", "assert f(1) == 1", "exception"),
        ("def f(x): return None", "assert f(1) < 3", "wrong value"),
        ("def f(x) return x", "assert f(1) == 1", "not parsed"),
        ("def f(x): return x", "assert f(1) ==", "test"),
        ("def f(x): return 10**400", "assert f(1) == 10**400", "passed"),
        ("def f(x): return 'x' * 5_000_000", "assert len(f(1)) == 5_000_000", "exception"),
        (
            "import collections\ndef f(x): return collections.Counter(x)",
            "assert f('aab') == {'a': 2, 'b': 1}",
            "passed",
        ),
        (
            "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int",
            "assert P(1).x == 1",
            "passed",
        ),
        # a built-in name of the program's
        ("def sum(a, b): return a + b", "assert sum(1, 2) == 3", "passed"),
        (
            "import sys\ndef f(x): return sys.getsizeof(x)",
            "assert f('a') == sys.getsizeof('a')",
            "passed",
        ),
    ],
)
def test_a_test_means_what_it_means_in_python(cage, source, test, kind):
    reference = source if kind != "not parsed" else "def f(x): return x"
    assert kinds(cage, source, test, reference=reference) == kind


TREE = """
class Node:
    def __init__(self, value):
        self.value, self.left, self.right = value, None, None
    def __eq__(self, other):
        return self.value == other.value
def height(node):
    return 0 if node is None else 1 + max(height(node.left), height(node.right))
"""


def test_tests_that_name_a_class_can_build_with_it(cage):
    setup = "root = Node(1)\nroot.left = Node(2)\nroot.left.right = Node(3)"
    assert (
        kinds(cage, TREE, "assert height(root) == 3", "assert Node(4) == Node(4)", setup=setup)
        == "passed"
    )
    assert kinds(cage, TREE, "assert Node(4) == Node(5)") == "wrong value"
    assert kinds(cage, TREE, "assert isinstance(Node(4), Node)") == "passed"
    always = TREE.replace("self.value == other.value", "True")
    # a plain value is not asked
    assert kinds(cage, always, "assert Node(4) == 5", reference=TREE) == "wrong value"


def test_the_programs_names_are_told_by_the_reference():
    plan = plan_program(
        Program(
            "", ("assert set(f(x)) == {1}",), "import math\nx = math.pi", "def f(x):\n    return x"
        )
    )
    assert isinstance(plan, dict) and plan["names"] == ["f"] and plan["imports"] == "import math"
    plan = plan_program(
        Program("", ("assert sum(1, 2) == 3 and max([1]) == 1",), "", "def sum(a, b): ...")
    )
    assert isinstance(plan, dict) and plan["names"] == ["sum"] and not plan["objects"]


def known_hash(text):
    """Of a Python whose hash seed is 0."""
    done = subprocess.run(
        [sys.executable, "-c", f"print(hash({text!r}))"],
        env={"PYTHONHASHSEED": "0"},
        capture_output=True,
    )
    return int(done.stdout)


def test_the_hash_seed_is_fixed_and_the_environment_is_empty(cage):
    seen = "import os\ndef f(): return sorted(set(os.environ) - {'PWD', 'LC_CTYPE'})"
    assert kinds(cage, seen, "assert f() == ['PYTHONHASHSEED']") == "passed"
    hashed = "def f(): return hash('a')"
    found = {
        run(cage, Program(hashed, (f"assert f() == {known_hash('a')}",))).kind for _ in range(2)
    }
    assert found == {"passed"}


def test_a_sandbox_that_does_not_start_is_no_verdict(cage, tmp_path):
    for part in ("candidate", "checker"):
        fails = tmp_path / part
        fails.write_text(
            f'#!/bin/sh\ncase "$*" in *inside.{part}*) exit 1;; esac\nexec {cage.bwrap} "$@"\n'
        )
        fails.chmod(0o755)
        with pytest.raises(ResourceError) as failed:
            run(replace(cage, bwrap=str(fails)), Program("def f(): return 1", ("assert f() == 1",)))
        assert failed.value.problems[0].code == "R033"


def test_what_listens_on_this_machine_is_not_reached(cage):
    with socket.create_server(("127.0.0.1", 0)) as here:
        source = (
            "import socket\ndef f():"
            f" return bool(socket.create_connection({here.getsockname()}, 2))"
        )
        assert kinds(cage, source, "assert f()") == "exception"


def test_a_verdict_without_the_token_of_the_run_is_none(cage):
    said = json.dumps({"kind": "passed", "at": 0, "text": ""})
    forged = f"""
import os
for pipe in range(3, 64):
    try:
        os.write(pipe, {said!r}.encode())
    except OSError:
        pass
os._exit(0)
"""
    assert kinds(cage, "def f(): return 2", forged, "assert f() == 1") == "resources"


def test_an_import_of_the_reference_is_no_import_of_the_program(cage):
    reference = "import math\ndef f(x): return math.sqrt(x)"
    forgot = "def f(x): return math.sqrt(x)"
    test = "assert math.isclose(f(4), 2)"
    assert kinds(cage, reference, test) == "passed"
    assert kinds(cage, forgot, test, reference=reference) == "exception"
    assert kinds(cage, forgot, test, setup="import math", reference=reference) == "passed"
