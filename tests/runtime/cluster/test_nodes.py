"""What is said of nodes that cannot take the run."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assay.core.errors import ResourceError
from assay.models.environment import numeric_environment, package_version, versions_of
from assay.runtime.cluster.nodes import MARK, _look, _unfit, inspect
from helpers.ray_cluster import QUIETLY, STORE, connected, three_nodes

OURS = {"assay": "1.0", "numpy": "2.0"}
FINE = {"unseen": [], "versions": OURS, "numeric": {}}


@pytest.mark.parametrize(
    ("told", "code", "words"),
    [
        ({"unseen": ["/p/work", "/m"]}, "R182", ["/p/work", "and 1 more", "n7"]),
        ({"unseen": [], "lacks": "No module named 'assay'"}, "R183", ["No module", "n7"]),
        ({"unseen": [], "versions": {**OURS, "numpy": "1.9"}}, "R183", ["numpy 1.9 (here 2.0)"]),
    ],
)
def test_a_node_that_is_unfit_is_named_with_why(told, code, words):
    found = _unfit("n7", told, OURS)
    assert found.code == code and found.help
    assert not [word for word in words if word not in found.text], found.text


def test_a_node_like_this_machine_is_fit():
    assert _unfit("n7", FINE, OURS) is None


def test_the_task_of_a_node_says_what_is_there(tmp_path):
    mark = tmp_path / MARK
    mark.write_text("token")
    gone = str(tmp_path / "gone")
    told = _look()(str(mark), "token", [str(tmp_path), gone], ["numpy"])
    assert told["unseen"] == [gone]
    assert told["versions"] == {**versions_of(["numpy"]), "assay": package_version("assay")}
    assert told["numeric"]["threads"] == numeric_environment()["threads"]
    # Another folder of the same name holds another mark.
    assert _look()(str(mark), "other", [], [])["unseen"] == [str(tmp_path)]


def blind(address: str, folder: Path) -> list[str]:
    """The command of a node that has another, empty folder in the place of `folder`."""
    start = f"exec {sys.executable} -m ray.scripts.scripts start --address={address} --num-cpus=1"
    start += f" --object-store-memory={STORE} --block"
    return ["unshare", "--mount", "sh", "-c", f"mount -t tmpfs none {folder} && {start}"]


@pytest.mark.nightly
@QUIETLY
def test_every_unfit_node_is_said_at_once(tmp_path):
    can = (
        shutil.which("unshare")
        and not subprocess.run(
            ["unshare", "--mount", "sh", "-c", f"mount -t tmpfs none {tmp_path}"],
            capture_output=True,
        ).returncode
    )
    if not can:
        pytest.skip("needs the right to mount")
    other = tmp_path / "other" / "assay-0.0.9.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: assay\nVersion: 0.0.9\n")
    work = tmp_path / "work"
    work.mkdir()
    with three_nodes() as cluster:
        with connected(cluster.address) as ray:
            assert len(inspect(ray, work, [str(tmp_path)], {"scikit-learn"})) == 3
        cluster.add_node(
            num_cpus=1,
            object_store_memory=STORE,
            env_vars={"PYTHONPATH": f"{other.parent}:{':'.join(filter(None, sys.path))}"},
        )
        command = blind(cluster.address, work)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as hidden:
            assert any("runtime started" in line for line in hidden.stdout)
            with connected(cluster.address) as ray, pytest.raises(ResourceError) as caught:
                inspect(ray, work, [], ())
            hidden.terminate()
            hidden.wait()
        codes = {one.code: one.text for one in caught.value.problems}
        assert set(codes) == {"R182", "R183"}
        assert str(work) in codes["R182"] and "assay 0.0.9" in codes["R183"]
        assert not (work / MARK).exists()
