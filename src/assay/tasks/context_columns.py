"""What stands beside the question and the target: a passage, a group, fields to report by.

What it is for   rows that share a value belong into one split, and a passage is part of what is
                 asked
"""

from collections.abc import Mapping, Sequence

from assay.tasks import column_names
from assay.tasks.columns import Column, Row, is_unnamed, rank, value_at
from assay.tasks.text_overlap import stands_in

_SHARED = 0.6  # different values a row, of a passage with several questions
_PASSAGE = 20  # words of one
_TEXTS = (column_names.TEXT, column_names.CONTEXT, column_names.TITLES)


def context_of(
    free: Sequence[Column], kind: str, paired: bool, goal: Column | None, rows: Sequence[Row]
) -> tuple[Column, str] | None:
    """The passage that a question is asked about, and why it is one: its name, or that the answers
    stand there."""
    named = [
        c
        for c in free
        if rank(c, column_names.CONTEXT) >= 1 and c.filled and (c.prose or c.nested or c.words > 5)
    ]
    if paired or kind in ("summarise", "rewrite"):
        named = [c for c in named if c.nested] if paired else []
    if named:
        best = max(named, key=lambda column: rank(column, column_names.CONTEXT))
        return best, "it is named so and stands beside the question"
    if kind in ("answer", "choose"):
        for column in free:
            if column.nested > 0.9 and all(
                _is_talk(value_at(row, column.name)) for row in rows[:5]
            ):
                return column, "the question is about what is said in it"
            several = 2 <= column.distinct <= _SHARED * column.filled
            if several and column.prose and column.full and column.words >= _PASSAGE:
                return column, "several questions are about the same text"
    if kind != "answer" or goal is None or goal.nested:
        return None
    for column in free:
        if column.prose and column.full and column.words >= 2 * goal.words and not column.technical:
            inside = stands_in(
                [(value_at(row, goal.name), value_at(row, column.name)) for row in rows[:500]]
            )
            if inside >= 0.5:
                return column, f"{inside:.0%} of the answers stand in it"
    return None


def _is_talk(value: object) -> bool:
    """What several people say in turn, at some length."""
    turns = value if isinstance(value, list) else []
    return len(turns) > 2 and all(
        isinstance(one, Mapping) and {"speaker", "role", "from"} & one.keys() for one in turns
    )


def further_texts(
    found: Sequence[Column], free: Sequence[Column], roles: Mapping[str, str], goal: Column | None
) -> list[Column]:
    """Other texts that belong to what is asked: the body of a problem, the story below a
    question. They are named as texts, or stand in a table without names, before the target;
    nothing that was written once the answer was known is one.

    Args:
        free: the columns without a role. roles: role -> field. goal: the target.
    """
    if goal is None or {"messages", "input", "choices", "candidates"} & set(roles):
        return []
    places = {column.name: at for at, column in enumerate(found)}
    unnamed = is_unnamed(found)
    texts = []
    for column in free:
        words = {*column.tokens, column.key}
        if column.key in column_names.TITLES and "context" in roles:
            continue  # the passage has it, not the question
        named = unnamed or max(rank(column, names) for names in _TEXTS) >= 0.6
        told = not words.isdisjoint({*column_names.AFTERWARDS, *column_names.SUMMARY, "answer"})
        behind = unnamed and places[column.name] > places[goal.name]
        full = column.full or (column.key == "input" and column.filled)  # of some instructions
        readable = column.prose and full and not (column.technical or column.is_prediction)
        if readable and named and not told and not behind:
            texts.append(column)
    return texts


def group_of(
    free: Sequence[Column], shared: Sequence[Column | None], reasons: list[str]
) -> str | None:
    """A field that rows share: such rows belong into one split."""
    for column in sorted(free, key=lambda column: -rank(column, column_names.GROUP)):
        linked = rank(column, column_names.GROUP) > 0.3 or (
            len(column.tokens) > 1 and column.tokens[-1] == "id"
        )
        most = max(column.values.values(), default=0)
        repeats = 5 <= column.distinct <= 0.9 * column.filled and most <= 0.5 * column.rows
        if (
            linked
            and repeats
            and not column.is_hidden
            and not column.nested
            and column.filled >= 0.5 * column.rows
        ):
            reasons.append(
                f"rows are split by '{column.name}': {column.filled:,} rows share"
                f" {column.distinct:,} values of it"
            )
            return column.name
    for text in shared:
        if text and not text.nested and 5 <= text.distinct <= 0.9 * text.filled:
            reasons.append(
                f"rows are split by '{text.name}': {text.filled:,} questions share"
                f" {text.distinct:,} texts"
            )
            return text.name
    return None


def slices_of(free: Sequence[Column], goal: Column | None, reasons: list[str]) -> tuple[str, ...]:
    """Columns to report results by: 2 to 12 values, at least two of them with 30 rows, few rows
    outside those."""
    fit: list[tuple[float, str]] = []
    for column in free:
        if (
            column.technical
            or column.is_prediction
            or column.nested
            or column.markup
            or column.numbers > 0.5
        ):
            continue
        if (
            not 2 <= column.distinct <= 12
            or column.length > 60
            or (goal and column.values == goal.values)
        ):
            continue
        big = [count for count in column.values.values() if count >= 30]
        if len(big) >= 2 and sum(big) >= 0.9 * column.filled:
            fit.append((-rank(column, column_names.SLICE), column.name))
    chosen = tuple(name for _, name in sorted(fit, key=lambda pair: pair[0])[:3])
    if chosen:
        reasons.append(
            "results are also reported"
            f" by {', '.join(chosen)}: few values with at least 30 rows each"
        )
    return chosen
