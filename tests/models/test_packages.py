"""What computes neural models is asked for by one message, and only where it is needed."""

import pytest

from assay.core.errors import ResourceError
from assay.models import packages
from assay.models.loading.find import find


@pytest.fixture
def absent(monkeypatch):
    monkeypatch.setattr(packages, "PACKAGES", ("json", "no_such_package"))


def test_nothing_is_needed_where_no_model_is(absent):
    packages.need([], "compare")


def test_the_message_names_models_packages_place_and_ways_out(absent):
    with pytest.raises(ResourceError) as raised:
        packages.need(["probe", "lora", "probe"], "compare", "leave them out")
    [problem] = raised.value.problems
    text = "probe, lora cannot be computed here: no_such_package is not installed"
    assert (problem.code, problem.place, problem.text) == ("R007", "compare", text)
    assert problem.help == "pip install 'assay[models]'; or leave them out"


def test_a_model_is_not_fetched_where_it_could_not_be_computed(absent):
    with pytest.raises(ResourceError) as raised:
        find("minilm-l6")
    assert raised.value.problems[0].code == "R007"
