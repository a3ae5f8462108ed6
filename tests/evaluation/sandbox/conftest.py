import pytest

from assay.evaluation.sandbox.cage import find_cage
from helpers import bubblewrap
from helpers.databases import write_shop


@pytest.fixture(scope="session")
def cage():
    if reason := bubblewrap.missing():
        pytest.skip(reason)
    return find_cage()


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """The shop's database. It is not to be changed."""
    return write_shop(tmp_path_factory.mktemp("sql") / "shop.sqlite")
