"""Whether a sandbox can be made is tried with the limits of earnest."""

import io
import os
import resource
import sys

from assay.evaluation.sandbox.inside.trial import main


def test_the_trial_takes_the_limits_and_ends(forked):
    user = (1 << 20) + 9 if os.geteuid() == 0 else 0

    def work():
        sys.stdin = io.TextIOWrapper(io.BytesIO(b'{"user": %d}' % user))
        main()
        assert resource.getrlimit(resource.RLIMIT_FSIZE) == (16 << 20, 16 << 20)
        assert os.getuid() == (user or os.getuid()) != 0

    assert forked(work) == 0
