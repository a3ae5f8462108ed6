"""The guide for contributors: its exercises are put into a copy of the house, as they are written,
and run there; the paths that it names exist."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text()
LINE = re.compile(r"^(\w+) = \(\.\.\., (.+)\)$", re.M)
# What holds all that is listed to its promises, and the names of what the exercises add.
HELD = (
    (("tests/test_battery.py", "tests/strategies/test_catalogue.py"), "prior or lokr or baseline"),
    (("tests/retrieval/stores/test_stores.py",), "scratch"),
    (("tests/evaluation/test_scoring.py", "tests/data/test_steps.py", "tests/test_layers.py"), ""),
)


def blocks(part: str) -> list[tuple[str, str]]:
    """(path, code) of every block that a path stands before."""
    found = re.findall(r"^`((?:src|tests)/[^`]+)`[^\n]*:\n\n```\w+\n(.*?)```", part, re.M | re.S)
    return [(path, code) for path, code in found]


def exercises() -> dict[str, list[tuple[str, str]]]:
    """Title -> its blocks, of the section with the exercises."""
    part = GUIDE.partition("\n## Seven exercises\n")[2].partition("\n## ")[0]
    titles = re.split(r"^### (.+)$", part, flags=re.M)[1:]
    return {title: blocks(text) for title, text in zip(titles[::2], titles[1::2], strict=True)}


def insert(text: str, code: str) -> str:
    """The module with the imports of `code` and its name at the end of the tuple."""
    ((name, value),) = LINE.findall(code)
    ends = [
        node.end_lineno
        for node in ast.parse(text).body
        if name in {ast.unparse(one) for one in getattr(node, "targets", [])}
        or ast.unparse(getattr(node, "target", ast.Pass())) == name
    ]
    lines, imports = text.splitlines(), LINE.sub("", code).strip().splitlines()
    lines[ends[-1] : ends[-1]] = [*imports, f"{name} = (*{name}, {value})"]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Path:
    """A copy of the package and its tests with all seven in it."""
    folder = tmp_path_factory.mktemp("house")
    skip = shutil.ignore_patterns("__pycache__", "old_projects")
    for name in ("src", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", folder)
    for path, code in (block for written in exercises().values() for block in written):
        file = folder / path
        if LINE.search(code):
            file.write_text(insert(file.read_text(), code))
        else:
            assert not file.exists(), f"{path} is taken: the exercise needs another name"
            file.parent.mkdir(exist_ok=True)
            (file.parent / "__init__.py").touch() if path.startswith("src") else None
            file.write_text(code)
    return folder


def run_tests(house: Path, *words: str) -> None:
    surroundings = {**os.environ, "PYTHONPATH": str(house / "src")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words],
        cwd=house,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_each_exercise_has_a_row_a_file_a_line_and_a_test():
    found = exercises()
    rows = re.findall(r"^\| \[(.+?)\]\(#(.+?)\) \|", GUIDE, re.M)
    assert [title.lower() for title in found] == [name for name, _ in rows]
    assert [place for _, place in rows] == [name.replace(" ", "-") for name, _ in rows]
    for title, written in found.items():
        lines = [code for _, code in written if LINE.search(code)]
        assert len(lines) == (2 if title == "A metric" else 1), title
        tests = sum(path.startswith("tests/") for path, _ in written)
        assert tests == (2 if title == "An additional check" else 1), title  # it is two modules


def test_every_path_of_the_guide_is_there():
    made = {path for written in exercises().values() for path, _ in written}
    named = set(re.findall(r"`((?:\w+/)+\w+\.\w+)`", GUIDE)) - made
    assert len(named) > 30
    places = (ROOT, ROOT / "src" / "assay")
    lost = [path for path in named if not any((place / path).exists() for place in places)]
    assert sorted(lost) == []


@pytest.mark.slow
def test_the_examples_run_as_they_are(house):
    own = [
        path for written in exercises().values() for path, _ in written if path.startswith("tests/")
    ]
    run_tests(house, *own)


@pytest.mark.slow
@pytest.mark.parametrize(("files", "named"), HELD, ids=["strategies", "stores", "others"])
def test_what_is_added_is_held_to_what_all_are(house, files, named):
    run_tests(house, "-m", "not slow and not nightly and not real", "-k", named, *files)
