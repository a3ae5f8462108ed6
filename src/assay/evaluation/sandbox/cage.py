"""A sandbox of bubblewrap's: what is in it, and how a process is started there and ended.

Inside      the interpreter and its standard library, the system's shared libraries, five device
            files, this package's `inside`; read-only. /tmp is empty and takes 16 MiB. Neither home
            nor network, /proc, environment, shell
Namespaces  processes, network, IPC, host name, control groups, mounts; the user's too unless root
            starts it
As root     no user namespace (many containers refuse one): the process starts with the right to
            change its user and does so before anything of the program is read, to a number that is
            nobody's. An unprivileged user has a user namespace, where the same limits bind
Watch out   ending bwrap ends the whole PID namespace: its first process dies with it, and all
            others with that
Source      bubblewrap, github.com/containers/bubblewrap
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from assay.core.errors import Problem, ResourceError
from assay.evaluation.sandbox import inside
from assay.evaluation.sandbox.calls import filter_of

SCRATCH = 16 << 20  # bytes of /tmp
DEVICES = ("null", "zero", "full", "random", "urandom")
HERE = Path(inside.__file__).parent
THERE = "/inside"
INSTALL = "install it: apt-get install bubblewrap, or dnf install bubblewrap"


@dataclass(frozen=True)
class Cage:
    """How sandboxes are made on this machine."""

    bwrap: str
    root: bool

    @cached_property
    def command(self) -> tuple[str, ...]:
        """bwrap with all that is the same for every sandbox."""
        if self.root:
            split = [
                "--unshare-pid",
                "--unshare-net",
                "--unshare-ipc",
                "--unshare-uts",
                "--unshare-cgroup-try",
            ]
            split += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        else:
            split = ["--unshare-all", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"]
        parts = [self.bwrap, *split, "--die-with-parent", "--new-session", "--clearenv"]
        # First, since an interpreter may itself lie in /tmp. `size` and `perms` are of the mount
        # that follows.
        parts += ["--size", str(SCRATCH), "--perms", "1777", "--tmpfs", "/tmp"]
        needed, package = _interpreter_paths(), f"{THERE}/assay/evaluation/sandbox/inside"
        # bwrap makes the folders above a mount for its own user alone.
        above = sorted(
            {
                str(folder)
                for path in [*needed, package, "/data/0", "/etc/ld.so.cache"]
                for folder in Path(path).parents
            }
            - {"/", "/tmp"}
        )
        for folder in above:
            parts += ["--perms", "0755", "--dir", folder]
        for path in needed:
            parts += ["--ro-bind", path, path]
        # what was installed beside the standard library
        for name in ("site-packages", "dist-packages"):
            if (more := Path(sysconfig.get_path("stdlib"), name)).is_dir():
                parts += ["--tmpfs", str(more), "--remount-ro", str(more)]
        parts += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
        for name in DEVICES:
            parts += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
        parts += ["--ro-bind", str(HERE), package]
        parts += ["--setenv", "PYTHONHASHSEED", "0"]
        return tuple(parts)

    def user(self) -> int:
        """A user number that nobody has, for one sandbox; 0 where there is a user namespace."""
        return secrets.randbelow(1 << 30) + (1 << 20) if self.root else 0

    def start(
        self, part: str, *, keep: Sequence[int], see: Sequence[str] = ()
    ) -> subprocess.Popen[bytes]:
        """Start `inside.<part>.main` with a pipe for its job and one for its output.

        Args:
            keep: file descriptors that it gets. see: files that it may read, at /data/0, /data/1,
                ...
        """
        shown = [word for at, path in enumerate(see) for word in ("--ro-bind", path, f"/data/{at}")]
        # -I would drop PYTHONHASHSEED; the environment is empty, so these are as good.
        python = [os.path.realpath(sys.executable), "-s", "-S", "-P", "-B", "-c"]
        words = (
            f"import sys; sys.path.insert(0, {THERE!r}); from"
            f" assay.evaluation.sandbox.inside.{part} import main; main()"
        )
        calls, written = os.pipe()
        try:
            os.write(written, filter_of())  # some 500 bytes: a pipe holds them
            os.close(written)
            block = ["--seccomp", str(calls)] if filter_of() else []
            return subprocess.Popen(
                [
                    *self.command,
                    *shown,
                    "--remount-ro",
                    "/",
                    *block,
                    "--chdir",
                    "/tmp",
                    "--",
                    *python,
                    words,
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[*keep, calls],
            )
        finally:
            os.close(calls)


def _interpreter_paths() -> list[str]:
    """What an interpreter needs: itself, its standard library, shared libraries."""
    prefix, multiarch = Path(sys.base_prefix), sysconfig.get_config_var("MULTIARCH") or ""
    compiled = sysconfig.get_path("platstdlib", vars={"platbase": sys.base_exec_prefix})
    found = [os.path.realpath(sys.executable), sysconfig.get_path("stdlib"), compiled]
    found += [str(path) for path in sorted((prefix / "lib").glob("libpython3*"))]
    found += [
        "/lib64",
        "/usr/lib64",
        *([f"/lib/{multiarch}", f"/usr/lib/{multiarch}"] if multiarch else []),
    ]
    return [path for path in dict.fromkeys(found) if Path(path).exists()]


def find_cage() -> Cage:
    """How sandboxes are made here, tried once.

    Raises:
        ResourceError: R031, bubblewrap is not installed; R032, it can make no sandbox here.
    """
    bwrap = shutil.which("bwrap") if sys.platform == "linux" else None
    if bwrap is None:
        what = (
            "this task runs what models write, and bubblewrap (bwrap), which it does so in, is"
            " not installed"
        )
        raise ResourceError(Problem("R031", what, help=INSTALL))
    cage = Cage(bwrap, os.geteuid() == 0)
    if said := _try_cage(cage):
        what = f"bubblewrap is installed, but can make no sandbox here: {said}"
        raise ResourceError(Problem("R032", what, help="see: assay explain R032"))
    return cage


def _try_cage(cage: Cage) -> str:
    """Why nothing can be run in a sandbox; "" where it can."""
    process = cage.start("trial", keep=())
    try:
        said, _ = process.communicate(f'{{"user": {cage.user()}}}'.encode(), timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "it did not start within 30 seconds"
    return (
        ""
        if process.returncode == 0
        else said.decode(errors="replace").strip()[-300:] or "it gave no reason"
    )
