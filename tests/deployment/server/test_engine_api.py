"""What every engine promises to the routes."""

import inspect

import pytest

from assay.deployment.server.engine import OwnEngine
from assay.deployment.server.engine_api import Engine, QueueFull, Wanted
from assay.deployment.server.external_engine import OutsideEngine
from helpers.small_engine import SmallEngine

METHODS = ("list_models", "begin", "embed", "load", "close")


@pytest.mark.parametrize("kind", [OwnEngine, OutsideEngine, SmallEngine])
def test_every_engine_is_asked_in_the_same_way(kind):
    assert {name for name in vars(Engine) if not name.startswith("_")} == set(METHODS)
    for name in METHODS:
        own, meant = (inspect.signature(getattr(one, name)).parameters for one in (kind, Engine))
        assert list(own) == list(meant), name


def test_a_request_that_says_no_more_is_greedy_and_asks_for_no_likelihoods():
    wanted = Wanted("base", text="a")
    assert wanted.how.temperature == 0 and wanted.top is None and not wanted.echo
    assert wanted == Wanted("base", text="a") and len({wanted, Wanted("base", text="b")}) == 2


def test_a_full_queue_says_the_seconds_in_words_and_as_a_number():
    full = QueueFull(7.4)
    assert full.seconds == 7.4 and "try again in 7 s" in str(full)
