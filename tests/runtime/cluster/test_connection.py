"""Joining a cluster: none asked for, none there, no Ray."""

import os
import signal
import subprocess
import sys

import pytest

from assay.config.cluster import ClusterSettings
from assay.core.errors import ResourceError
from assay.runtime.cluster.connection import join
from helpers.problems import problem
from helpers.ray_cluster import QUIETLY, free_port, three_nodes


def test_without_an_address_nothing_is_joined_and_ray_is_not_loaded(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with join(ClusterSettings(gpus=1)) as ray:
        assert ray is None


def test_without_ray_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)  # as where it is not installed
    with (
        problem(ResourceError, "R180", "on", "assay[ray]"),
        join(ClusterSettings(address="ray")),
    ):
        pass


@pytest.mark.slow
@QUIETLY
@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_an_address_where_nobody_listens_is_said_at_once(scheme, monkeypatch):
    pytest.importorskip("ray", reason="needs the extra ray: pip install 'assay[ray]'")
    monkeypatch.setenv("RAY_worker_niceness", "3")
    before = dict(os.environ)
    address = f"{scheme}127.0.0.1:{free_port()}"
    with (
        problem(ResourceError, "R181", "on", address, "ray start --head"),
        join(ClusterSettings(address=address)),
    ):
        pass
    assert dict(os.environ) == before


@pytest.mark.nightly
@QUIETLY
def test_a_cluster_of_another_version_is_said_with_both():
    with three_nodes() as cluster:
        before = signal.getsignal(signal.SIGTERM)
        settings = ClusterSettings(address=cluster.address)
        with join(settings) as ray:
            # What the head noted of itself, as one of another version would have.
            from ray.experimental.internal_kv import _internal_kv_get, _internal_kv_put

            place = {"namespace": b"cluster"}
            noted = _internal_kv_get(b"CLUSTER_METADATA", **place)
            assert ray.__version__.encode() in noted
            other = noted.replace(ray.__version__.encode(), b"2.0.0")
            _internal_kv_put(b"CLUSTER_METADATA", other, overwrite=True, **place)
            assert signal.getsignal(signal.SIGTERM) == before
        version = ray.__version__
        with problem(ResourceError, "R183", "on", "2.0.0", version), join(settings):
            pass


GROUPS = """
import os
from pathlib import Path
from assay.config.cluster import ClusterSettings
from assay.runtime.cluster.connection import join

def stat(pid):  # parent and process group, behind the name in brackets
    _, _, rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
    return [int(word) for word in rest.split()[1:3]]

own = os.getpgrp()
if __name__ == "__main__":
    with join(ClusterSettings(address="ray")):
        children = [stat(pid.name) for pid in Path("/proc").iterdir() if pid.name.isdigit()]
        groups = [group for parent, group in children if parent == os.getpid()]
        print(len(groups) > 1, own in groups, os.getpgrp() == own)
"""


@pytest.mark.nightly
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("leads", [True, False], ids=["own group", "group of another"])
def test_processes_of_ray_are_out_of_the_group_that_the_terminal_signals(tmp_path, leads):
    pytest.importorskip("ray", reason="needs the extra ray: pip install 'assay[ray]'")
    done = subprocess.run(
        [sys.executable, "-c", GROUPS],
        **({"process_group": 0} if leads else {}),
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stdout.split() == ["True", "False", "True"]
