"""The rules of the layout, held for every file: imports go down, heavy libraries come late, one
module writes files.

A rule is one test over all files, whose failure lists every place that breaks it.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "src" / "assay"
FORBIDDEN = ("except Exception", "import pickle", "torch.load(", "torch.save(")


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """Path below src/assay -> text, of every module."""
    return {str(path.relative_to(ROOT)): path.read_text() for path in sorted(ROOT.rglob("*.py"))}


def nodes_of(text: str) -> list[ast.AST]:
    """The imports and calls of a module, which are all that the rules look at."""
    looked_at = (ast.Import, ast.ImportFrom, ast.Call)
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, looked_at)]


@pytest.fixture(scope="module")
def nodes(sources) -> dict[str, list[ast.AST]]:
    return {name: nodes_of(text) for name, text in sources.items()}


def modules_imported(name: str, nodes: list[ast.AST], known: set[str]) -> set[str]:
    """The modules of assay that a module imports, wherever the import stands, also those for types
    alone.

    Args:
        name: of the module. nodes: its imports and calls. known: names of all modules; what is
            imported from one is a module or stands in it.
    """
    found = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {
                whole if (whole := f"{node.module}.{one.name}") in known else node.module
                for one in node.names
            }
        elif isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
    return (found & known) - {name}


def module_of(path: str) -> str:
    return ".".join(("assay", *Path(path).with_suffix("").parts)).removesuffix(".__init__")


@pytest.mark.slow
def test_nothing_is_imported_upwards():
    """The layers of pyproject.toml, directly and round about, with every new package among them."""
    linter = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as lint; lint()",
    ]
    done = subprocess.run(linter, cwd=ROOT.parents[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_no_modules_import_each_other_in_a_circle(nodes):
    modules = {module_of(path): found for path, found in nodes.items()}
    graph = {name: modules_imported(name, found, set(modules)) for name, found in modules.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def writes(nodes: list[ast.AST]) -> Iterator[tuple[int, str]]:
    """(line, call) of every call that writes a file without the store."""
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        saves = called.endswith(
            (".write_text", ".write_bytes", ".save_pretrained", ".save_file", "json.dump")
        )
        if saves and not called.startswith("store."):
            yield node.lineno, called
        if called == "open" or called.endswith(".open"):
            modes = [
                a.value
                for a in node.args
                if isinstance(a, ast.Constant) and isinstance(a.value, str)
            ]
            if any(set(mode) & set("wx+") for mode in modes if len(mode) <= 3):
                yield node.lineno, called


@pytest.mark.slow
def test_only_the_store_writes_files(nodes):
    found = {name: list(writes(own)) for name, own in nodes.items() if name != "core/store.py"}
    assert {name: calls for name, calls in found.items() if calls} == {}


def test_no_catch_all_and_no_pickle(sources):
    wrong = [
        (name, text) for name, source in sources.items() for text in FORBIDDEN if text in source
    ]
    assert wrong == []


def test_the_rules_see_what_breaks_them():
    known = {"assay.a", "assay.b", "assay.b.c"}
    code = "from assay.b import c, d\ndef f():\n    import assay.a\n    from typing import Any"
    assert modules_imported("assay.a", nodes_of(code), known) == {"assay.b", "assay.b.c"}
    with pytest.raises(CycleError):
        TopologicalSorter({"assay.a": {"assay.b"}, "assay.b": {"assay.a"}}).prepare()
    lines = (
        'path.write_text("x")\n'
        'store.write_text(path, "x")\nopen(path, "w")\nopen(path, "rb")\npath.open("x")'
    )
    assert list(writes(nodes_of(lines))) == [(1, "path.write_text"), (3, "open"), (5, "path.open")]


def test_every_module_has_its_test_at_the_mirrored_path(sources):
    """`src/assay/<room>/<module>.py` is tested in `tests/<room>/test_<module>.py`."""
    tests = Path(__file__).parent
    modules = [Path(name) for name in sources if not name.endswith("__init__.py")]
    wanted = {str(name.parent / f"test_{name.name.lstrip('_')}"): name for name in modules}
    assert [name for test, name in wanted.items() if not (tests / test).is_file()] == []


def test_files_stay_short(sources):
    assert {name: n for name, text in sources.items() if (n := len(text.splitlines())) > 400} == {}


@pytest.mark.slow
def test_settings_and_pipeline_load_no_heavy_library():
    modules = ("assay", "assay.config", "assay.pipeline", "assay.strategies.catalogue")
    heavy = ("torch", "transformers", "peft", "sklearn", "scipy", "pyarrow")
    heavy += ("assay.data.pii.recognise",)  # hundreds of patterns, compiled on import
    script = (
        f"import sys\nfor name in {modules}:\n    __import__(name)\n"
        f"    print(name, [m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [f"{name} []" for name in modules]


@pytest.mark.slow
def test_to_import_a_module_starts_nothing():
    code = """
import importlib, pkgutil, assay
for one in pkgutil.walk_packages(assay.__path__, "assay."):
    importlib.import_module(one.name)
print("all")
"""
    line = [sys.executable, "-c", code]
    done = subprocess.run(
        line, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "all\n"), done.stderr
