"""Write `py311.txt` to `py313.txt`: what constraints.txt pins and pyproject.toml asks for, each
with its hashes.

How      uv resolves for one version of Python and takes the hashes of all files of a release from
         the package index
torch    resolved with what its processor build needs: the index's own build for Linux would bring
         a dozen packages for graphics cards. Its hashes are those of the index and of the wheels in
         folders that pip looks into (`find-links`)
Run      `make constraints`
"""

import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
PYTHONS = ("3.11", "3.12", "3.13")
TORCH = (
    "filelock",
    "typing-extensions>=4.10",
    "setuptools>=77",
    "sympy>=1.13.3",
    "networkx",
    "jinja2",
    "fsspec",
)
HEAD = (
    "# Python {}, Linux. Written by `make constraints` from constraints.txt and pyproject.toml.\n"
)


def compiled(python: str) -> str:
    """The pins for one version of Python, a package and its hashes a block."""
    pinned = torch_version()
    with tempfile.TemporaryDirectory() as place:
        settings = Path(place, "uv.toml")
        metadata = f'name = "torch", version = "{pinned}", requires-dist = {list(TORCH)}'
        settings.write_text(f"dependency-metadata = [{{ {metadata} }}]\n")
        only = Path(place, "only.txt")
        only.write_text(f"torch=={pinned}\n")
        command = [sys.executable, "-m", "uv", "--config-file", settings, "pip", "compile", "-q"]
        command += ["--all-extras", "--generate-hashes", "--no-annotate", "--no-header"]
        command += ["--python-version", python, "--python-platform", "linux"]
        command += ["-c", "constraints.txt", "-c", only, "pyproject.toml"]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return with_wheels(done.stdout, pinned)


def torch_version() -> str:
    """The version that was tested, which constraints.txt names in its first line."""
    found = re.search(r"torch .*: (\S+) was tested", (ROOT / "constraints.txt").read_text())
    assert found, "constraints.txt says which torch was tested"
    return found[1]


def with_wheels(text: str, version: str) -> str:
    """The text with the hashes of torch's wheels that pip finds in folders of this machine."""
    asked = [sys.executable, "-m", "pip", "config", "list"]
    said = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    folders = {Path(one) for one in re.findall(r"find-links='([^']+)'", said)}
    wheels = sorted(wheel for one in folders for wheel in one.glob(f"torch-{version}+cpu-*.whl"))
    own = sorted(hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels)
    more = "".join(f" \\\n    --hash=sha256:{one}" for one in own)
    return re.sub(r"(?m)^(torch==(?:.*\\\n)*.*)$", lambda block: block[1] + more, text, count=1)


if __name__ == "__main__":
    for version in PYTHONS:
        path = HERE / f"py{version.replace('.', '')}.txt"
        path.write_text(HEAD.format(version) + compiled(version))
        print(path.relative_to(ROOT))
