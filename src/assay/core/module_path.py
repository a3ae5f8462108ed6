"""Where this process and those that it starts import from: never from the working folder, where a
file beside the data may be named as one of Python's modules.

First     `assay` imports this module before any other
Watch out `python -m` itself imports some of Python's modules before it runs anything; `python -P
          -m` and the command `assay` do not look into the working folder
"""

import sys

if (
    sys.argv[:1] == ["-m"]
    and sys.orig_argv[-len(sys.argv)].partition(".")[0] in ("assay", "-massay")
    and not sys.flags.safe_path
):
    del sys.path[0]

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


def _working_folder() -> Path | None:
    try:
        return Path.cwd()
    except FileNotFoundError:  # it was removed meanwhile
        return None


STARTED_IN = _working_folder()  # which `python -m` has put on the path


def import_settings() -> dict[str, str]:
    """Return the variables with which a process of Python imports what this one can, and nothing
    from the working folder: a module that lies beside the data must not run."""
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    given = [str(Path(path).resolve()) for path in named if path]
    home = str(Path(__file__).parents[2])  # of assay, which may be installed nowhere
    left = (STARTED_IN, _working_folder())
    paths = [path for path in sys.path if path and Path(path).resolve() not in left]
    paths += [path for path in (*given, home) if path not in paths]
    return {"PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"}


@contextmanager
def away() -> Generator[None]:
    """Leave the working folder while the block runs: Ray has its workers import from the folder
    that it was started in. That of Python's programs holds no modules."""
    folder, safe = Path.cwd(), os.environ.get("PYTHONSAFEPATH")
    os.chdir(Path(sys.executable).parent)
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        os.chdir(folder)
        os.environ.pop("PYTHONSAFEPATH")
        if safe is not None:
            os.environ["PYTHONSAFEPATH"] = safe
