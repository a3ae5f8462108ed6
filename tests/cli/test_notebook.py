"""Progress in a notebook: a block of text that is written again."""

import sys
import types

from assay.cli.notebook import Block, choose_tell, in_notebook


def test_a_block_shows_what_moves_and_keeps_what_has_ended():
    drawn, now = [], [0.0]
    block = Block(drawn.append, lambda: now[0])
    block.tell({"event": "plan", "lines": ["66 train"]})
    block.tell({"event": "stage", "name": "tfidf", "state": "start"})
    for done in range(100):
        now[0] += 0.01
        block.tell({"event": "progress", "stage": "tfidf", "done": done, "total": 100})
    assert len(drawn) == 4  # two ends, and two of a second of moves
    assert "tfidf" in drawn[-1].splitlines()[-1]
    block.tell({"event": "activity", "stage": "tfidf", "text": "fitting"})
    assert drawn[-1].splitlines()[-1] == "▸ tfidf  fitting  1.0 s"
    block.tell(
        {
            "event": "stage",
            "name": "tfidf",
            "state": "done",
            "metric": "accuracy 0.9",
            "seconds": 1.0,
        }
    )
    assert drawn[-1].splitlines()[0] == "66 train" and "accuracy 0.9" in drawn[-1].splitlines()[1]
    block.tell({"event": "stage", "name": "lora", "state": "pruned", "note": "by the race"})
    assert drawn[-1].splitlines()[-1].split() == ["–", "lora", "pruned", "by", "the", "race"]
    block.tell({"event": "warning", "code": "D060", "text": "few\x1b[2J rows"})
    assert "D060" in drawn[-1] and "\x1b" not in drawn[-1]


def test_a_search_is_shown_with_its_best_trial():
    drawn, now = [], [0.0]
    block = Block(drawn.append, lambda: now[0])
    trial = {"event": "trial", "stage": "lora", "trial": 1, "trials": 4, "values": {"rank": 8}}
    best = {"trial": 1, "score": 0.5, "values": {"rank": 8}}
    moved = {"event": "progress", "stage": "lora", "unit": "search", "done": 300, "total": 400}
    for event in (
        {**trial, "state": "complete", "score": 0.5, "seconds": 60.0, "best": best},
        {**trial, "trial": 2, "state": "start", "best": best},
        {**moved, "trial": 2, "trials": 4},
    ):
        now[0] += 60.0
        block.tell(event)
    first, second = drawn[-1].splitlines()
    assert first.startswith("▸ lora  trial 3/4") and first.endswith("60 s left")  # one more
    assert second == "  best 0.500 in trial 2: rank 8"


def test_a_script_is_silent_and_a_given_listener_hears(monkeypatch):
    heard = []
    assert choose_tell(heard.append) == heard.append
    assert not in_notebook()
    shell = types.SimpleNamespace(config={"IPKernelApp": {}})
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    assert in_notebook()
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: None))
    assert not in_notebook()


def test_a_stage_that_does_not_say_how_long_it_took_is_timed_here():
    drawn, now = [], [0.0]
    block = Block(drawn.append, lambda: now[0])
    block.tell({"event": "stage", "name": "data", "state": "start"})
    now[0] = 3.0
    block.tell({"event": "stage", "name": "data", "state": "done"})
    assert drawn[-1].endswith("in 3.0 s")
