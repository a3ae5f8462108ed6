"""Answers that break rules of the task's policy, criticised and written anew by the project's
model: the new one becomes the target, the old one the rejected answer beside it.

What it is for   answers of the past, or of a model, that are not yet as the policy wants them: rows
                 to train on, and preference pairs of the same questions
Source           the supervised part of Bai et al. (2022), Constitutional AI: Harmlessness from AI
                 Feedback, arxiv.org/abs/2212.08073: critique by one principle, then revision, again
Here             the principle is a rule that the answer breaks, drawn with the seed, not any rule;
                 and a program says whether the revision keeps more of them
Kept             a revision that keeps more checkable rules than what it revises, is no longer than
                 `LONGER` times that, and has mostly (`SAME`) its words: small models answer
                 otherwise, or say what they were told. A round goes on from what was kept last
Rows             a revised row takes the place of its parent. A row without an answer is answered by
                 the model first
Watch out        rules are counted, not sense: read some. A base of 135 million parameters revises
                 next to nothing: docs/augment.md has the counts
Defaults         two rounds with a critique: with small models critiques help (section 3.5 there)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from pydantic import Field

from assay.core.types import Augmentation, Dropped, Example, Made, Means, Message, Messages
from assay.data.augment.selection import choose_rows, draw_for
from assay.tasks.answer_checks import WORD
from assay.tasks.policy import Policy, Rule, parse_policy, rule_lines

CRITIC = (
    "You check an answer against a rule. Say in one sentence what in the answer breaks the rule."
)
EDITOR = (
    "Rewrite the answer so that it keeps the rule. Change nothing else: keep what it says, its"
    " names and its numbers. Write the rewritten answer only."
)
CRITIQUE_TOKENS = 60
FIRST_TOKENS = 160  # of the answer to a row that has none
LONGER = 2  # times the characters of the old answer that a new one may have, and 200 more
SAME = 0.7  # share of a new answer's words that stand in the old one
ENDS = "Rewritten answer:"  # what the answer stands behind, which models say again after it
CHARACTERS_A_TOKEN = 3  # fewer than texts have on average, so that an answer has room


@dataclass
class Draft:
    """An answer on its way."""

    example: Example
    answer: str
    broken: list[Rule]
    mended: list[str]  # names of rules that it was revised by, in order


class Revise(Augmentation):
    kind: Literal["revise"] = "revise"
    needs: ClassVar[tuple[str, ...]] = ("generate", "policy")
    tasks: ClassVar[tuple[str, ...]] = ("answer", "summarise", "rewrite", "chat")
    # Share of the training rows whose answers are looked at.
    share: float = Field(default=1.0, gt=0, le=1)
    # Times that an answer is criticised and written anew at most, by a rule each time.
    rounds: int = Field(default=2, ge=1, le=10)
    # False: it is written anew without a critique before.
    critique: bool = True

    def make(self, examples: Sequence[Example], means: Means) -> Iterator[Made | Dropped]:
        policy = parse_policy(means.policy)
        rows = choose_rows(examples, self.share, self.kind, means.seed)
        drafts = self._drafts(rows, policy, means)
        for turn in range(self.rounds):
            self._revise([one for one in drafts if one.broken], turn, policy, means)
        for one in drafts:
            if one.mended:
                yield Dropped(one.example, "revised", f"{one.example.id}~{self.kind}1")
                yield _made(one, self.kind)

    def _drafts(self, rows: Sequence[Example], policy: Policy, means: Means) -> list[Draft]:
        """The answers that are there, and those of the model where there are none."""
        assert means.generate is not None, "handed in where it is wanted"
        without = [row for row in rows if not (row.target or "").strip()]
        written = iter(means.generate([row.messages for row in without], FIRST_TOKENS))
        answers = [row.target if (row.target or "").strip() else next(written) for row in rows]
        return [
            Draft(row, answer or "", policy.broken(answer, row.text), [])
            for row, answer in zip(rows, answers, strict=True)
        ]

    def _revise(self, drafts: Sequence[Draft], turn: int, policy: Policy, means: Means) -> None:
        """One round over all drafts."""
        assert means.generate is not None, "handed in where it is wanted"
        rules = [
            draw_for(one.example, self.kind, means.seed, turn).choice(one.broken) for one in drafts
        ]
        said = [""] * len(drafts)
        if self.critique:
            asked = [_criticise(one, rule) for one, rule in zip(drafts, rules, strict=True)]
            said = means.generate(asked, CRITIQUE_TOKENS)
        edits = [_edit(*each) for each in zip(drafts, rules, said, strict=True)]
        longest = max((len(one.answer) for one in drafts), default=0)
        room = 40 + LONGER * longest // CHARACTERS_A_TOKEN
        for one, rule, text in zip(drafts, rules, means.generate(edits, room), strict=True):
            answer = text.partition(ENDS)[0].strip().strip('"“”').strip()
            broken = policy.broken(answer, one.example.text)
            if len(broken) < len(one.broken) and is_revision(answer, one.answer):
                one.answer, one.broken = answer, broken
                one.mended.append(rule.name)


def is_revision(new: str, old: str) -> bool:
    """Is it the old answer, changed, and not another one?"""
    known, words = set(words_of(old)), words_of(new)
    alike = sum(word in known for word in words)
    return 0 < len(new) <= 200 + LONGER * len(old) and alike >= max(1.0, SAME * len(words))


def words_of(text: str) -> list[str]:
    return [found[0].casefold() for found in WORD.finditer(text)]


def _made(one: Draft, kind: str) -> Made:
    rejected = one.example.target
    example = replace(
        one.example,
        id=f"{one.example.id}~{kind}1",
        target=one.answer,
        rejected=rejected if (rejected or "").strip() else None,
    )
    return Made(
        example, (one.example.id,), "revised: all rules kept" if not one.broken else "revised"
    )


def _draft_text(one: Draft, rule: Rule) -> str:
    lines = "\n".join(rule_lines(rule))
    return f"Message:\n{one.example.text}\n\nAnswer:\n{one.answer}\n\nRule:\n{lines}"


def _criticise(one: Draft, rule: Rule) -> Messages:
    return Message("system", CRITIC), Message("user", _draft_text(one, rule))


def _edit(one: Draft, rule: Rule, said: str) -> Messages:
    critique = f"\n\nWhat is wrong:\n{said.strip()}" if said.strip() else ""
    asked = f"{_draft_text(one, rule)}{critique}\n\n{ENDS}"
    return Message("system", EDITOR), Message("user", asked)
