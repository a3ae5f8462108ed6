"""The package as a program."""

import subprocess
import sys


def test_the_package_is_the_command():
    for arguments, code in ((["--version"], 0), (["rnu"], 2)):
        line = [sys.executable, "-m", "assay", *arguments]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        assert done.returncode == code
        assert ("assay 0." in done.stdout) is (code == 0)
        assert ("did you mean 'run'" in done.stderr + done.stdout) is (code == 2)
