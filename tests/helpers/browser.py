"""Real browsers for the pages: Chromium and Firefox of Debian, driven by Playwright. As root, they
are installed where missing.

Firefox     as it comes, by WebDriver BiDi (Playwright's channel `moz-firefox`); Playwright's own
            build of it is in no package index
"""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "firefox": ("firefox-esr", "firefox"),
}


def missing(kind: str = "chromium") -> str:
    """Why there can be no browser here, or "" where there can. As root, it installs what is
    missing."""
    package = NAMES[kind][0]
    if _found(kind):
        return ""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return f"needs {kind} (Debian package {package}), and only root can install it"
    # two test processes may come here at once
    with Path("/tmp/assay-chromium.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not _found(kind):
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            install = [
                "apt-get",
                "install",
                "-y",
                "-q",
                "--no-install-recommends",
                package,
                "fonts-dejavu-core",
            ]
            for command in (["apt-get", "update", "-q"], install):
                subprocess.run(command, env=quiet, capture_output=True, check=False)
    return "" if _found(kind) else f"{kind} could not be installed"


def _found(kind: str) -> str:
    return next((path for name in NAMES[kind] if (path := shutil.which(name))), "")


@contextmanager
def browser(kind: str = "chromium") -> Iterator[Any]:
    """A Playwright browser, headless."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        if kind == "firefox":
            opened = play.firefox.launch(channel="moz-firefox", executable_path=_found(kind))
        else:
            # A container's root has no sandbox of Chromium's, and its /dev/shm is small.
            how = ["--no-sandbox", "--disable-dev-shm-usage"]
            opened = play.chromium.launch(executable_path=_found(kind), args=how)
        try:
            yield opened
        finally:
            opened.close()
