"""Kinds of task that the rows make plain by their shape: options beside a question, lists of
labels, numbers, ...

What it is for   `guess` asks here before it looks for one label or a written answer
Watch out        each rule wants the shape in every row it looks at: a guess that is wrong here is
                 worse than none
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.tasks import column_names, json_objects, label_sets, options
from assay.tasks.columns import Column, Row, as_text, value_at
from assay.tasks.kinds import KINDS
from assay.tasks.question_options import choice_roles
from assay.tasks.text_overlap import lengths_agree, mean_words

LOOKED_AT = 2000  # rows
MOST_LABELS = 300
FORMED = (0.6, 2.0)  # spread and shift of lengths, see `lengths_agree`
TITLE = 10  # words: fewer are no summary of a description
MOSTLY = 0.9  # share of the values of a column that are objects
_SOLVED = re.compile(r"(?m)^#### *[-+\u2212$\u20ac\u00a3]?[\d.,]+ *%?\s*\Z")
_NUMBER = re.compile(r"[-+\u2212$\u20ac\u00a3]? ?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)? ?%?")


@dataclass(frozen=True, slots=True)
class Shaped:
    """`columns` are the roles that the shape gives; `why` says it in a sentence."""

    kind: str
    columns: dict[str, str]
    why: str


def detect_shape(
    found: Sequence[Column], rows: Sequence[Row], known: Mapping[str, str], kind: str | None = None
) -> Shaped | None:
    """The first shape that the rows have, or the one of `kind`; None where there is none."""
    return next(iter(shapes_of(found, rows, known, kind)), None)


def shapes_of(
    found: Sequence[Column], rows: Sequence[Row], known: Mapping[str, str], kind: str | None = None
) -> list[Shaped]:
    """Every shape that the rows have, the plainest first; with `kind` the one of that kind.

    Args:
        known: roles that are given or that a known form of file brings.
    """
    there = {one.name for one in KINDS}
    rules = {
        "choose": _choices,
        "rank": _ranking,
        "multilabel": _labels,
        "extract": _fields,
        "number": _numbers,
        "summarise": _summary,
        "rewrite": _rewriting,
    }
    wanted = [rule for name, rule in rules.items() if name in there and kind in (None, name)]
    return [made for rule in wanted if (made := rule(found, rows[:LOOKED_AT], known)) is not None]


def _choices(
    found: Sequence[Column], rows: Sequence[Row], known: Mapping[str, str]
) -> Shaped | None:
    """Options beside a question, and a column that names the right one of every row."""
    made = choice_roles(found, rows, known)
    return made and Shaped("choose", *made)


def _ranking(
    found: Sequence[Column], rows: Sequence[Row], known: Mapping[str, str]
) -> Shaped | None:
    """Lists of texts beside lists of as many grades, or beside the relevant ones."""
    keys = {column.key: column.name for column in found if column.filled}
    listed = known.get("candidates") or _first(
        keys, ("candidates", "passages", "documents", "docs")
    )
    goal = next(
        (known[role] for role in ("grades", "labels", "label", "answer") if role in known), None
    )
    goal = goal or _first(keys, ("grades", "relevance", "relevances", "qrels", "labels", "scores"))
    asked = (
        known.get("text") or known.get("question") or _first(keys, ("query", "question", "text"))
    )
    if listed is None or goal is None or asked is None or len({listed, goal, asked}) < 3:
        return None
    for row in rows:
        candidates, grades = value_at(row, listed), value_at(row, goal)
        if (
            not isinstance(candidates, list)
            or not isinstance(grades, list)
            or len(candidates) != len(grades)
        ):
            return None
        if not all(isinstance(grade, int | float) for grade in grades):
            return None
    many = sum(len(value_at(row, listed)) for row in rows) / len(rows)
    why = f"the task is rank: '{goal}' has a number for each text of '{listed}', {many:.0f} a row"
    return Shaped("rank", {"text": asked, "candidates": listed, "grades": goal}, why)


def _labels(
    found: Sequence[Column], rows: Sequence[Row], known: Mapping[str, str]
) -> Shaped | None:
    """A column with lists of short texts that come again and again."""
    by_name = {column.name: column for column in found}
    plain_label = any(map(_is_label, found))
    if (plain_label and not {"labels", "label"} & set(known)) or any(
        role in known for role in ("answer", "entities", "messages", "choices")
    ):
        return None
    given = known.get("labels") or known.get("label")
    lists = [
        c.name for key in column_names.LABEL_SETS for c in found if c.key == key and c.nested > 0
    ]
    lists += [
        c.name
        for c in found
        if c.nested > 0 and c.name not in (*lists, *known.values()) and not c.is_hidden
    ]
    made = (_label_lists(rows, name, by_name) for name in ([given] if given else lists))
    return next((one for one in made if one is not None), None)


def _label_lists(rows: Sequence[Row], name: str, by_name: Mapping[str, Column]) -> Shaped | None:
    """The column as one of label sets: its values are lists, or empty."""
    if name not in by_name or by_name[name].nested == 0:
        return None
    values = [value_at(row, name) for row in rows]
    if not all(value is None or isinstance(value, list) for value in values):
        return None
    # a row without labels has an empty list
    if values.count(None) > (1 - options.MOSTLY) * len(values):
        return None
    try:
        sets = [label_sets.of_field(value, "") for value in values]
    except ValueError:
        return None
    distinct = {label for one in sets for label in one}
    uses = sum(map(len, sets))
    plain = all(len(label) <= 60 for label in distinct) and len(distinct) <= min(
        MOST_LABELS, max(2, uses // 3)
    )
    if len(distinct) < 2 or not plain or max(map(len, sets)) < 2:
        return None
    numbers = all(label.replace(".", "").isdigit() for label in distinct) and not _has_usual_name(
        by_name[name], column_names.LABEL
    )
    # tags of a text's words or sentences
    if numbers or any(len(set(one)) < len(one) for one in sets):
        return None
    empty = sum(not one for one in sets)
    why = (
        f"the task is multilabel: '{name}' has lists of {len(distinct)} labels,"
        f" {uses / len(sets):.1f} a row"
    )
    return Shaped(
        "multilabel", {"labels": name}, why + (f", none in {empty:,} rows" if empty else "")
    )


def _fields(
    found: Sequence[Column], rows: Sequence[Row], known: Mapping[str, str]
) -> Shaped | None:
    """A column of JSON objects, or of their texts, that is named like what is to be answered."""
    given = next(
        (known[role] for role in ("entities", "answer", "label", "labels") if role in known), None
    )
    named = any(map(_is_label, found))
    if {"choices", "candidates", "grades", "messages", "code", "liked", "rejected"} & set(known):
        return None
    if given is None and named:  # what each text is comes before what it says
        return None
    keys = {column.key: column.name for column in found if column.filled and "." not in column.name}
    for name in [given] if given else [keys[key] for key in column_names.OBJECT if key in keys]:
        values = [value for row in rows if (value := value_at(row, name)) not in (None, "", [], {})]
        made = [one for value in values if (one := _object(value)) is not None]
        answers = any("answer_start" in one for one in made)  # SQuAD: a text and its place
        # A row or two may be wrong: reading says which.
        if not made or len(made) < MOSTLY * len(values) or len(values) < len(rows) / 2 or answers:
            continue
        paths = {path for one in made for path, _ in json_objects.leaves(one)}
        why = f"the task is extract: '{name}' is an object of {len(paths)} fields"
        return Shaped("extract", {} if given else {"entities": name}, why)
    return None


def _object(value: Any) -> dict[str, Any] | None:
    return (
        dict(value)
        if isinstance(value, Mapping)
        else json_objects.parse_object(value)
        if isinstance(value, str)
        else None
    )


def _numbers(
    found: Sequence[Column], rows: Sequence[Row], known: Mapping[str, str]
) -> Shaped | None:
    """Answers that are numbers, or worked solutions that end with `#### 42`."""
    keys = {column.key: column for column in found}
    asked = known.get("question") or known.get("text")
    if asked is None and (
        column := next((keys[k] for k in ("question", "problem", "query") if k in keys), None)
    ):
        asked = column.name
    goal = known.get("answer") or next(
        (keys[k].name for k in ("answer", "solution", "target") if k in keys), None
    )
    if asked is None or goal is None or asked == goal or {"choices", "label"} & set(known):
        return None
    texts = [
        as_text(value).strip()
        for row in rows
        if not isinstance(value := value_at(row, goal), list | dict)
    ]
    solved = [text for text in texts if _SOLVED.search(text)]
    if texts and len(texts) == len(rows) and len(solved) == len(texts):
        why = (
            "the task is number: every"
            f" '{goal}' is a worked solution that ends with #### and a number"
        )
        return Shaped("number", {"question": asked, "answer": goal}, why)
    column = next((c for c in found if c.name == goal), None)
    plain = texts and len(texts) == len(rows) and all(_NUMBER.fullmatch(text) for text in texts)
    if plain and column is not None and not column.labels and not column.technical:
        why = (
            f"the task is number: '{goal}' is a number in every row, {column.distinct:,}"
            " different ones"
        )
        return Shaped("number", {"question": asked, "answer": goal}, why)
    return None


def _summary(
    found: Sequence[Column], rows: Sequence[Row], known: Mapping[str, str]
) -> Shaped | None:
    """A column that is named as a summary beside a longer text."""
    goal = next(
        (c for key in column_names.SUMMARY for c in found if c.key == key and c.filled), None
    )
    least = 2.0
    if goal is None and any(c.key == "source" and c.filled for c in found):
        goal, least = next((c for c in found if c.key == "target" and c.filled), None), 2.5
    named = known.get("answer")
    if named is not None and (goal is None or goal.name != named):
        return None
    text = known.get("text") or known.get("question")
    if text is None:
        whole = [
            c
            for key in column_names.DOCUMENT
            for c in found
            if c.key == key and c.filled and c is not goal
        ]
        prose = sorted(
            (c for c in found if c.prose and c is not goal), key=lambda column: -column.words
        )
        text = next(
            (c.name for c in [*whole, *(prose if goal is not None and goal.prose else ())]), None
        )
    if goal is None or text is None or heads_issue(found, goal):
        return None
    # Sentences of a document are one text, several summaries are not.
    long, short = mean_words(rows, text), mean_words(rows, goal.name, each=True)
    if short < 3 or long < least * short:
        return None
    why = (
        f"the task is summarise: '{goal.name}' has {short:.0f} words beside {long:.0f} in '{text}'"
    )
    return Shaped("summarise", {"text": text, "answer": goal.name}, why)


def heads_issue(found: Sequence[Column], column: Column) -> bool:
    """Is it what trackers of issues call a summary: a title above a description?"""
    title, text = column_names.ISSUE
    return column.key == title and column.words < TITLE and any(one.key == text for one in found)


def _rewriting(
    found: Sequence[Column], rows: Sequence[Row], known: Mapping[str, str]
) -> Shaped | None:
    """A pair of texts that are named as before and after, and share many words; or that a form of
    file gives, about as long as each other."""
    if set(known) == {"text", "answer"}:
        answers = [value_at(row, known["answer"]) for row in rows]
        answers = [one[0] if isinstance(one, list) and one else one for one in answers]
        pairs = zip((value_at(row, known["text"]) for row in rows), answers, strict=True)
        why = f"the task is rewrite: '{known['answer']}' is about as long as '{known['text']}'"
        return Shaped("rewrite", dict(known), why) if lengths_agree(pairs, *FORMED) else None
    keys = {column.key: column.name for column in found if column.filled}
    pair = next(
        ((keys[a], keys[b]) for a, b in column_names.REWRITTEN if a in keys and b in keys), None
    )
    if pair is None or known:
        return None
    shared = []
    for row in rows:
        ours, theirs = (set(as_text(value_at(row, name)).casefold().split()) for name in pair)
        shared.append(2 * len(ours & theirs) / max(1, len(ours) + len(theirs)))
    mean = sum(shared) / max(1, len(shared))
    sizes = sorted(max(1.0, mean_words(rows, name, each=True)) for name in pair)
    if mean < 0.25 or sizes[1] > 2.5 * sizes[0]:
        return None
    why = (
        f"the task is rewrite: '{pair[1]}' is '{pair[0]}' in other words; they share {mean:.0%}"
        " of them"
    )
    return Shaped("rewrite", {"text": pair[0], "answer": pair[1]}, why)


def _is_label(column: Column) -> bool:
    usual = _has_usual_name(column, column_names.LABEL)
    return usual and bool(column.labels) and not (column.is_prediction or column.technical)


def _has_usual_name(column: Column, usual: Sequence[str]) -> bool:
    return column.key in usual or not set(column.tokens).isdisjoint(usual)


def _first(keys: Mapping[str, str], wanted: Sequence[str]) -> str | None:
    return next((keys[key] for key in wanted if key in keys), None)
