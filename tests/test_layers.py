"""The rules of the layout, held for every file: imports go left, heavy libraries come late, one module writes files."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "src" / "assay"
STAGES = ("aim", "curate", "encode", "model", "prompt", "search", "train", "use", "validate", "weigh", "workbench")
GROUND = ("answers", "errors", "families", "intervals", "nouns", "rows", "settings", "spread", "steps", "store")
FILES = sorted(ROOT.rglob("*.py"))


def part_of(path: Path) -> str:
    """The stage, ground module or top module that a file belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> set[str]:
    """The parts of assay that a file imports, wherever in the file the import stands."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "assay":
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("assay."):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {name.name.split(".")[1] for name in node.names if name.name.startswith("assay.")}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_stage_imports_only_what_stands_left_of_it(path):
    own = part_of(path)
    for other in imported(ast.parse(path.read_text())) - {own}:
        if own in GROUND:
            assert other in GROUND, f"{path.name}: the ground imports {other}"
        elif own in STAGES:
            left = STAGES[: STAGES.index(own)]
            assert other in GROUND or other in left, f"{path.name}: {own} imports {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_store_writes_files(path):
    if path == ROOT / "store.py":
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        writes = called.endswith((".write_text", ".write_bytes", ".save_pretrained", ".save_file", "json.dump"))
        assert not writes or called.startswith("store."), f"{path}:{node.lineno} {called}"
        if called == "open" or called.endswith(".open"):
            modes = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            assert not any(set(mode) & set("wx+") for mode in modes if len(mode) <= 3), f"{path}:{node.lineno}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_catch_all_and_no_pickle(path):
    text = path.read_text()
    assert "except Exception" not in text
    assert "import pickle" not in text
    assert "torch.load(" not in text and "torch.save(" not in text


def test_files_stay_short():
    long = {str(p.relative_to(ROOT)): n for p in FILES if (n := len(p.read_text().splitlines())) > 360}
    assert not long


@pytest.mark.parametrize("code", ["import assay, assay.config", "import assay.flow", "import assay.strategies"])
def test_settings_and_flow_load_no_heavy_library(code):
    heavy = "['torch', 'transformers', 'peft', 'sklearn', 'scipy', 'pyarrow']"
    script = f"{code}; import sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
