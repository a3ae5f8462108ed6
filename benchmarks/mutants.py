"""How many of some hundred random defects the tests of CI find.

    python benchmarks/mutants.py coverage             # which test reaches which line: half an hour
    python benchmarks/mutants.py run --seed 2026-12-02 --count 400
    python benchmarks/mutants.py survivors --seed 2026-12-02

Defects   `mutants_draw.py` draws them with cosmic-ray's operators, a share from each room
Tests     the mirrored file of the changed module, then the others that reach the changed line,
          cheapest first, until one fails or the time is over
Killed    a test fails that passes on the unchanged package, or the tests do not end
Safety    all runs inside bubblewrap: the disk is read-only but for /tmp and --to, no network but lo
Resumable a line for each defect in --to; what has one is not run again
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

from mutants_draw import PACKAGE, Mutant, draw

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[1]
OUT = HERE / "out" / "mutants"
SECONDS = 240  # of the processor, for the tests of one mutant
WAIT = 4  # times as long by the clock: what does not end may also do nothing
MOST = 400  # tests a mutant: a line that all tests reach is noticed by these, or by none
# With one seed, so that hypothesis draws the same with and without the mutant. `addopts` without
# --strict-markers, for which a mark that no test has yet is an error.
OPTIONS = ["-o", "addopts=--import-mode=importlib", "-x", "-q", "--tb=no", "-rfE"]
OPTIONS += ["-p", "no:cacheprovider", "--hypothesis-seed=0", "-m", "not nightly"]
OPTIONS += ["-W", "ignore:Module already imported", "--rootdir", str(ROOT), "-c", "pyproject.toml"]
# What takes long to load is loaded once, in a process that each run is a fork of; the package
# itself is not among it.
SERVER = multiprocessing.get_context("forkserver")
HEAVY = ["torch", "transformers.models.llama.modeling_llama", "peft", "scipy.stats", "pytest"]


def isolated(to: Path) -> None:
    """Start this script again inside bubblewrap, once."""
    if os.environ.get("MUTANTS_ISOLATED"):
        return
    if not (program := shutil.which("bwrap")):
        raise SystemExit("bubblewrap is missing: apt-get install bubblewrap")
    to.mkdir(parents=True, exist_ok=True)
    place = str(to.resolve())
    rules = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
    rules += ["--tmpfs", "/dev/shm", "--bind", place, place, "--unshare-net", "--unshare-pid"]
    rules += ["--setenv", "MUTANTS_ISOLATED", "1", "--setenv", "HOME", "/tmp", "--die-with-parent"]
    os.execv(program, [program, *rules, "--", sys.executable, *sys.argv])


def measure(to: Path) -> int:
    """Run the tests of CI under coverage, a context for each test."""
    shutil.rmtree(to / "coverage", ignore_errors=True)
    (to / "coverage").mkdir(parents=True)
    paths = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]).strip(os.pathsep)
    surroundings = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    surroundings["MUTANTS_COVERAGE"] = str(to / "coverage")
    command = [sys.executable, "-m", "pytest", "-p", "mutants_coverage", "-q", "--tb=short"]
    subprocess.run(
        [*command, "--processes", "4", "-m", "not nightly"], env=surroundings, cwd=ROOT, check=False
    )
    from mutants_coverage import tests_by_line

    reached = tests_by_line(to / "coverage")
    names = sorted(
        {test for lines in reached.values() for tests in lines.values() for test in tests}
    )
    number = {name: at for at, name in enumerate(names)}  # as names they would be 440 MB
    lines = {
        file: {line: sorted(number[test] for test in tests) for line, tests in lines.items()}
        for file, lines in reached.items()
    }
    (to / "coverage.json").write_text(json.dumps({"tests": names, "lines": lines}))
    shutil.rmtree(to / "coverage")
    return 0


def chosen(mutant: Mutant, reached: dict[str, Any], seconds: dict[str, float]) -> list[str]:
    """Return the tests of a mutant: those of its module, then those that reach its line.

    A line that no test reaches in its own process runs in workers or at import: then it is all that
    reach the file."""
    lines = reached["lines"].get(mutant.file, {})
    found = set(lines.get(str(mutant.line), ())) or {one for some in lines.values() for one in some}
    tests = [reached["tests"][number] for number in found]
    tests = sorted(tests, key=lambda test: (seconds.get(test, 1.0), test))[:MOST]
    place = Path(mutant.file)
    name = place.parent.name if "__" in place.name else place.stem
    mirrored = ROOT / "tests" / place.parent / f"test_{name}.py"
    first = [str(mirrored.relative_to(ROOT))] if mirrored.exists() else []
    return first + [test for test in tests if not first or not test.startswith(first[0] + "::")]


def child(source: Path, tests: Sequence[str], said: Path) -> None:
    """In a forked process: run the tests on the package in `source`; its exit code is pytest's."""
    os.setsid()
    os.chdir(ROOT)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 10))
    os.environ |= {"PYTHONPATH": str(source), "HYPOTHESIS_STORAGE_DIRECTORY": str(said.parent)}
    sys.path[:] = [str(source), *(path for path in sys.path if path not in ("", str(HERE)))]
    for stream in (1, 2):
        os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    import pytest

    import assay

    assert Path(assay.__file__).is_relative_to(source), "another package would be tested"
    sys.exit(int(pytest.main([*OPTIONS, *tests])))


def failed(tests: Sequence[str], mutant: Mutant | None = None) -> str:
    """Run tests on a copy of the package, with a mutant or as it is.

    Returns: the test that failed first, the signal that ended them, or "" where all pass."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        said = Path(scratch, "said")
        source = Path(shutil.copytree(PACKAGE.parent, Path(scratch, "src")))
        if mutant:
            place = source / "assay" / mutant.file
            place.write_text(mutant.applied(place.read_text()))
        process = SERVER.Process(target=child, args=(source, tests, said))
        process.start()
        process.join(WAIT * SECONDS)
        over = process.exitcode is None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid or 0, signal.SIGKILL)
        process.join()
        text = said.read_text() if said.exists() else ""
    if over or (code := process.exitcode or 0) < 0:
        return "does not end" if over else f"signal {-code}"  # 24: its processor time was over
    if found := re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", text, re.MULTILINE):
        return found[1]
    # the package cannot be imported: nothing was collected
    return "import" if code not in (0, 5) else ""


def judged(
    mutant: Mutant, *, reached: dict[str, Any], seconds: dict[str, float], fails: dict[str, bool]
) -> dict[str, Any]:
    """Return a mutant's line. What fails, or takes as long, on the unchanged package kills
    nothing."""
    begun, tests = time.monotonic(), chosen(mutant, reached, seconds)
    left = list(tests)
    while by := failed(left, mutant) if left else "":
        if by.startswith("tests"):
            if by not in fails:
                fails[by] = bool(failed([by]))
            if not fails[by]:
                break
            left = [one for one in left if one not in (by, by.partition("::")[0])]
        else:
            by, left = "" if failed(left) == by else by, []
    return {
        "name": mutant.name,
        "outcome": "killed" if by else "survived",
        "by": by,
        "tests": len(tests),
        "seconds": round(time.monotonic() - begun),
    }


def run(options: argparse.Namespace, lines: dict[str, dict[str, Any]], place: Path) -> int:
    isolated(options.to)
    reached = json.loads((options.to / "coverage.json").read_text())
    cache = ROOT / ".pytest_cache" / "v" / "assay" / "seconds"
    seconds = json.loads(cache.read_text()) if cache.exists() else {}
    SERVER.set_forkserver_preload(HEAVY)
    fails: dict[str, bool] = {}
    left = [
        mutant
        for mutant in draw(options.seed, options.count)
        if (known := lines.get(mutant.name)) is None
        or (options.again and known["outcome"] == "survived")
    ]
    with ThreadPool(options.processes) as pool:  # a thread waits for a process
        one = partial(judged, reached=reached, seconds=seconds, fails=fails)
        for line in pool.imap_unordered(one, left):
            lines[line["name"]] = line
            with place.open("a") as file:
                file.write(json.dumps(line) + "\n")
            print(f"{line['outcome']:<8}  {line['name']}  {line['by']}", flush=True)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["coverage", "run", "survivors"])
    parser.add_argument(
        "--seed", default=time.strftime("%Y-%m-%d"), help="of the day, if not given"
    )
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--again", action="store_true", help="run survivors once more")
    parser.add_argument("--processes", type=int, default=2, help="mutants at a time")
    parser.add_argument("--to", type=Path, default=OUT, help="the folder of results")
    options = parser.parse_args()
    if options.what == "coverage":
        return measure(options.to)
    place = options.to / f"{options.seed}.jsonl"
    read = place.read_text().splitlines() if place.exists() else []
    lines: dict[str, dict[str, Any]] = {line["name"]: line for line in map(json.loads, read)}
    if options.what == "run":
        run(options, lines, place)
    every = draw(options.seed, options.count)
    survivors = [one for one in every if lines.get(one.name, {}).get("outcome") == "survived"]
    if options.what == "survivors":
        print(*(f"{one.name}\n{one.diff()}\n" for one in survivors), sep="\n")
    done = sum(one.name in lines for one in every)
    print(f"{done - len(survivors)} of {done} killed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
