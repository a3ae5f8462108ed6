"""Mend conversations: join turns of one role in a row, drop empty ones, system first, from the user
to the assistant.

What it is for   logs in which people write three messages before an answer comes; a chat template
                 takes turns only. Without this step turns are joined as they are read, and a row
                 with a later system turn is refused (D044)
Last turn        what follows the last answer is cut, as nothing can be learnt from it; a question
                 that is asked of a fitted arm ends with the user instead
Watch out        an assistant's greeting before the user has said anything is cut too. Rows without
                 a question or without an answer are dropped; official test rows without either stay
                 and are answered wrongly
"""

from dataclasses import replace
from typing import ClassVar, Literal

from assay.core.types import Changed, Dropped, Example, Means, Message, RowStep


class Dialogues(RowStep):
    kind: Literal["dialogues"] = "dialogues"
    always: ClassVar[bool] = True
    # What stands between two turns that become one.
    between: Literal["empty line", "line", "space"] = "empty line"
    # System turns that stand later: put at the beginning, or dropped.
    system: Literal["first", "drop"] = "first"

    def one(self, example: Example, means: Means) -> Example | Changed | Dropped:
        asked = example.target is None
        turns = [
            *example.messages,
            *([Message("assistant", example.target)] if example.target else []),
        ]
        reasons: dict[str, None] = {}
        spoken = self._clean_turns(turns, example, reasons)
        for end, role in ((0, "user"), (-1, "user" if asked else "assistant")):
            while spoken and spoken[end].role != role:
                spoken.pop(end)
                reasons[
                    "cut before the first question" if end == 0 else "cut after the last answer"
                ] = None
        if not spoken:
            return Dropped(example, "no question with an answer" if not asked else "no question")
        said = [turn.content for turn in turns if turn.role == "system" and turn.content.strip()]
        leading = 1 if turns[0].role == "system" else 0
        if len(said) > leading or any(turn.role == "system" for turn in turns[leading:]):
            reasons[
                "system turn moved to the front"
                if self.system == "first"
                else "system turn dropped"
            ] = None
            said = said if self.system == "first" else said[:leading]
        head = (Message("system", "\n\n".join(said)),) if said else ()
        if not reasons:
            return example
        messages = (*head, *(spoken if asked else spoken[:-1]))
        mended = replace(example, messages=messages, target=None if asked else spoken[-1].content)
        return Changed(mended, ", ".join(reasons))

    def _clean_turns(
        self, turns: list[Message], example: Example, reasons: dict[str, None]
    ) -> list[Message]:
        """What user and assistant say, each turn once: empty ones dropped, neighbours of one role
        joined."""
        between = {"empty line": "\n\n", "line": "\n", "space": " "}[self.between]
        spoken: list[Message] = []
        for turn in turns:
            if turn.role == "system":
                continue
            if not turn.content.strip():
                reasons["empty turn dropped"] = None
            elif spoken and spoken[-1].role == turn.role:
                reasons["turns of one role joined"] = None
                spoken[-1] = replace(turn, content=spoken[-1].content + between + turn.content)
            else:
                spoken.append(turn)
        return spoken
