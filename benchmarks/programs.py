"""The sandbox against MBPP: do right programs pass, do broken ones fail, and does a long row of
hostile ones leave anything behind?

    python benchmarks/programs.py references ../shared/data/mbpp/mbpp.jsonl
    python benchmarks/programs.py mutants ../shared/data/mbpp/mbpp.jsonl
    python benchmarks/programs.py hostile 1000 [SEED]    # the 44 programs of the tests, drawn

Each reference is broken in three ways. A mutant differs from its reference in one place: an
operator, a constant, or every `return` gives None. One that its tests do not notice is listed by
number: its tests say nothing of that place, or the change changes nothing.
"""

import ast
import json
import os
import random
import resource
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assay.evaluation.sandbox.cage import find_cage
from assay.evaluation.sandbox.python import Program, plan_program, process_memory, processors, run

SWAPS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitXor: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.RShift: ast.LShift,
}


def operator(tree: ast.Module) -> bool:
    """Exchange the last operator; False where there is none."""
    for node in reversed(list(ast.walk(tree))):
        if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in SWAPS:
            node.op = SWAPS[type(node.op)]()
            return True
        if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
            node.ops[0] = SWAPS[type(node.ops[0])]()
            return True
    return False


def constant(tree: ast.Module) -> bool:
    """Add one to the last whole number, or a letter to the last text."""
    for node in reversed(list(ast.walk(tree))):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, int | str)
            and not isinstance(node.value, bool)
        ):
            node.value = node.value + ("x" if isinstance(node.value, str) else 1)
            return True
    return False


def nothing(tree: ast.Module) -> bool:
    """Every `return` gives None."""
    found = [
        node for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value is not None
    ]
    for node in found:
        node.value = ast.Constant(None)
    return bool(found)


def programs(rows: list[dict], mutate) -> list[tuple[int, Program]]:
    made = []
    for row in rows:
        tree = ast.parse(row["code"])
        if mutate is None or mutate(tree):
            source = row["code"] if mutate is None else ast.unparse(tree)
            made.append(
                (
                    row["task_id"],
                    Program(source, tuple(row["test_list"]), row["test_setup_code"], row["code"]),
                )
            )
    return made


def table(name: str, made: list[tuple[int, Program]], wall: float) -> None:
    cage, begun = find_cage(), time.monotonic()
    plans = [(program, plan_program(program)) for _, program in made]
    with ThreadPoolExecutor(processors()) as pool:
        found = list(pool.map(lambda one: run(cage, one[0], wall, one[1]), plans))
    kinds = Counter(one.kind for one in found)
    seconds = time.monotonic() - begun
    print(f"{name}: {len(made)} programs, {kinds['passed']} passed; {dict(kinds)}; {seconds:.0f} s")
    other = [
        n
        for (n, _), one in zip(made, found, strict=True)
        if one.has_passed is (name != "references")
    ]
    print(f"  {'not passed' if name == 'references' else 'not noticed'}: {other}", flush=True)


def hostile(count: int, seed: int) -> None:
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from helpers.sandbox_programs import CHEATS, HONEST, HOSTILE, TESTS

    every, draw, cage = {**HOSTILE, **CHEATS}, random.Random(seed), find_cage()
    wrong, slowest, begun = [], 0.0, time.monotonic()
    for _ in range(10):  # what a first run of all this takes is no leak
        run(cage, Program(HONEST, TESTS, reference=HONEST), 1)
    before = memory(), len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(count):
        name = draw.choice(list(every))
        since = time.monotonic()
        found = run(cage, Program(every[name][0], TESTS, reference=HONEST), 1.0)
        slowest = max(slowest, time.monotonic() - since)
        # At a limit of 1 second on a busy machine, any program may be late; none may pass that
        # should not.
        if found.kind not in every[name][1] | {"timeout"}:
            wrong.append((name, found))
    time.sleep(0.5)
    after = memory(), len(list(Path("/proc/self/fd").iterdir()))
    left = process_memory(os.getpid()) - memory()
    print(
        f"{count} hostile programs"
        f" and cheats in {time.monotonic() - begun:.0f} s, a limit of 1 s each"
    )
    print(f"  wrong verdicts: {wrong}; slowest {slowest:.2f} s")
    print(
        f"  bytes held by processes left: {left}; own memory {before[0] / 1e6:.1f} to"
        f" {after[0] / 1e6:.1f} MB,"
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"  peak {peak:.1f} MB; descriptors {before[1]} to {after[1]}")


def memory() -> int:
    """Bytes of this process alone."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main(verb: str, what: str, seed: str = "0") -> None:
    if verb == "hostile":
        hostile(int(what), int(seed))
        return
    rows = [json.loads(line) for line in Path(what).read_text().splitlines()]
    if verb == "references":
        table("references", programs(rows, None), 10.0)
        return
    for mutate in (operator, constant, nothing):
        table(mutate.__name__, programs(rows, mutate), 2.0)


if __name__ == "__main__":
    main(*sys.argv[1:4])
