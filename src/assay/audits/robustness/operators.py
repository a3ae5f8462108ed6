"""All changes, in the order of the report: kind, way of doing it, what it is, the function.

A change    (text, random numbers, what it may use) -> the changed text, or None where it does not
            apply
One a kind  of the ways of a kind that apply to a row, one is drawn, so that a kind costs one
            question a row
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from assay.audits.robustness import context_attacks, prompt_injection, typos
from assay.audits.robustness.resources import Spare, draw_for
from assay.config.audits.robustness import Kind
from assay.core.types import Example

Change = Callable[[str, random.Random, Spare], str | None]


class Operator(NamedTuple):
    kind: Kind
    name: str
    about: str
    change: Change


OPERATORS = (
    Operator("typos", "typos", "Slips of the hand in some words.", typos.typos),
    Operator("casing", "upper", "All letters are capitals.", typos.upper),
    Operator("casing", "lower", "No letter is a capital.", typos.lower),
    Operator("casing", "title", "Every Word Begins With A Capital.", typos.title),
    Operator("spacing", "joined", "Some spaces between words are lost.", typos.join_words),
    Operator("spacing", "split", "Some words are broken by a space.", typos.split),
    Operator("punctuation", "unmarked", "All punctuation is gone.", typos.drop_punctuation),
    Operator(
        "punctuation", "overmarked", "Sentences end in three marks.", typos.repeat_punctuation
    ),
    Operator("punctuation", "spread", "Two or three spaces stand for one.", typos.spread),
    Operator(
        "paraphrase",
        "rules",
        "Other words by rules that keep the meaning.",
        context_attacks.paraphrase,
    ),
    Operator(
        "distractor",
        "before",
        "A sentence about nothing stands before the text.",
        context_attacks.before,
    ),
    Operator(
        "distractor",
        "after",
        "A sentence about nothing stands after the text.",
        context_attacks.after,
    ),
    Operator(
        "distractor",
        "other_row",
        "A sentence of another row stands beside the text.",
        context_attacks.other_row,
    ),
    Operator("truncation", "end", "The last words are cut off.", context_attacks.truncation),
    Operator(
        "foreign",
        "greeting",
        "A greeting and thanks in another language around the text.",
        context_attacks.foreign,
    ),
    Operator(
        "translation",
        "file",
        "The row in another language, as the project's file has it.",
        context_attacks.translation,
    ),
    Operator("format", "quoted", "Every line is a quotation.", context_attacks.quote),
    Operator("format", "markdown", "A heading and bold print.", context_attacks.markdown),
    Operator("format", "mail", "The frame of an e-mail.", context_attacks.mail),
    Operator("format", "html", "A piece of a web page.", context_attacks.page),
    Operator(
        "injection",
        "after",
        "An order after the text to answer something wrong.",
        prompt_injection.inject_after,
    ),
    Operator(
        "injection",
        "before",
        "An order before the text to answer something wrong.",
        prompt_injection.inject_before,
    ),
    Operator(
        "injection",
        "forged",
        "A forged turn that has answered already, wrongly.",
        prompt_injection.forge_turn,
    ),
    Operator(
        "injection",
        "authority",
        "Somebody with authority says a wrong answer.",
        prompt_injection.claim_authority,
    ),
    Operator(
        "jailbreak", "persona", "A role that follows no instruction.", prompt_injection.persona
    ),
    Operator(
        "jailbreak", "developer", "A mode in which no rules hold.", prompt_injection.developer
    ),
    Operator("jailbreak", "fiction", "The text stands inside a story.", prompt_injection.fiction),
    Operator("jailbreak", "file", "A prompt from the project's file.", prompt_injection.wild),
    Operator(
        "long",
        "middle",
        "The text in the middle of a long text about nothing.",
        context_attacks.long,
    ),
)

ABOUT: dict[Kind, str] = {
    "typos": "slips of the hand",
    "casing": "capitals, or none",
    "spacing": "spaces lost between words, or put into them",
    "punctuation": "marks and spaces lost or multiplied",
    "paraphrase": "other words, by rules",
    "distractor": "an unrelated sentence beside it",
    "truncation": "the end cut off",
    "foreign": "a foreign greeting around it",
    "translation": "another language",
    "format": "quotes, Markdown, e-mail, HTML",
    "injection": "told to answer something wrong",
    "jailbreak": "a role without rules",
    "long": "inside a long text",
}


@dataclass(frozen=True)
class PerturbedRow:
    """One changed row. `row` is the index of the row among those that were drawn."""

    row: int
    kind: Kind
    way: str
    example: Example  # changed; without its target
    lure: str  # what an injection asks for


def perturb_rows(
    rows: Sequence[Example], spare: Callable[[Example], Spare], kinds: Sequence[Kind], seed: int
) -> list[PerturbedRow]:
    """Every row changed once by each kind that applies to it: only the last user message. Rows keep
    their targets for `spare`; what comes back has none. The order of the rows changes nothing but
    the order of what comes back."""
    found = []
    for at, row in enumerate(rows):
        text, means = row.messages[-1].content, spare(row)
        if not text.strip():
            continue
        for kind in kinds:
            draw = draw_for(seed, kind, row.id)
            ways = [operator for operator in OPERATORS if operator.kind == kind]
            for way in draw.sample(ways, len(ways)):
                new = way.change(text, draw, means)
                if new is not None and new.strip() and new != text:
                    example = replace(row.question.with_text(new), id=f"{row.id}~{kind}")
                    found.append(
                        PerturbedRow(
                            at, kind, way.name, example, means.lure if kind == "injection" else ""
                        )
                    )
                    break
    return found
