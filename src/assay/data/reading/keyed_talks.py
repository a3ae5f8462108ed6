"""Dialogues in a JSON object by their names: `{"d1": [{"speaker": "A", "text": "Where?"}]}`.

What it is for   each dialogue is a row, be there a list more around its turns
Watch out        lists whose objects name no speaker are none
"""

from collections.abc import Sequence
from typing import Any

from assay.data.reading.findings import Findings

TURN = {"speaker", "role", "from", "speaker_id", "agent", "participant", "speakers"}
_FEWEST = 3  # dialogues


def talks_of(members: Sequence[tuple[int, str, Any]], found: Findings) -> list[tuple[int, Any]]:
    """What several people say in turn, by the name of each dialogue: a row each."""
    made: list[tuple[int, Any]] = []
    for line, name, value in members:
        pairs = value if isinstance(value, list) else []
        turns = [one[1] for one in pairs if isinstance(one, tuple)]
        turns = turns[0] if len(turns) == 1 and isinstance(turns[0], list) else turns
        if not turns or not all(isinstance(e, dict) and TURN & e.keys() for e in turns):
            return []
        made.append((line, {"id": name, "dialogue": turns}))
    if len(made) < _FEWEST:
        return []
    found.note(f"{found.place}: read as {len(made):,} dialogues by their names")
    return made
