"""Processes that a launcher has started: who leads says what is trained, and when it is over."""

import threading

from assay.runtime.arms.launcher import Launch


def test_a_process_that_no_launcher_started_is_by_itself(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    assert Launch.here() is None


def test_the_others_end_when_nothing_more_is_trained():
    from torch.distributed import HashStore

    store, trained = HashStore(), []
    other = Launch(store, 1, 2, 0)
    following = threading.Thread(target=other.follow, args=(trained.append,))
    following.start()
    Launch(store, 0, 2, 0).end()
    following.join()
    # It was waited for, and it was given nothing.
    assert trained == [] and store.add("left", 0) == 1


def test_a_leader_that_is_alone_waits_for_nobody():
    from torch.distributed import HashStore

    store = HashStore()
    Launch(store, 0, 1, 0).end()
    assert store.get("folder-1") == b""
