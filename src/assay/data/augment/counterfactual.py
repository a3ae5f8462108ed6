"""Copies of training rows in which a group's words are swapped for another group's; the answer
stays.

What it is for   an arm that decides by who is asking is taught that it makes no difference
Source           Zhao et al. (2018), Gender bias in coreference resolution,
                 aclanthology.org/N18-2003; Lu et al. (2018), Gender bias in neural natural language
                 processing, arxiv.org/abs/1807.11714. The words: group_terms.py
How              every term of a row is swapped at once, in question, passages and free answers
                 alike, so that who is asked about stays one person. her becomes his before a noun
                 and him elsewhere; his becomes her or hers in the same way; a or an follows its new
                 word
Watch out        English; the lists are short and take no notice of context (`Paris` and `Jordan`
                 are left out for that). Rows whose answer depends on the group must not be in a
                 project with this augmentation
Defaults         gender and names: nationalities change facts ("the capital of France") more often
                 than people
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar, Literal, get_args

from pydantic import Field

from assay.core.types import Augmentation, Example, Made, Means
from assay.data.augment.group_terms import ONLY_CAPITALS, TERMS
from assay.data.augment.selection import choose_rows
from assay.data.steps.near import targets_repeat

Group = Literal["gender", "names", "nationality", "identity"]
GROUPS: tuple[Group, ...] = get_args(Group)

_WORD = re.compile(r"[^\W\d_]+")
_NEXT = re.compile(r"[ \t]+([^\W\d_]+)")
# After one of these words `her` is the object of the verb (I saw her again) and `his` stands alone.
_NO_NOUN = frozenset(
    """
    a about above after again against all already also alone always am an and another any are around
    as at away back be because been before behind being below beside besides between both but by can
    could did do does doing down during each either else ever every few for from had has have having
    he here how however i if immediately in instead into is it itself just later least like lot many
    may me might more most much must near neither never next no nor not nothing now of off often on
    once one only onto or other our out over own per perhaps quickly quite rather recently she
    should since so some somebody someone something sometimes soon still such than that the their
    them then there these they this those though through till to today together tomorrow tonight too
    toward towards twice under unless until up upon us very via was we well went were what whatever
    when where whether which while who whom whose why will with within without would yes yesterday
    yet you your
    """.split()
) - {"own", "other", "next", "few", "many", "most", "more", "least"}


class Counterfactual(Augmentation):
    kind: Literal["counterfactual"] = "counterfactual"
    VERSION: ClassVar[int] = 2  # a European, not an European
    swap: tuple[Group, ...] = Field(default=("gender", "names"), min_length=1)
    # Share of the rows with such a word that are copied.
    share: float = Field(default=1.0, gt=0, le=1)

    def make(self, examples: Sequence[Example], means: Means) -> Iterator[Made]:
        labels = targets_repeat(examples)
        made = {e.id: new for e in examples if (new := copy(e, self.swap, labels)) != e}
        for example in choose_rows(
            [e for e in examples if e.id in made], self.share, self.kind, means.seed
        ):
            row = replace(made[example.id], id=f"{example.id}~{self.kind}1")
            yield Made(row, (example.id,), f"swapped {' and '.join(self.swap)}")


def copy(example: Example, swap: Sequence[Group], labels: bool) -> Example:
    """The row with its terms swapped. Labels that repeat stay; a free answer names the same person
    as its question."""
    pairs = [pair for group in swap for pair in TERMS[group]]
    # Of two words with one counterpart the first comes back.
    other = {**{second: first for first, second in reversed(pairs)}, **dict(pairs)}
    change = partial(swap_terms, other=other, pronouns="gender" in swap)
    answer = (lambda text: text) if labels else change
    return replace(
        example,
        messages=tuple(
            message
            if message.role == "system"
            else replace(message, content=change(message.content))
            for message in example.messages
        ),
        target=None if example.target is None else answer(example.target),
        also=tuple(map(answer, example.also)),
        context=tuple(
            replace(document, text=change(document.text)) for document in example.context
        ),
    )


def swap_terms(text: str, other: Mapping[str, str], pronouns: bool) -> str:
    """`text` with each term and its counterpart in place of each other."""
    out, at = [], 0
    for match in _WORD.finditer(text):
        word = match[0]
        new = _counterpart(word, text[match.end() :], other, pronouns)
        if new is None:
            continue
        out += [_with_article(text[at : match.start()], new), new]
        at = match.end()
    return "".join([*out, text[at:]])


def _counterpart(word: str, after: str, other: Mapping[str, str], pronouns: bool) -> str | None:
    low = word.lower()
    if pronouns and low in ("her", "his", "hers", "him"):
        noun = _before_noun(after)
        found = {
            "her": "his" if noun else "him",
            "his": "her" if noun else "hers",
            "hers": "his",
            "him": "her",
        }[low]
    elif low in other and not (low in ONLY_CAPITALS and word.islower()):
        found = other[low]
    else:
        return None
    if word.isupper() and len(word) > 1:
        return found.upper()
    return found.capitalize() if word[0].isupper() else found


def _before_noun(after: str) -> bool:
    """Does a noun follow, perhaps with an adjective? Told by what cannot begin a noun phrase after
    a possessive."""
    following = _NEXT.match(after)
    return (
        following is not None
        and following[1].lower() not in _NO_NOUN
        and not following[1].lower().endswith("ly")
    )


def _with_article(before: str, new: str) -> str:
    """`a` or `an`, where it stands before the new word, in the form that the word asks for."""
    match = re.search(r"\b([Aa])(n?)([ \t]+)$", before)
    if match is None:
        return before
    low = new.lower()
    vowel = low[0] in "aeiou" and not low.startswith("eu")  # a European
    return f"{before[: match.start()]}{match[1]}{'n' if vowel else ''}{match[3]}"
