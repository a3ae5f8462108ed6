"""Which column is the text: by its name, else by how much it reads like one.

Watch out   prose behind the target mostly says why the target is what it is; a text that comes
            again and again asks little
"""

from collections.abc import Sequence, Set

from assay.tasks import column_names
from assay.tasks.columns import Column, is_unnamed, rank, wordy
from assay.tasks.term_pairs import paired_term

FAR = 3  # columns between a text and another one
SENTENCE = 5  # words: fewer are a title, a name


def text_of(
    found: Sequence[Column], goal: Column | None, taken: Set[str]
) -> tuple[Column, str] | None:
    """The column of the text, and why; None where none reads like one.

    Args:
        goal: the target. taken: names of columns that have a role.
    """
    free = [
        c
        for c in found
        if c.name not in taken
        and c is not goal
        and not c.is_prediction
        and not c.is_hidden
        and c.filled
    ]
    # a question that most rows lack is none, where another column reads like one
    full = [c for c in free if c.filled >= 0.9 * c.rows]
    answers = [c for c in free if _answers(c)] if goal is not None else []
    asked = [c for c in full if c not in answers]
    # a text that is named like an answer is one where no other column is
    return (
        _likeliest(found, goal, asked)
        or _likeliest(found, goal, [c for c in free if c not in answers])
        or _likeliest(found, goal, answers)
    )


def _answers(column: Column) -> bool:
    return rank(column, column_names.ANSWER) > 0.35 and rank(column, column_names.TEXT) < 1


def _likeliest(
    found: Sequence[Column], goal: Column | None, free: Sequence[Column]
) -> tuple[Column, str] | None:
    ranked: list[tuple[float, Column]] = []
    at = found.index(goal) if goal else len(found)
    first = min(
        (found.index(c) for c in free if c.prose and c.words >= SENTENCE and not c.technical),
        default=len(found),
    )
    keys = {column.key for column in free}
    for column in free:
        if goal is not None and column.name.startswith(f"{goal.name}."):
            continue
        score = rank(column, column_names.TEXT) if column.key not in column_names.TITLES else 0.2
        again = max(0.0, 0.5 - column.share) * 2  # a text that comes again and again asks little
        if column.prose and not column.technical:
            # Among columns of prose without a telling name, the one with more words.
            # A pair that a label is about comes before a question.
            score += 2 * (goal is not None and _is_judged(column, keys))
            weight = score + 0.5 + min(column.words, 100) / 200 - (not column.full)
            # mostly it says why
            behind = 0.6 * (score < 1 and (_is_apart(found, column, at, first) or _tells(column)))
            ranked.append((weight + 0.2 * (column.asks > 0.5) - again - behind, column))
        elif (
            score >= 1
            and not column.links
            and not (column.nested and rank(column, column_names.CONTEXT))
        ):
            less = 0.6 * (first < at) if column.nested else again  # a list may be of rows
            ranked.append((score - 0.5 - less, column))
    if not ranked and goal:
        ranked = _terms(found, free)
    if not ranked:
        return None
    best = max(ranked, key=lambda entry: entry[0])[1]
    named = (
        "it is named so"
        if rank(best, column_names.TEXT)
        else "no other column reads as much like text"
    )
    return best, f"the text is '{best.name}': {named}, {best.words:.0f} words on average"


def _is_judged(column: Column, keys: Set[str]) -> bool:
    """Is it one of two texts that are judged together, by names that are both there?"""
    return any(column.key in pair and keys >= {*pair} for pair in column_names.JUDGED)


def _terms(found: Sequence[Column], free: Sequence[Column]) -> list[tuple[float, Column]]:
    """Words rather than sentences, a term or a name, with how often they differ."""
    words = [c for c in free if c.full and c.share >= 0.5 and not _bare(c) and wordy(c)]
    paired = [] if words else [c for c in free if paired_term(found, c)]
    return [*((c.share, c) for c in words), *((1.0, c) for c in paired)]


def _is_apart(found: Sequence[Column], column: Column, goal: int, first: int) -> bool:
    """Does it stand behind the target where a text stands before it; or, in a table without names
    that begins with the target, far behind the first text?

    Args:
        goal, first: places of the target and of the first column of sentences.
    """
    at = found.index(column)
    if first < goal:
        return at > goal
    between = [c for c in found[first + 1 : at] if not c.prose]
    return at > first and len(between) >= FAR and is_unnamed(found)


def _tells(column: Column) -> bool:
    words = {*column.tokens, column.key}
    return not rank(column, column_names.TEXT) and not words.isdisjoint(column_names.AFTERWARDS)


def _bare(column: Column) -> bool:
    return bool(column.nested) or column.technical or max(column.numbers, column.markup) > 0.5
