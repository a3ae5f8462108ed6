"""A private PostgreSQL with pgvector, for tests and for trying things out.

    python tests/helpers/postgres.py start [FOLDER]    # installs what is missing, prints the
                                                       address
    python tests/helpers/postgres.py stop [FOLDER]

The cluster lies in FOLDER, by default in a folder of /tmp that is named after this working copy. As
root, the server runs as the unprivileged user `postgres`, and Debian's packages are installed when
they are missing. It listens on a free port of 127.0.0.1, where it asks for a password (kept in
FOLDER/password), and on a socket in FOLDER, which its owner and root alone can reach and which asks
for none. The default cluster of Debian's package is not made.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

PACKAGES = ("postgresql-17", "postgresql-17-pgvector")
PROGRAMS = Path("/usr/lib/postgresql/17/bin")
EXTENSION = Path("/usr/share/postgresql/17/extension/vector.control")
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/assay.conf")
OWNER = "postgres"
USER = DATABASE = "assay"
PLACE = (
    Path("/tmp")
    / f"assay-postgres-{hashlib.sha256(str(Path(__file__).resolve()).encode()).hexdigest()[:12]}"
)
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "512MB",  # the vectors and index of 100,000 passages
    "max_wal_size": "4GB",
    "max_parallel_maintenance_workers": "2",
    "max_connections": "50",
}


def missing() -> str:
    """Why there can be no server here, or "" where there can. As root, it installs what is
    missing."""
    if _there():
        return ""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return f"needs the Debian packages {' and '.join(PACKAGES)}, and only root can install them"
    # two test processes may come here at once
    with Path("/tmp/assay-postgres.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        done = _there() or _installed()
    return "" if done else f"the Debian packages {' and '.join(PACKAGES)} could not be installed"


def _there() -> bool:
    return (PROGRAMS / "postgres").exists() and EXTENSION.exists()


def _installed() -> bool:
    NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
    NO_CLUSTER.write_text("create_main_cluster = false\n")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *PACKAGES]
    for command in (install, ["apt-get", "update", "-q"], install):
        done = subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False)
        if command is install and done.returncode == 0:
            return _there()
    return False


def _run(program: str, *words: str) -> str:
    """Run one of PostgreSQL's programs, as an unprivileged user."""
    command: Sequence[str] = [str(PROGRAMS / program), *words]
    if os.geteuid() == 0:
        command = [
            "setpriv",
            f"--reuid={OWNER}",
            f"--regid={OWNER}",
            "--init-groups",
            "--reset-env",
            *command,
        ]
    done = subprocess.run(command, cwd="/", text=True, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{program} failed: {done.stderr or done.stdout}")
    return done.stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def running(folder: Path) -> bool:
    try:
        number = (folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0]
    except FileNotFoundError:
        return False
    return Path("/proc", number).exists()  # a loss of power leaves the file


def address(folder: Path) -> str:
    """Through the socket, which asks for no password."""
    return f"postgresql://{USER}@/{DATABASE}?host={folder}&port={(folder / 'port').read_text()}"


def network_address(folder: Path) -> str:
    """Through the network: the password is wanted, from PGPASSWORD or a .pgpass file."""
    return f"postgresql://{USER}@127.0.0.1:{(folder / 'port').read_text()}/{DATABASE}"


def start(folder: Path = PLACE) -> str:
    """The address of the server in `folder`, which is made and started if need be."""
    if reason := missing():
        raise SystemExit(reason)
    if not (folder / "ready").exists():
        _make(folder)
    if not running(folder):
        options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        options += f" -c port={(folder / 'port').read_text()} -c unix_socket_directories={folder}"
        _run(
            "pg_ctl",
            "start",
            "-w",
            "-D",
            str(folder / "data"),
            "-l",
            str(folder / "log"),
            "-o",
            options,
        )
    return address(folder)


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    shutil.rmtree(folder / "data", ignore_errors=True)  # what a kill left half made
    password = folder / "password"
    password.write_text(secrets.token_hex(16))
    password.chmod(0o600)
    (folder / "port").write_text(str(_free_port()))
    if os.geteuid() == 0:
        for path in (folder, password):
            shutil.chown(path, OWNER, OWNER)
    how = [
        "--auth-local=trust",
        "--auth-host=scram-sha-256",
        f"--pwfile={password}",
        "--encoding=UTF8",
        "--locale=C",
    ]
    _run("initdb", "-D", str(folder / "data"), "-U", USER, *how)
    options = (
        f"-c listen_addresses= -c port={(folder / 'port').read_text()} -c"
        f" unix_socket_directories={folder}"
    )
    _run(
        "pg_ctl",
        "start",
        "-w",
        "-D",
        str(folder / "data"),
        "-l",
        str(folder / "log"),
        "-o",
        options,
    )
    reach = ["-h", str(folder), "-p", (folder / "port").read_text(), "-U", USER]
    _run("createdb", *reach, DATABASE)
    _run("psql", *reach, "-d", DATABASE, "-q", "-c", "CREATE EXTENSION vector")
    stop(folder)
    (folder / "ready").write_text(f"{time.time()}\n")


def stop(folder: Path = PLACE, mode: str = "fast") -> None:
    """`mode`: "fast" ends open transactions; "immediate" is as a loss of power."""
    if running(folder):
        _run("pg_ctl", "stop", "-w", "-D", str(folder / "data"), "-m", mode)


def main(words: Sequence[str]) -> None:
    verb, *places = words or ["start"]
    folder = Path(places[0]).resolve() if places else PLACE
    if verb == "stop":
        stop(folder)
    elif verb == "start":
        print(start(folder))
        print(f"{network_address(folder)}   (password: {folder / 'password'})")
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
