"""Several answers to one prompt, and which of them is preferred, as `chosen` and `rejected`.

What it is for   `response_a`, `response_b` and `winner`; lists of answers with scores, ranks or the
                 place of the best
Which two        of more than two, the best and the worst
Watch out        ties prefer nothing: such rows are left out, and counted (D213). To judge answers
                 instead, name the verdict as label: `data: {columns: {text: prompt, label:
                 winner}}`
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from assay.data.reading.findings import printable, rows
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks.columns import as_text, words_of

ASKED = ("prompt", "question", "instruction", "query", "input", "context", "post", "message")
ANSWERED = (
    "response|answer|completion"
    "|output|reply|candidate|generation|summary|text|continuation|solution|translation"
)
_JUDGES = {"annotator", "annotation", "judge", "rater", "worker", "vote", "human"}
_PAIR = re.compile(
    rf"((?:{ANSWERED})s?|model|score|rating|reward)[ _-]?([ab01234]|one|two)", re.IGNORECASE
)
_BACK = re.compile(rf"([ab01234])[ _-]?(?:{ANSWERED})", re.IGNORECASE)
VERDICTS = (
    "preferred",
    "preference",
    "winner",
    "better",
    "better_response_id",
    "overall_preference",
    "chosen",
    "best",
)
VERDICTS += (
    "choice",
    "label",
    "verdict",
    "preferred_response",
    "better_response",
    "winner_model",
    "human_preference",
)
VERDICTS += (
    "preferred_answer",
    "better_answer",
    "vote",
    "judgement",
    "judgment",
    "chosen_index",
    "best_index",
)
LISTS = (
    "responses",
    "completions",
    "answers",
    "outputs",
    "generations",
    "candidates",
    "replies",
    "options",
    "summaries",
)
SCORES = ("scores", "ratings", "rewards", "score", "rating", "votes")
RANKS = ("ranks", "ranking", "rankings", "rank")
_TEXT = ("text", "content", "response", "answer", "completion", "output", "value", "body")
_TIE = {"tie", "equal", "both", "neither", "same", "none", "", "draw", "tie (bothbad)", "0.5"}
MOSTLY = 0.9
_BESIDE = ("model", "score", "rating", "reward")  # of an answer each

Verdict = tuple[str, str] | None  # the better answer, the worse one; None for a tie


def pair_preferences(table: RawTable, named: set[str]) -> RawTable:
    """The file with `chosen` and `rejected`, where its rows compare answers."""
    by_key = {name.casefold(): name for name in table.names}
    asked = next((by_key[key] for key in ASKED if key in by_key), None) or _asked_within(table)
    if asked is None or not table.rows or {"rejected", "preferred_output"} & set(by_key):
        return table
    found = _pair(table, by_key, asked) or _list(table, by_key, asked)
    if found is None or set(found[1]) & named:
        return table
    judge, used = found
    verdicts = [judge(raw.fields) for raw in table.rows]
    made = [
        RawRow(
            raw.source, {**_without(raw.fields, used), "chosen": verdict[0], "rejected": verdict[1]}
        )
        for raw, verdict in zip(table.rows, verdicts, strict=True)
        if verdict is not None
    ]
    if not made:
        return table
    shown = ", ".join(map(printable, used))
    notes = [
        *table.notes,
        f"{table.place}: the better answer is 'chosen', the worse one 'rejected', by {shown}",
    ]
    if left := len(table.rows) - len(made):
        notes.append(
            f"D213 {table.place}: {rows(left)} without a better answer (ties) were left out"
        )
    names = (*(name for name in table.names if name not in used), "chosen", "rejected")
    return replace(table, rows=made, names=names, notes=notes, roles={})


def _without(fields: Mapping[str, Any], used: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in used}


def _pair(
    table: RawTable, by_key: Mapping[str, str], asked: str
) -> tuple[Callable[[Mapping[str, Any]], Verdict], list[str]] | None:
    """Two fields that are called alike, and one that names the better."""
    stems: dict[str, dict[str, str]] = {}
    for name in table.names:
        match, back = _PAIR.fullmatch(name), _BACK.fullmatch(name)
        if match and name != asked:
            mark = {"one": "1", "two": "2"}.get(match[2].casefold(), match[2].casefold())
            stems.setdefault(match[1].casefold(), {})[mark] = name
        elif back and name != asked:
            stems.setdefault(name[back.end(1) :].casefold(), {})[back[1].casefold()] = name
    pairs = [marks for stem, marks in stems.items() if len(marks) == 2 and stem not in _BESIDE]
    pairs = [marks for marks in pairs if all(_has_words(table, name) for name in marks.values())]
    goals = [by_key[key] for key in VERDICTS if key in by_key]
    scored = stems.get("score") or stems.get("rating") or stems.get("reward") or {}
    for marks in pairs:
        if scored.keys() == marks.keys() and _are_scores(table, scored):
            return partial(_by_scores, marks=marks, scored=scored), [
                *marks.values(),
                *scored.values(),
            ]
        judges = [name for name in table.names if _JUDGES & set(words_of(name))]
        if not goals and (agreed := _agreed(table, marks, judges)):
            return agreed, [*marks.values(), *judges]
        for goal in goals:
            two = sorted(marks)
            first = _counted_from({as_text(raw.fields.get(goal)).strip() for raw in table.rows})
            sides = [
                _side(raw.fields.get(goal), two, marks, raw.fields, first) for raw in table.rows
            ]
            if sum(side is not None for side in sides) >= MOSTLY * len(sides) and {0, 1} <= set(
                sides
            ):

                def judge(
                    fields: Mapping[str, Any],
                    marks: Any = marks,
                    two: Any = two,
                    goal: Any = goal,
                    first: Any = first,
                ) -> Verdict:
                    side = _side(fields.get(goal), two, marks, fields, first)
                    texts = [as_text(fields.get(marks[mark])).strip() for mark in two]
                    return (texts[side], texts[1 - side]) if side in (0, 1) and all(texts) else None

                return judge, [*marks.values(), goal]
    return None


def _asked_within(table: RawTable) -> str | None:
    """An object that has the question, or the text, in a field."""
    row = table.rows[0].fields if table.rows else {}
    objects = [name for name, value in row.items() if isinstance(value, Mapping)]
    return next((name for name in objects if set(ASKED) & set(row[name])), None)


def _are_scores(table: RawTable, scored: Mapping[str, str]) -> bool:
    return all(
        isinstance(raw.fields.get(name), int | float)
        for raw in table.rows[:200]
        for name in scored.values()
    )


def _by_scores(
    fields: Mapping[str, Any], *, marks: Mapping[str, str], scored: Mapping[str, str]
) -> Verdict:
    """The better and the worse of two answers that each have a score."""
    texts = [as_text(fields.get(marks[mark])).strip() for mark in sorted(marks)]
    numbers = [fields.get(scored[mark]) for mark in sorted(marks)]
    if not all(texts) or None in numbers or numbers[0] == numbers[1]:
        return None
    better = int(float(as_text(numbers[1])) > float(as_text(numbers[0])))
    return texts[better], texts[1 - better]


def _agreed(
    table: RawTable, marks: Mapping[str, str], judges: Sequence[str]
) -> Callable[[Mapping[str, Any]], Verdict] | None:
    """What most of several judges say, each in a field; None where they say it otherwise."""
    two = sorted(marks)

    def sides(fields: Mapping[str, Any]) -> list[int | None]:
        values = [fields.get(name) for name in judges]
        # Judges who number the answers from 1 write 0 for a tie.
        told = ["tie" if two == ["1", "2"] and as_text(one) == "0" else one for one in values]
        return [_side(one, two, marks, fields, None) for one in told]

    said = [side for raw in table.rows for side in sides(raw.fields)]
    if not said or None in said or not {0, 1} <= set(said):
        return None

    def judge(fields: Mapping[str, Any]) -> Verdict:
        votes = sides(fields)
        texts = [as_text(fields.get(marks[mark])).strip() for mark in two]
        better = int(votes.count(1) > votes.count(0))
        if not all(texts) or votes.count(better) <= max(votes.count(1 - better), votes.count(2)):
            return None
        return texts[better], texts[1 - better]

    return judge


def compares(table: RawTable) -> bool:
    """Have the rows two answers under one name, `response_0` and `response_1`?"""
    found = [match for name in table.names if (match := _PAIR.fullmatch(name))]
    stems = Counter(match[1].casefold() for match in found)
    return any(count == 2 and stem != "model" for stem, count in stems.items())


def _has_words(table: RawTable, name: str) -> bool:
    texts = [as_text(raw.fields.get(name)) for raw in table.rows[:200]]
    return sum(len(text.split()) > 1 for text in texts) > len(texts) / 2


def _counted_from(words: set[str]) -> int | None:
    """The number that a column of verdicts has for the first answer; None where it has 0 and 2:
    either may be a tie."""
    if {"0", "2"} <= words:
        return None
    return 0 if "0" in words else 1


def _side(
    value: Any,
    two: Sequence[str],
    marks: Mapping[str, str],
    fields: Mapping[str, Any],
    first: int | None,
) -> int | None:
    """0 or 1 for the better answer, 2 for a tie, None where the value says neither. `first` is as
    of `_counted_from`."""
    text = as_text(value).strip().casefold()
    if text in _TIE:
        return 2
    for at, mark in enumerate(two):
        own = as_text(fields.get(marks[mark])).strip().casefold()
        if text in (mark, marks[mark].casefold(), own) or re.fullmatch(rf"\D*[ _-]?{mark}", text):
            return at
    if first is not None and set(two) == {"a", "b"} and text in (str(first), str(first + 1)):
        return int(text) - first
    return None


def _list(
    table: RawTable, by_key: Mapping[str, str], asked: str
) -> tuple[Callable[[Mapping[str, Any]], Verdict], list[str]] | None:
    """A list of answers with a number for each, or beside a list of numbers, or beside the place of
    the best."""
    for key in LISTS:
        name = by_key.get(key)
        if name is None or not all(isinstance(raw.fields.get(name), list) for raw in table.rows):
            continue
        beside = [
            by_key[one]
            for one in (*SCORES, *RANKS, *VERDICTS)
            if one in by_key and by_key[one] != name
        ]
        for goal in [*beside, None] if key not in ("candidates", "options") else [None]:

            def judge(fields: Mapping[str, Any], name: Any = name, goal: Any = goal) -> Verdict:
                return _best_and_worst(
                    fields.get(name), fields.get(goal) if goal else None, goal or ""
                )

            verdicts = [judge(raw.fields) for raw in table.rows]
            if sum(one is not None for one in verdicts) > len(verdicts) / 2:
                return judge, [name, *([goal] if goal else [])]
    return None


def _best_and_worst(answers: Any, goal: Any, name: str) -> Verdict:
    texts: list[str] = []
    numbers: list[float] = []
    for one in answers if isinstance(answers, list) else []:
        folded = (
            {str(key).casefold(): value for key, value in one.items()}
            if isinstance(one, Mapping)
            else {}
        )
        text = (
            one
            if isinstance(one, str)
            else next((folded[key] for key in _TEXT if key in folded), None)
        )
        if not isinstance(text, str):
            return None
        texts.append(text)
        score = next(
            (folded[key] for key in (*SCORES, "overall_score", "reward") if key in folded), None
        )
        rank = next((folded[key] for key in RANKS if key in folded), None)
        if isinstance(score, int | float):
            numbers.append(float(score))
        elif isinstance(rank, int | float):
            numbers.append(-float(rank))
    if isinstance(goal, list) and all(isinstance(one, int | float) for one in goal):
        numbers = [-float(one) if name.casefold() in RANKS else float(one) for one in goal]
    elif (
        isinstance(goal, int)
        and name.casefold() not in (*SCORES, *RANKS)
        and 0 <= goal < len(texts)
    ):
        numbers = [float(at == goal) for at in range(len(texts))]
    if len(numbers) != len(texts) or len(texts) < 2 or max(numbers) == min(numbers):
        return None
    return texts[numbers.index(max(numbers))], texts[numbers.index(min(numbers))]
