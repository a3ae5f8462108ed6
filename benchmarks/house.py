"""What the house looks like by count: files at the root, circles, lengths, names.

    python benchmarks/house.py [ROOT]

root        files of src/assay itself
circles     modules that import each other round about
short, long modules under 60 and over 400 lines
classes     public class names with two meanings or more
participles functions whose name begins with a past participle (`asked`, `kept_rows`), in % of all
wide        lines over 100 columns
lines       of src, tests and benchmarks
codes       messages with a code of their own
parameters  functions with more than 8
any         how often `dict[str, Any]` stands in src
late        imports inside a function
lonely      modules under 60 lines that one other module imports
kinds       comparisons with the name of a kind of task
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

WIDE, SHORT, LONG, PARAMETERS = 100, 60, 400, 8
KINDS = set(
    "answer chat choose classify code continue extract multilabel number rank rewrite"
    " summarise".split()
)
# Past participles that do not end in "ed".
IRREGULAR = (
    "begun bent bound bought brought"
    " built caught chosen come cut dealt done drawn dropped fed felt fit forgotten found given"
    " gone got grown had heard held hidden kept known laid learnt led left lent let lost made meant"
    " met paid put read run said seen sent set shown shut sold sought spent split spoken stood"
    " stuck sworn swum taken taught thought thrown told torn understood won worn wound written"
).split()
NOUNS = (
    "fit",
    "read",
    "run",
    "set",
    "cut",
    "put",
    "split",
    "let",
    "speed",
    "seed",
    "need",
    "feed",
    "embed",
    "shed",
    "paired",  # as in a paired test
)


def main() -> None:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1]
    sources = {
        path: path.read_text(encoding="utf-8")
        for path in sorted((root / "src" / "assay").rglob("*.py"))
    }
    trees = {path: ast.parse(text) for path, text in sources.items()}
    tests = [path.read_text(encoding="utf-8") for path in sorted((root / "tests").rglob("*.py"))]
    lengths = [
        len(text.splitlines()) for path, text in sources.items() if path.name != "__init__.py"
    ]
    names = [
        node.name
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    ]
    classes = Counter(name for tree in trees.values() for name in public_classes(tree))
    told = {
        "root": sum(path.parent.name == "assay" for path in sources),
        "circles": circles(root, trees),
        "short": sum(n < SHORT for n in lengths),
        "long": sum(n > LONG for n in lengths),
        "classes": sum(n > 1 for n in classes.values()),
        "participles": f"{100 * sum(map(is_participle, names)) / len(names):.1f} %"
        f" of {len(names):,}",
        "wide": sum(
            len(line) > WIDE for text in (*sources.values(), *tests) for line in text.splitlines()
        ),
        "lines": f"{sum(len(text.splitlines()) for text in sources.values()):,} in"
        f" {len(sources)} files of src, {count_lines(root / 'tests'):,} of tests,"
        f" {count_lines(root / 'benchmarks'):,} of benchmarks",
        "codes": len(set(codes(root))),
        "parameters": sum(has_many_parameters(node) for node in every(trees, ast.FunctionDef)),
        "any": sum(text.count("dict[str, Any]") for text in sources.values()),
        "late": sum(
            isinstance(one, ast.Import | ast.ImportFrom)
            for node in every(trees, ast.FunctionDef)
            for one in own_statements(node)
        ),
        "lonely": lonely(root, trees, sources),
        "kinds": sum(compares_kind(node) for node in every(trees, ast.Compare)),
    }
    for name, value in told.items():
        print(f"{name:<12} {value}")


def count_lines(folder: Path) -> int:
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in folder.rglob("*.py"))


def codes(root: Path) -> Iterator[str]:
    for path in (root / "src").rglob("codes*.md"):
        yield from re.findall(r"^## ([A-Z]\d{3}) ", path.read_text(encoding="utf-8"), re.M)


def every(trees: dict[Path, ast.Module], kind: type) -> Iterator[Any]:
    for tree in trees.values():
        yield from (node for node in ast.walk(tree) if isinstance(node, kind))


def has_many_parameters(node: ast.FunctionDef) -> bool:
    told = node.args
    names = [one.arg for one in (*told.posonlyargs, *told.args, *told.kwonlyargs)]
    return sum(name not in ("self", "cls") for name in names) > PARAMETERS


def own_statements(node: ast.FunctionDef) -> Iterator[ast.AST]:
    """What stands in a function itself, not in a function inside it."""
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        one = waiting.pop()
        yield one
        if not isinstance(one, ast.FunctionDef):
            waiting += ast.iter_child_nodes(one)


def lonely(root: Path, trees: dict[Path, ast.Module], sources: dict[Path, str]) -> int:
    modules = {name_of(root, path): path for path in trees}
    importers = Counter(
        name for path in trees for name in imported(name_of(root, path), trees[path], set(modules))
    )
    return sum(
        path.name != "__init__.py"
        and importers[name] == 1
        and len(sources[path].splitlines()) < SHORT
        for name, path in modules.items()
    )


def compares_kind(node: ast.Compare) -> bool:
    """Whether something's `kind` is compared with the name of a kind of task."""
    asked = node.left
    of_kind = getattr(asked, "attr", getattr(asked, "id", "")) == "kind"
    names = {
        one.value
        for side in node.comparators
        for one in ast.walk(side)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }
    return of_kind and bool(names & KINDS)


def public_classes(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


def is_participle(name: str) -> bool:
    word = name.strip("_").split("_")[0]
    return word not in NOUNS and (word in IRREGULAR or (word.endswith("ed") and len(word) > 4))


def circles(root: Path, trees: dict[Path, ast.Module]) -> int:
    """How many import arrows must go until no modules import each other round about, by taking one
    of each circle."""
    modules = {name_of(root, path): tree for path, tree in trees.items()}
    graph = {name: imported(name, tree, set(modules)) for name, tree in modules.items()}
    for count in range(sum(map(len, graph.values()))):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            first, second, *_ = error.args[1]
            graph[second].discard(first)
        else:
            return count
    return 0


def name_of(root: Path, path: Path) -> str:
    return ".".join(path.relative_to(root / "src").with_suffix("").parts).removesuffix(".__init__")


def imported(name: str, tree: ast.Module, known: set[str]) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {
                full if (full := f"{node.module}.{one.name}") in known else node.module
                for one in node.names
            }
        elif isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
    return (found & known) - {name}


if __name__ == "__main__":
    main()
