"""A real browser for the pages: Chromium of Debian, driven by Playwright. As root, it is installed
where missing."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")


def missing() -> str:
    """Why there can be no browser here, or "" where there can. As root, it installs what is
    missing."""
    if _found():
        return ""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return "needs Chromium (Debian package chromium), and only root can install it"
    # two test processes may come here at once
    with Path("/tmp/assay-chromium.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not _found():
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            install = [
                "apt-get",
                "install",
                "-y",
                "-q",
                "--no-install-recommends",
                "chromium",
                "fonts-dejavu-core",
            ]
            for command in (["apt-get", "update", "-q"], install):
                subprocess.run(command, env=quiet, capture_output=True, check=False)
    return "" if _found() else "Chromium could not be installed"


def _found() -> str:
    return next((path for name in NAMES if (path := shutil.which(name))), "")


@contextmanager
def browser() -> Iterator[Any]:
    """A Playwright browser, headless."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        # A container's root has no sandbox of Chromium's, and its /dev/shm is small.
        opened = play.chromium.launch(
            executable_path=_found(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield opened
        finally:
            opened.close()
