"""How many of sixty planted defects the tests find: each is put into a copy of the package, and its
tests are run.

What      `mutants.toml` has the defects; a survivor is a promise that nothing holds
Where     the checkout's tests, on a changed copy that PYTHONPATH names, so that processes that
          tests start read it too
Killed    a test fails, or does not end. What failed is run on the unchanged copy in the end: there
          it has to pass
Resumable a line for each defect in --to as it is judged; what has one is not run again
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[1]
SECONDS, WHOLE_SECONDS = 300, 5400  # of the processor, for the tests of a mutant and for all tests
WAIT = 10  # times as long by the clock: what does not end may also do nothing
# With one seed, so that hypothesis draws the same with and without the mutant. `addopts` without
# --strict-markers, for which a mark that no test has yet is an error.
OPTIONS = [
    "-o",
    "addopts=--import-mode=importlib",
    "-x",
    "-q",
    "--tb=no",
    "-rfE",
    "-p",
    "no:cacheprovider",
]
OPTIONS += ["--hypothesis-seed=0", "-m", "not nightly", "-W", "ignore:Module already imported"]
# What takes long to load is loaded once, in a process that each run is a fork of; the package
# itself is not among it.
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(
    ["torch", "transformers.models.llama.modeling_llama", "peft", "scipy.stats", "pytest"]
)


@dataclass(frozen=True)
class Mutant:
    """One defect. `tests` should notice it, the narrowest first."""

    name: str
    file: str  # below src/assay
    tests: tuple[str, ...]
    old: str
    new: str

    def applied(self, source: str) -> str:
        """Raises: ValueError: `old` does not stand in `source` exactly once."""
        if (count := source.count(self.old)) != 1:
            raise ValueError(f"{self.name} is stale: its text stands {count} times in {self.file}")
        return source.replace(self.old, self.new)


def mutants() -> list[Mutant]:
    found = tomllib.loads((HERE / "mutants.toml").read_text())["mutant"]
    return [Mutant(**{**one, "tests": tuple(one["tests"])}) for one in found]


def stale(every: Sequence[Mutant]) -> list[str]:
    """What keeps mutants from being applied, a sentence each."""
    said = []
    for one in every:
        try:
            one.applied((ROOT / "src" / "assay" / one.file).read_text())
        except (OSError, ValueError) as error:
            said.append(str(error))
    return said


def child(source: Path, tests: Sequence[str], said: Path, seconds: int) -> None:
    """In a forked process: run the tests on the package in `source`; its exit code is pytest's."""
    os.setsid()
    os.chdir(ROOT)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + WAIT))
    os.environ |= {"PYTHONPATH": str(source), "HYPOTHESIS_STORAGE_DIRECTORY": str(said.parent)}
    sys.path[:] = [str(source), *(path for path in sys.path if path not in ("", str(HERE)))]
    for stream in (1, 2):
        os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    import pytest

    import assay

    assert Path(assay.__file__).is_relative_to(source), "another package would be tested"
    sys.exit(int(pytest.main([*OPTIONS, "--rootdir", str(ROOT), "-c", "pyproject.toml", *tests])))


def failed(tests: Sequence[str], seconds: int, one: Mutant | None = None) -> str:
    """Run tests on a copy of the package, with a mutant or as it is. What failed first; "" where
    all pass."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        # With its compiled files: that of the changed one is older than it, and so not read.
        source, said = (
            Path(shutil.copytree(ROOT / "src", Path(scratch, "src"))),
            Path(scratch, "said"),
        )
        if one:
            place = source / "assay" / one.file
            place.write_text(one.applied(place.read_text()))
        process = SERVER.Process(target=child, args=(source, tests, said, seconds))
        process.start()
        process.join(WAIT * seconds)
        if process.exitcode is None:
            os.killpg(process.pid or 0, signal.SIGKILL)
            process.join()
        text = said.read_text()
    if (code := process.exitcode or 0) <= 0:
        # 24: its time of the processor was over, 9: that of the clock
        return f"signal {-code}" if code else ""
    if found := re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", text, re.MULTILINE):
        return found[1]
    raise RuntimeError(f"no tests were run:\n{text}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--list", action="store_true", help="the names, and the file that each changes"
    )
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="this one; may be given several times"
    )
    parser.add_argument(
        "--whole", action="store_true", help="run all tests over what its own tests did not find"
    )
    parser.add_argument(
        "--to", type=Path, default=HERE / "out" / "mutants.jsonl", help="a line for each mutant"
    )
    options = parser.parse_args()
    every = [one for one in mutants() if not options.only or one.name in options.only]
    if problems := stale(every):
        print(*problems, sep="\n", file=sys.stderr)
        return 1
    if options.list:
        print(*(f"{one.name}  {one.file}" for one in every), sep="\n")
        return 0
    lines = options.to.read_text().splitlines() if options.to.exists() else []
    known: dict[str, dict[str, Any]] = {line["name"]: line for line in map(json.loads, lines)}
    options.to.parent.mkdir(parents=True, exist_ok=True)
    for one in every:
        for suite in ("own", "whole")[: 1 + options.whole]:
            if (line := known.get(one.name)) and (line["by"] or suite in ("own", line["suite"])):
                continue
            begun = time.monotonic()
            by = failed(
                *((one.tests, SECONDS) if suite == "own" else (["tests"], WHOLE_SECONDS)), one
            )
            line = {
                "name": one.name,
                "outcome": "killed" if by else "survived",
                "by": by,
                "suite": suite,
            }
            known[one.name] = line = {**line, "seconds": round(time.monotonic() - begun)}
            with options.to.open("a") as file:
                file.write(json.dumps(line) + "\n")
        print(f"{known[one.name]['outcome']:<8}  {one.name}  {known[one.name]['by']}", flush=True)
    tests = sorted({by for one in every if (by := known[one.name]["by"]).startswith("tests")})
    if tests and (by := failed(tests, WHOLE_SECONDS)):
        print(f"these kills say nothing: {by} fails on the unchanged package, too", file=sys.stderr)
        return 1
    print(f"{sum(bool(known[one.name]['by']) for one in every)} of {len(every)} killed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
