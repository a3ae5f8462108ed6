"""Which list columns are the options of a question, told by what stands in them.

What it is for   lists under any name that hold the row's answer; lists whose name has a word for
                 options in it
How              two to ten texts a row, that differ; the answer is among them in nearly every row,
                 now at one place and now at another, and is no label that comes again and again
Watch out        accepted answers, tags and the words of a text are such lists too: the first begin
                 with the answer or are named so, the second hold labels, the third are the text
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from assay.tasks.columns import Column, Row, as_text, value_at

LOOKED_AT = 500  # rows
LEAST, MOST = 2, 10  # texts of a list
FEWEST = 8  # rows that tell what no name does
MOSTLY = 0.95  # share of the rows whose answer is in their list
ONE_PLACE = 0.8  # share of the rows above which the answer is always at one place
WHOLE = 0.6  # share of a text that its words or sentences are
_NAMED = {"choice", "choices", "option", "options", "candidate", "candidates", "endings"}
_NAMED |= {"alternatives", "distractors"}
_ACCEPTED = {"alias", "aliases", "answers", "accepted", "acceptable", "references", "synonyms"}
_ACCEPTED |= {"variants", "paraphrases", "targets", "golds", "solutions", "responses"}


def option_lists(found: Sequence[Column], rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """(list, what names the right one of it), "" for the latter where the list's name says enough,
    the likeliest first."""
    rows = rows[:LOOKED_AT]
    lists = [c for c in found if c.nested > 0.9 and _are_lists([value_at(r, c.name) for r in rows])]
    yield from ((column.name, "") for column in lists if _NAMED & set(column.tokens))
    if len(rows) < FEWEST:
        return
    for column in lists:
        if _ACCEPTED & set(column.tokens):
            continue
        texts = [_folded(value_at(row, column.name)) for row in rows]
        if any(_made_of(texts, other, rows) for other in found if other.prose):
            continue
        for goal in found:
            free = goal.full and not goal.nested and not goal.labels and not goal.technical
            if free and _names_one([_folded(value_at(row, goal.name)) for row in rows], texts):
                yield column.name, goal.name


def _are_lists(values: Sequence[Any]) -> bool:
    lists = [one for one in values if one]
    good = [
        isinstance(one, list)
        and LEAST <= len(one) <= MOST
        and all(isinstance(text, str) and text.strip() for text in one)
        and len(set(one)) == len(one)
        for one in lists
    ]
    return sum(good) >= MOSTLY * len(values) > 0


def _folded(value: Any) -> list[str]:
    """The texts of a list, or the one text, without what does not tell them apart."""
    listed = value if isinstance(value, list) else [value]
    return [" ".join(as_text(one).split()).casefold() for one in listed]


def _names_one(answers: Sequence[list[str]], lists: Sequence[list[str]]) -> bool:
    places = [
        texts.index(answer[0])
        for answer, texts in zip(answers, lists, strict=True)
        if answer[0] in texts
    ]
    if len(places) < MOSTLY * len(answers):
        return False
    return Counter(places).most_common(1)[0][1] <= ONE_PLACE * len(places)


def _made_of(lists: Sequence[list[str]], text: Column, rows: Sequence[Row]) -> bool:
    """Are the lists the words or sentences of a text?"""
    whole = 0
    for texts, row in zip(lists, rows, strict=True):
        (around,) = _folded(value_at(row, text.name))[:1]
        inside = all(one in around for one in texts)
        whole += inside and sum(map(len, texts)) >= WHOLE * len(around)
    return whole > len(rows) / 2
