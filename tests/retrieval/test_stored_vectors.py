"""Passages in a store: what is found is what exact search finds, for every version, whoever else
writes there."""

from importlib.util import find_spec

import pytest

from assay.core import checksummed_lines
from assay.core.types import Document
from assay.retrieval.retriever import Finder, Looking, Tools
from helpers.letters import Letters

pytestmark = [
    # not imported here: it starts a thread
    pytest.mark.skipif(find_spec("lancedb") is None, reason="needs lancedb"),
    pytest.mark.slow,
]

PASSAGES = [
    Document("a#1", "parental leave takes thirty days"),
    Document("b#1", "sick days are paid in full"),
    Document("b#2", "a note from the doctor is needed"),
    Document("c#1", "trains leave every hour"),
]
NEW = [Document("d#1", "the canteen opens at nine"), Document("b#1", "sick days are paid by half")]
ASKED = ["leaves of trains", "paid days", "the doctor", "canteen"]


def finder(shelf, kind, passages=PASSAGES):
    return Finder(
        Looking(find="dense", top=3, store={"kind": kind}), passages, Tools(Letters(), shelf=shelf)
    )


def found(one):
    return [
        [(p.id, round(s, 4)) for p, s in zip(h.passages, h.scores, strict=True)]
        for h in one.find(ASKED)
    ]


def test_a_store_finds_what_exact_search_finds_also_after_changes(tmp_path):
    plain, kept = (finder(tmp_path, kind) for kind in ("exact", "lancedb"))
    before = found(kept)
    assert before == found(plain)
    later, also = (one.replace_documents(NEW, ["b"]) for one in (plain, kept))
    assert found(also) == found(later) != before
    assert found(kept) == before, "an earlier version is still asked"


def test_two_arms_with_other_passages_share_a_collection_and_do_not_disturb_each_other(tmp_path):
    first = finder(tmp_path, "lancedb")
    before = found(first)
    second = finder(tmp_path, "lancedb", [*PASSAGES[1:], *NEW[:1]])
    assert found(second) == found(finder(tmp_path, "exact", [*PASSAGES[1:], *NEW[:1]]))
    assert found(first) == before
    # The newest version is the second arm's: a change of the first one starts from its own passages
    # all the same.
    assert found(first.replace_documents(NEW, ["b"])) == found(
        finder(tmp_path, "exact").replace_documents(NEW, ["b"])
    )


def test_what_is_there_is_not_written_again(tmp_path):
    first = finder(tmp_path, "lancedb")
    again = finder(tmp_path, "lancedb")
    assert (again.vectors.version, again.vectors.store.version) == (
        first.vectors.version,
        first.vectors.store.version,
    )
    changed = again.replace_documents(NEW, ["b"])
    assert (
        finder(tmp_path, "lancedb").replace_documents(NEW, ["b"]).vectors.version
        == changed.vectors.version
    )
    (states,) = tmp_path.rglob("states.json")
    assert set((checksummed_lines.one(states) or {}).values()) == {
        first.vectors.version,
        changed.vectors.version,
    }


def test_nothing_but_drops_is_a_version_too(tmp_path):
    less = finder(tmp_path, "lancedb").replace_documents([], ["b", "c"])
    assert [name for name, _ in found(less)[0]] == ["a#1"]


def test_a_document_that_came_and_went_costs_the_next_change_nothing(tmp_path, monkeypatch):
    first = finder(tmp_path, "lancedb")
    store, sent = type(first.vectors.store), []
    put = store.put
    monkeypatch.setattr(
        store, "put", lambda self, rows, *more: sent.append(len(rows)) or put(self, rows, *more)
    )
    again = (
        first.replace_documents(NEW[:1], [])
        .replace_documents([], ["d"])
        .replace_documents(NEW[:1], [])
    )
    assert sent == [1, 1], "never all of them"
    assert found(again) == found(finder(tmp_path, "exact").replace_documents(NEW[:1], []))
