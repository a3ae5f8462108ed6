"""A process that runs the tests of another copy of the package; `FOLDER/runs.json` says where that
is, and has pytest's words for each run.

How   forked from a server that has loaded the libraries, which take longer than such tests. What
      that has loaded of this copy is forgotten first
"""

import importlib
import json
import os
import sys
from pathlib import Path

OWN = ("assay", "helpers", "tests", "conftest")
PLACES = [str(Path(__file__).parents[2] / name) for name in ("src", "tests")]


def main(folder: Path) -> int:
    import pytest

    told = json.loads((folder / "runs.json").read_text())
    copy = Path(told["copy"])
    for name in [name for name in sys.modules if name.partition(".")[0] in OWN]:
        del sys.modules[name]
    sys.path[:] = [str(copy / "src"), *(place for place in sys.path if place not in PLACES)]
    importlib.invalidate_caches()
    os.environ["PYTHONPATH"] = sys.path[0]
    os.chdir(copy)
    # A plugin of pytest's that a server has loaded cannot be rewritten any more: it need not be.
    loaded = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    code = max(int(pytest.main([*loaded, *words])) for words in told["runs"])
    assert Path(sys.modules["assay"].__file__ or "").is_relative_to(copy)
    return code
