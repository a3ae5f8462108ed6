"""bubblewrap for the tests: where it is missing, root installs Debian's package; else there is a
reason to skip."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from assay.core.errors import ResourceError
from assay.evaluation.sandbox.cage import find_cage


def missing() -> str:
    """Why there can be no sandbox here, or "" where there can."""
    if sys.platform != "linux":
        return "bubblewrap is for Linux"
    if not shutil.which("bwrap") and os.geteuid() == 0 and shutil.which("apt-get"):
        # two test processes may come here at once
        with Path("/tmp/assay-bubblewrap.lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            _install()
    try:
        find_cage()
    except ResourceError as error:
        return str(error.problems[0])
    return ""


def _install() -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "bubblewrap"]
    for command in (install, ["apt-get", "update", "-q"], install):
        if shutil.which("bwrap"):
            return
        subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False)
