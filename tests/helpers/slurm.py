"""A Slurm cluster of three nodes on this machine: Debian's daemons, started for a test.

As root, the packages are installed when they are missing. The daemons run from a folder of their
own, on ports of their own, with a key of their own; nothing of the machine's settings is read.
"""

import os
import re
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpers.ray_cluster import free_port

PACKAGES = ("slurmctld", "slurmd", "slurm-client")
SETTINGS = """
ClusterName=test
SlurmctldHost=localhost
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/slurm
CredType=cred/slurm
AuthInfo=cred_expire=10
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/controller.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/controller.log
SlurmdLogFile={folder}/%n.log
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
KillWait=30
PartitionName=all Nodes=ALL Default=YES State=UP
"""


@contextmanager
def three_nodes(folder: Path) -> Iterator[Mapping[str, str]]:
    """The environment in which `sbatch` and `squeue` know the cluster."""
    if why := _missing():
        pytest.skip(why)
    (folder / "state").mkdir(parents=True)
    lines = [SETTINGS.strip().format(port=free_port(), folder=folder)]
    names = ("n1", "n2", "n3")
    lines += [
        f"NodeName={name} NodeHostname={socket.gethostname()} NodeAddr=127.0.0.1"
        f" Port={free_port()} CPUs=2"
        for name in names
    ]
    settings = folder / "slurm.conf"
    settings.write_text("\n".join([*lines, ""]))
    (folder / "cgroup.conf").write_text("CgroupPlugin=disabled\n")
    (folder / "slurm.key").write_bytes(secrets.token_bytes(128))
    (folder / "slurm.key").chmod(0o600)
    variables = {**os.environ, "SLURM_CONF": str(settings)}
    started = []
    commands = {
        "controller": ["slurmctld"],
        **{name: ["slurmd", "-N", name] for name in names},
    }
    try:
        for name, command in commands.items():
            words, log = [*command, "-D", "-f", str(settings)], (folder / f"{name}.said").open("wb")
            with log:
                started.append(subprocess.Popen(words, env=variables, stdout=log, stderr=log))
            _wait_for(lambda name=name: (folder / f"{name}.pid").exists(), folder)
        _wait_for(lambda: _idle(variables), folder)
        yield variables
    finally:
        try:  # what a job has started outlives the daemons
            subprocess.run(["scancel", "--full", "--partition=all"], env=variables, check=False)
            _wait_for(lambda: _idle(variables), folder)
        finally:
            for daemon in reversed(started):
                daemon.terminate()
                daemon.wait(timeout=60)


def submit(variables: Mapping[str, str], folder: Path, *words: str) -> str:
    """The number of the job; what it writes lies in the folder."""
    done = subprocess.run(
        ["sbatch", "--parsable", *words],
        env=variables, cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def state(variables: Mapping[str, str], job: str) -> dict[str, str]:
    """What the controller says of a job: `JobState`, `Restarts`, `ExitCode` and more."""
    done = subprocess.run(
        ["scontrol", "show", "job", job, "-o"],
        env=variables, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return dict(re.findall(r"(\w+)=(\S*)", done.stdout))


def _missing() -> str:
    there = all(shutil.which(name) for name in ("slurmctld", "slurmd", "sbatch"))
    if there and os.geteuid() == 0:
        return ""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return f"needs the Debian packages {', '.join(PACKAGES)}, and to be root"
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *PACKAGES]
    for command in (install, ["apt-get", "update", "-q"], install):
        done = subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False)
        if command is install and done.returncode == 0:
            return ""
    return f"the Debian packages {', '.join(PACKAGES)} could not be installed"


def _idle(variables: Mapping[str, str]) -> bool:
    told = subprocess.run(
        ["sinfo", "--noheader", "--Node", "--format=%t"],
        env=variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return told.stdout.split() == ["idle"] * 3


def _wait_for(what: Callable[[], bool], folder: Path, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not what():
        said = [file.read_text() for file in folder.glob("*.said")]
        assert time.monotonic() < until, said
        time.sleep(0.2)
