"""The toy search, its encoder, and a ready cross-encoder."""

import pytest

from helpers.retriever_lesson import encoder as build
from helpers.retriever_lesson import toy
from helpers.retriever_parts import classifier_of


@pytest.fixture(scope="session")
def encoder(tmp_path_factory):
    return build(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="session")
def classifier(encoder, tmp_path_factory):
    """A ready cross-encoder: the same body with a random head of one output."""
    return classifier_of(encoder, tmp_path_factory.mktemp("classifier"), 1)


@pytest.fixture
def lesson(encoder, tmp_path):
    (tmp_path / "work").mkdir()
    return toy(encoder, tmp_path / "work")
