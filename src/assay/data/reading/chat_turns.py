"""Every assistant turn of a conversation as a row: what came before it is asked, given as it was
said.

What it is for   the last turn of a conversation is often "Have a good day."; the answers stand
                 before it
Kept together    rows of one conversation are one group: they stay in one split, and intervals take
                 them for one draw
Closings         turns that only thank or say goodbye; where there are any, each row carries the
                 slice `turn`, so results are shown without them
Watch out        closings are told by English words
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from assay.core.types import Example
from assay.data.reading.findings import excerpt

Turns = Literal["all", "last"]
SLICE = "turn"
LONGEST = 12  # words of a sentence that closes
_CLOSES = re.compile(
    r"(?:many |ok(?:ay)?,? )?thanks?\b|thank you\b|thx\b|cheers\b|(?:good ?)?bye\b|farewell\b"
    r"|you(?:'re| are)(?: very| most)? welcome\b|(?:it was |it's )?my pleasure\b|no problem\b"
    r"|(?:i )?(?:hope you )?(?:please )?have an? (?:\w+ ){0,2}"
    r"(?:day|one|evening|night|weekend|week|time|trip|journey|stay|flight|afternoon|morning|meal)\b"
    r"|enjoy (?:your|the|it)\b|take care\b|see you\b|good (?:night|luck)\b|talk to you\b"
    r"|(?:i am |i'm )?(?:glad|happy) (?:i could|to) (?:be of )?help\b|until next time\b"
)


def closes(text: str) -> bool:
    """Whether a turn only thanks or says goodbye."""
    plain = text.casefold().replace("\u2019", "'")
    said = [one.strip(" ,;:-") for one in re.split(r"[.!?\n]+", plain)]
    said = [one for one in said if re.search(r"\w", one)]
    return bool(said) and all(_CLOSES.match(one) and len(one.split()) <= LONGEST for one in said)


def each_turn(whole: Example, turns: Turns) -> list[Example]:
    """A row for each assistant turn of a conversation, or the one of its last turn."""
    said = whole.messages
    asked = next((at for at, turn in enumerate(said) if turn.role == "user"), len(said))
    # Of turns of one role in a row the last: the step `dialogues` joins them.
    answered = [
        at
        for at in range(asked + 1, len(said) - 1)
        if said[at].role == "assistant" != said[at + 1].role and said[at].content.strip()
    ]
    if turns == "last" or not answered:
        return [whole]
    earlier = [
        replace(
            whole,
            id=f"{whole.id}-turn-{number}",
            messages=said[:at],
            target=said[at].content,
        )
        for number, at in enumerate(answered, 1)
    ]
    group = whole.group or whole.id
    # An empty last answer is nothing to learn; `dialogues` would make it the one before.
    rows = [*earlier, whole] if whole.target else earlier
    return [replace(one, group=group) for one in rows]


def mark_closings(parts: dict[str, list[Example]]) -> list[str]:
    """Give each row the slice of its turn, where some close their conversation; what is said of the
    rows of conversations.

    Args:
        parts: split -> rows, which are changed.
    """
    rows = [row for part in parts.values() for row in part]
    conversations, said = len({row.source for row in rows}), []
    if len(rows) > conversations:
        said.append(
            f"{conversations:,} conversations are {len(rows):,} rows, one for each assistant turn;"
            " those of one conversation stay in one split (data.turns)"
        )
    closing = [row for row in rows if closes(row.target or "")]
    if closing:
        for split, part in parts.items():
            parts[split] = [_named(row) for row in part]
        shown = excerpt(closing[0].target or "")
        said.append(
            f"{len(closing):,} of {len(rows):,} turns are closings such as '{shown}': see the slice"
            f" '{SLICE}=closing'"
        )
    return said


def _named(row: Example) -> Example:
    said = (SLICE, "closing" if closes(row.target or "") else "reply")
    return replace(row, slices=tuple(sorted([*row.slices, said])))
