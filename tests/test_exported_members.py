"""What is public: `__all__` names it, it is there, and the documents import nothing else."""

import ast
import importlib
import re
import tomllib
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

import assay

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES += [*sorted((ROOT / "examples").rglob("*.md")), *sorted((ROOT / "src").rglob("*.md"))]
DOTTED = re.compile(r"`(assay(?:\.\w+)+)")


def code_of(page: Path) -> Iterator[ast.AST]:
    """The syntax trees of a page's Python."""
    for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.S):
        yield from ast.walk(ast.parse(block))


def imported_by(page: Path) -> set[tuple[str, str]]:
    """(module, name) of each import from the package; the name is empty for `import assay.x`."""
    found = set()
    for node in code_of(page):
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "assay":
            found |= {(str(node.module), one.name) for one in node.names}
        elif isinstance(node, ast.Import):
            found |= {(one.name, "") for one in node.names if one.name.partition(".")[0] == "assay"}
    return found


def own_names(module: types.ModuleType) -> set[str]:
    """The public names of the package's own that stand in a module, but for modules in it."""
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not isinstance(value, types.ModuleType)
        and str(getattr(value, "__module__", "")).partition(".")[0] == "assay"
    }


def resolved(dotted: str) -> object:
    """What a dotted name stands for; AttributeError where it stands for nothing."""
    name, *rest = dotted.split(".")
    found: object = importlib.import_module(name)
    for part in rest:
        name = f"{name}.{part}"
        if not hasattr(found, part) and isinstance(found, types.ModuleType):
            try:
                importlib.import_module(name)
            except ModuleNotFoundError as error:
                assert error.name == name  # a module that cannot be imported is another fault
        found = getattr(found, part)
    return found


def test_all_names_of_the_package_are_exported():
    assert assay.__all__ == sorted(assay.__all__) == dir(assay)
    assert own_names(assay) <= set(assay.__all__)
    assert not [name for name in assay.__all__ if not hasattr(assay, name)]


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert assay.__version__ == project["version"]
    assert f"\nversion: {project['version']}\n" in (ROOT / "CITATION.cff").read_text()


def test_documents_use_names_of_the_package_that_are_exported():
    used = {
        (page.name, node.attr)
        for page in PAGES
        for node in code_of(page)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "assay"
    }
    assert len(used) > 10 and {one for one in used if one[1] not in assay.__all__} == set()


@pytest.mark.slow
def test_documents_import_and_name_what_is_there():
    wrong = []
    for page in PAGES:
        names = {f"{module}.{name}".rstrip(".") for module, name in imported_by(page)}
        for dotted in sorted(names | set(DOTTED.findall(page.read_text()))):
            try:
                resolved(dotted)
            except AttributeError:
                wrong.append((str(page.relative_to(ROOT)), dotted))
    assert wrong == []


@pytest.mark.slow
def test_documented_packages_export_what_is_imported_from_them():
    for page in PAGES:
        for module, name in sorted(imported_by(page)):
            package = importlib.import_module(module)
            if not name or not hasattr(package, "__path__"):
                continue
            exported = package.__all__
            assert name in exported, f"{page.name}: {name} is no public name of {module}"
            assert own_names(package) <= set(exported), module
