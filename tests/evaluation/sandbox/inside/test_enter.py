"""Limits and rights of a process in a sandbox. They cannot be undone, so a child takes them."""

import os
import resource

import pytest

from assay.evaluation.sandbox.inside.enter import FILES, enter

NOBODYS = (1 << 20) + 7 if os.geteuid() == 0 else 0


def test_limits_are_taken_and_cannot_be_raised(forked):
    def work():
        enter(NOBODYS)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (FILES, FILES)
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
        with pytest.raises(ValueError, match="limit"):
            resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
        assert os.getuid() != 0 and os.getgid() != 0

    assert forked(work) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="of root's rights")
def test_a_root_that_would_stay_one_does_not_enter(forked):
    def work():
        with pytest.raises(PermissionError, match="root"):
            enter(0)

    assert forked(work) == 0
