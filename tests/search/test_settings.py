"""How settings are searched: what is refused."""

import pytest
from pydantic import ValidationError

from assay.search.settings import SearchSettings


@pytest.mark.parametrize(
    "wrong",
    [
        {"trials": 1},
        {"trials": 10_001},
        {"trials": "many"},
        {"minutes": 0},
        {"val_rows": 9},
        {"points": 1},
        {"sampler": "bayes"},
        {"pruner": "halving"},
        {"rows": 3},
    ],
)
def test_what_makes_no_search_is_refused(wrong):
    with pytest.raises(ValidationError):
        SearchSettings(**wrong)


def test_what_is_not_said_is_tpe_with_the_median_rule():
    assert SearchSettings().non_defaults() == {}
    assert (SearchSettings().sampler, SearchSettings().pruner) == ("tpe", "median")
