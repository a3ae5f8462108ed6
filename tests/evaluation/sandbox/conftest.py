import pytest

from assay.evaluation.sandbox.cage import find_cage
from helpers import bubblewrap


@pytest.fixture(scope="session")
def cage():
    if reason := bubblewrap.missing():
        pytest.skip(reason)
    return find_cage()
