"""Random defects of `src/assay`, drawn with cosmic-ray's operators from a seed.

Each room (a folder of `src/assay`; the modules beside them are one more) gets a share by its
lines. A line of the room is drawn, then one of the changes that the operators can make on it.
Type annotations are never evaluated, so nothing is changed in them.
"""

from __future__ import annotations

import ast
import difflib
import random
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

PACKAGE = Path(__file__).parents[1] / "src" / "assay"
# These need arguments of their own, or insert variables that the field's tools leave out, too.
NOT_DRAWN = ("core/VariableReplacer", "core/VariableInserter")


@dataclass(frozen=True)
class Mutant:
    """One change: the `occurrence`-th place in `file` where `operator` can change something."""

    file: str  # below src/assay
    line: int
    operator: str
    occurrence: int

    @property
    def name(self) -> str:
        return f"{self.file}:{self.line}:{self.operator.removeprefix('core/')}:{self.occurrence}"

    def applied(self, source: str) -> str:
        """Return the changed source."""
        changed = mutate_code(source, get_operator(self.operator)(), self.occurrence)
        if changed is None:
            raise ValueError(f"{self.name}: the file has no such place")
        return changed

    def diff(self) -> str:
        source = (PACKAGE / self.file).read_text()
        lines = difflib.unified_diff(source.splitlines(), self.applied(source).splitlines(), n=1)
        return "\n".join(list(lines)[2:])


def annotations(source: str) -> set[tuple[int, int]]:
    """Return the (line, column) of each name and operator inside a type annotation."""
    marked = set()
    for node in ast.walk(ast.parse(source)):
        for field in ("annotation", "returns"):
            if (found := getattr(node, field, None)) is not None:
                lines = source.splitlines()[found.lineno - 1 : found.end_lineno]
                for number, text in enumerate(lines, found.lineno):
                    first = found.col_offset if number == found.lineno else 0
                    last = found.end_col_offset if number == found.end_lineno else len(text)
                    marked.update((number, column) for column in range(first, last + 1))
    return marked


@cache
def changes(file: str) -> dict[int, dict[int, list[Mutant]]]:
    """Return what can be changed in a file, by line and column."""
    source = (PACKAGE / file).read_text()
    nodes, marked = list(ast_nodes(get_ast(source))), annotations(source)
    found: dict[int, dict[int, list[Mutant]]] = defaultdict(lambda: defaultdict(list))
    for name in sorted(operator_names()):
        if name in NOT_DRAWN:
            continue
        operator, occurrence = get_operator(name)(), 0
        for node in nodes:
            for (line, column), _ in operator.mutation_positions(node):
                if (line, column) not in marked:
                    found[line][column].append(Mutant(file, line, name, occurrence))
                occurrence += 1
    return found


def compiles(mutant: Mutant) -> bool:
    """Return whether Python accepts the changed file: `*` of a signature is no product."""
    try:
        compile(mutant.applied((PACKAGE / mutant.file).read_text()), mutant.file, "exec")
    except SyntaxError:
        return False
    return True


def rooms() -> dict[str, list[tuple[str, int]]]:
    """Return the lines of each room as (file, line)."""
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        file = path.relative_to(PACKAGE)
        room = file.parts[0] if len(file.parts) > 1 else ""
        count = len(path.read_text().splitlines())
        found[room] += [(file.as_posix(), line) for line in range(1, count + 1)]
    return found


def draw(seed: str, count: int) -> list[Mutant]:
    """Draw `count` different mutants; the first ones are the same for a larger count."""
    chance, every, drawn = random.Random(seed), rooms(), {}
    names, lines = list(every), [len(one) for one in every.values()]
    while len(drawn) < count:
        room = chance.choices(names, lines)[0]
        file, line = chance.choice(every[room])
        if here := changes(file).get(line):
            # The place first: there are eleven operators for a `+` and one for an `and`.
            mutant = chance.choice(here[chance.choice(sorted(here))])
            if compiles(mutant):
                drawn[mutant.name] = mutant
    return list(drawn.values())
