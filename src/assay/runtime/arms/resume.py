"""What a run finds of an earlier one that has ended, was stopped or was killed: which strategies
are fitted, which have answered, and where a training goes on.

How        a stage of `core/store.py` stands under the key of all that it depends on
           (`cache_keys.py`). A note of completion is the last thing that is written to its folder;
           a folder without one has what the killed run had saved, and its worker goes on from there
"""

from __future__ import annotations

from typing import Literal

from assay.core.store import Stage

# answers are there; fitted, answers are to do; a fit was begun; nothing is there
State = Literal["cached", "fitted", "resume", "to do"]


def resume_state(fit: Stage, answers: Stage) -> State:
    """Of a strategy and its questions."""
    answered = answers.completion_note() is not None  # looked at first: damage is set aside
    if fit.completion_note() is not None:
        return "cached" if answered else "fitted"
    return "resume" if fit.folder.exists() else "to do"
