import pytest

import bubblewrap
from assay.evaluation.sandbox.cage import find_cage


@pytest.fixture(scope="session")
def cage():
    if reason := bubblewrap.missing():
        pytest.skip(reason)
    return find_cage()
