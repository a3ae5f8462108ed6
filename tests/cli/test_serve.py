"""`assay serve`: whose weights are where, and what is told when it is ready."""

import json

import pytest

from assay.cli.main import command
from assay.cli.serve import _by_arm, _ready
from assay.core.errors import UsageError
from assay.deployment.server.run import Open
from helpers.problems import problem


def test_weights_are_an_arms_by_its_name_or_of_the_only_one():
    assert _by_arm(["lora=a.gguf", "rag=b=c.gguf"], ["lora", "rag"]) == {
        "lora": "a.gguf",
        "rag": "b=c.gguf",
    }
    assert _by_arm(["a.gguf"], ["lora"]) == {"lora": "a.gguf"}
    for arms in (["lora", "rag"], []):
        with problem(UsageError, "C153", "--weights", "a.gguf"):
            _by_arm(["a.gguf"], arms)


def test_what_waits_for_it_is_told_its_address_in_one_line(capsys):
    found = Open(address="http://127.0.0.1:8000", models=("lora", "base"), key=True)
    _ready(found, True)
    assert json.loads(capsys.readouterr().out) == {
        "address": "http://127.0.0.1:8000",
        "models": ["lora", "base"],
        "key": True,
    }


@pytest.mark.parametrize("key", [True, False])
def test_a_person_gets_a_command_to_try_with_the_key_where_one_is_needed(key, capsys):
    _ready(Open(address="http://127.0.0.1:1", models=("lora",), key=key), False)
    serving, at, try_ = capsys.readouterr().out.splitlines()
    assert serving.endswith("lora") and "http://127.0.0.1:1/v1" in at
    assert ("$ASSAY_API_KEY" in try_) is key
    body = json.loads(try_.partition(" -d '")[2].rstrip("'"))
    assert body["model"] == "lora" and body["messages"][0]["role"] == "user"


def test_a_strategy_that_is_not_there_is_not_served(tickets, capsys):
    assert command(["serve", str(tickets), "--with", "nobody"]) == 2
    assert "C083" in capsys.readouterr().err
