"""What a stage has cost."""

import subprocess
import sys

import pytest

from assay.runtime.costs.usage import peak_bytes

LARGE = 300 << 20


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system's own figure is taken")
def test_the_peak_of_a_process_is_not_that_of_the_one_that_started_it():
    child = "from assay.runtime.costs.usage import peak_bytes; print(peak_bytes())"
    script = f"""
import subprocess, sys
held = bytearray({LARGE})
held[::4096] = b"x" * len(held[::4096])
from assay.runtime.costs.usage import peak_bytes
print(peak_bytes())
command = [sys.executable, "-c", {child!r}]
print(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    parent, own = map(int, done.stdout.split())
    assert parent > LARGE > 2 * own > 0
    assert peak_bytes() > 0
