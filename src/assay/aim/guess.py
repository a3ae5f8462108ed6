"""Guess the task from raw rows: its kind, the text, the target, the context, the group and the slices.

What it is for   the first run needs no settings; each guess comes with its reason and is written into project.yaml
Good when        names or values say what a column is
Watch out        a name outweighs a value; a column with one value, a row number or a model's output is never a target
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.aim import names
from assay.aim.columns import Column, Row, columns_of
from assay.aim.kinds import KINDS
from assay.aim.shaped import shaped
from assay.errors import DataError, Problem

GOALS = ("label", "labels", "answer", "entities", "grades")  # roles of which one is the target
ONE_LABEL = (None, "classify")  # kinds whose target may be a column of labels
SAMPLE = 20_000  # rows looked at: enough for shares and for labels of 1 in 1,000


@dataclass(frozen=True, slots=True)
class Guess:
    """`columns` maps roles (text or question, label or answer, context) to field names; `reasons` has one sentence
    for each thing that was guessed rather than given."""

    kind: str
    columns: dict[str, str]
    group: str | None
    slices: tuple[str, ...]
    reasons: tuple[str, ...]


def looks_like_labels(targets: Sequence[str]) -> bool:
    """Are these targets a fixed set of labels rather than written answers?"""
    return columns_of([{"target": target} for target in targets])[0].labels if targets else False


def guess(
    rows: Sequence[Row],
    *,
    columns: Mapping[str, str] | None = None,
    kind: str | None = None,
    place: str = "",
    target: bool = True,
) -> Guess:
    """Decide what the rows ask for.

    Args:
        rows: raw rows, field name to value.
        columns: roles that are already known; they are kept as they are.
        kind: one of `KINDS` when known.
        place: the file's name, for the error.
        target: False when the rows are questions without answers.

    Raises:
        DataError: D027, when no column can be the text or none can be the target; D032, when the label never varies.
    """
    known = dict(columns or {})
    sampled = rows[:: -(-len(rows) // SAMPLE)] if len(rows) > SAMPLE else rows
    found = columns_of(sampled)
    by_name = {column.name: column for column in found}
    reasons: list[str] = []
    if target and (made := shaped(found, sampled, known, kind)):
        kind, known = made.kind, made.columns | known
        reasons.append(made.why)
    given_target = next((known[role] for role in (*GOALS, "code") if role in known), None)
    goal = by_name.get(given_target) if given_target else None
    asked = known.get("text") or known.get("question")
    if target and given_target is None:
        goal, why = _target(found, known, kind, place)
        reasons.append(why)
    if asked is None and "messages" not in known:
        text, why = _text(found, goal, known, place)
        asked = text.name
        reasons.insert(0, why)
    if kind is None:
        kind, why = _kind(known, goal)
        reasons.append(why)
    for needy, role, what in (("choose", "choices", "options"), ("rank", "candidates", "candidates")):
        if kind == needy and role not in known:
            raise _missing(what, role, found, place)
    one = next(one for one in KINDS if one.name == kind)
    mapping = dict(known)
    if asked is not None and "text" not in known and "question" not in known:
        mapping[one.asked] = asked
    if goal is not None and given_target is None:
        mapping[one.target] = goal.name
    taken = _taken(mapping)
    targets = [name for role, name in mapping.items() if role in (*GOALS, "code", "rejected")]
    free = [column for column in found if column.name not in taken and not _of_target(column, targets)]
    if "context" not in mapping and (context := _context(free)):
        mapping["context"] = context.name
        reasons.append(f"context is '{context.name}': it is named so and stands beside the question")
    group = _group(free, by_name.get(mapping.get("context", "")), reasons)
    slices = _slices([column for column in free if column.name not in (group, mapping.get("context"))], goal, reasons)
    left_out = [column.name for column in free if column.predicted]
    if left_out:
        reasons.append(f"left out {', '.join(left_out)}: named like a model's output, so it could give the answer away")
    return Guess(kind, mapping, group, slices, tuple(reasons))


def _taken(known: Mapping[str, str]) -> set[str]:
    """The fields that have a role; the options of a question may stand in several."""
    return {part.strip() for role, name in known.items() for part in (name.split(",") if role == "choices" else [name])}


def _of_target(column: Column, targets: Sequence[str]) -> bool:
    """A part of what is to be answered: of a target, or of an object that is named like one (`entities.order_id`). Rows
    are neither grouped nor reported by it, and it is no context: no question has it."""
    around = column.name.rpartition(".")[0]
    if any(column.name.startswith(f"{target}.") for target in targets):
        return True
    return bool(around) and around.rpartition(".")[2].casefold().removesuffix("s") in names.OBJECTS


def _rank(column: Column, known: Sequence[str]) -> float:
    """How well a name fits: 2 to 1 for the whole name, below 1 for a word of it (the last word counts most), 0."""
    if column.key in known:
        return 2 - known.index(column.key) / len(known)
    tokens = column.tokens
    ranks = [
        (0.9 if token == tokens[-1] else 0.7) - 0.5 * known.index(token) / len(known)
        for token in tokens
        if token in known
    ]
    return max(ranks, default=0.0)


def _target(found: list[Column], known: Mapping[str, str], kind: str | None, place: str) -> tuple[Column, str]:
    taken = _taken(known)
    usable = [
        column
        for column in found
        if column.full
        and (column.distinct > 1 or column.nested > 0.5)
        and not column.predicted
        and column.name not in taken
    ]
    if kind == "multilabel":
        named = [c for c in found if c.filled and c.name not in taken and c.key in names.LABEL_SETS]
        if not named:
            raise _missing("labels", "labels", found, place)
        best = min(named, key=lambda column: names.LABEL_SETS.index(column.key))
        return best, f"the target is '{best.name}': it is named so"
    if kind == "extract":
        # Rows without pieces are empty in it, be they most.
        named = [c for c in found if c.filled and c.name not in taken and _rank(c, names.ENTITIES)]
        if not named:
            raise _missing("pieces of the text", "entities", found, place)
        best = max(named, key=lambda column: _rank(column, names.ENTITIES))
        return best, f"the target is '{best.name}': it is named so"
    if kind == "code":
        named = [c for c in found if c.full and c.name not in taken and _rank(c, names.CODE)]
        if not named:
            raise _missing("right program or query", "code", found, place)
        best = max(named, key=lambda column: _rank(column, names.CODE))
        return best, f"the target is '{best.name}': it is named so"
    ranked: list[tuple[float, Column, str]] = []
    keys = {column.key for column in found}
    for column in usable:
        if column.labels and kind in ONE_LABEL and not column.hidden and (score := _rank(column, names.LABEL)):
            # A question's own 'answer' is the target even where another column is called 'category'.
            bonus = 1 if column.key == "answer" and {"question", "text"} & keys else 0
            why = f"the target is '{column.name}': {_many(column)} for {column.filled:,} rows"
            ranked.append((score + bonus, column, why))
        elif column.labels and kind in ONE_LABEL and not column.technical and column.numbers < 0.5:
            # Without a telling name, the fewer values the more likely a label.
            why = f"the target is '{column.name}': {_many(column)} for {column.filled:,} rows"
            ranked.append((0.3 / column.distinct**0.5, column, why))
        if kind == "classify" or (column.labels and kind != "number") or column.technical or column.markup > 0.5:
            continue
        if (score := _rank(column, names.ANSWER)) and (score >= 1 or not column.nested):
            bonus = 1 if column.key in ("answer", "completion", "response") else 0
            if column.key == "query" and "question" not in keys:
                continue
            why = f"the target is '{column.name}': it is named so and its texts are written freely"
            # A word of the name ('LONG_ANSWER') is weak beside a column of labels with such a name.
            ranked.append((score + bonus if score >= 1 else score / 2, column, why))
    if not ranked:
        for column in found:
            if (
                kind in ONE_LABEL
                and column.full
                and column.distinct == 1 < column.filled
                and _rank(column, names.LABEL) >= 1
            ):
                told = f"all {column.filled:,} rows have '{next(iter(column.values))}' in '{column.name}'"
                way_out = "take more rows, or name another field: data: {columns: {label: NAME}}"
                raise DataError(Problem("D032", f"{told}; there is nothing to learn", place, help=way_out))
        raise _missing("target", "label" if kind in ONE_LABEL else "answer", found, place)
    best = max(ranked, key=lambda entry: entry[0])
    constant = [c.name for c in found if _rank(c, names.LABEL) >= 1 and c.distinct == 1 and not c.nested]
    why = best[2] + (f" ('{constant[0]}' has one value, so it is no label)" if constant else "")
    return best[1], why


def _text(found: list[Column], goal: Column | None, known: Mapping[str, str], place: str) -> tuple[Column, str]:
    taken = {*_taken(known), goal.name if goal else ""}
    ranked: list[tuple[float, Column]] = []
    for column in found:
        if column.name in taken or column.predicted or column.hidden or not column.filled:
            continue
        if goal is not None and column.name.startswith(f"{goal.name}."):
            continue
        score = _rank(column, names.TEXT)
        if _rank(column, names.ANSWER) > 0.35 and score < 1 and goal is not None:
            continue
        if column.prose and not column.technical:
            # Among columns of prose without a telling name, the one with more words.
            ranked.append((score + 0.5 + min(column.words, 20) / 100 - (not column.full), column))
        elif score >= 1 and not column.links and not (column.nested and _rank(column, names.CONTEXT)):
            ranked.append((score - 0.5, column))
    if not ranked:
        raise _missing("text", "text", found, place)
    best = max(ranked, key=lambda entry: entry[0])[1]
    named = "it is named so" if _rank(best, names.TEXT) else "no other column reads as much like text"
    return best, f"the text is '{best.name}': {named}, {best.words:.0f} words on average"


def _kind(known: Mapping[str, str], goal: Column | None) -> tuple[str, str]:
    if "label" in known:
        return "classify", "the task is classify: data.columns names a label"
    if "labels" in known:
        return "multilabel", "the task is multilabel: data.columns names labels"
    if "entities" in known:
        return "extract", f"the task is extract: '{known['entities']}' has the named pieces of each text"
    if "code" in known or "tests" in known:
        return "code", "the task is code: its rows have programs, and tests that say whether one is right"
    if goal is not None and goal.labels:
        return "classify", f"the task is classify: '{goal.name}' is one of {goal.distinct} labels"
    return "answer", "the task is answer: the targets are written texts, not a fixed set of labels"


def _context(free: list[Column]) -> Column | None:
    named = [c for c in free if _rank(c, names.CONTEXT) >= 1 and c.filled and (c.prose or c.nested or c.words > 5)]
    return max(named, key=lambda column: _rank(column, names.CONTEXT), default=None)


def _group(free: list[Column], context: Column | None, reasons: list[str]) -> str | None:
    """A field that rows share: such rows belong into one split."""
    for column in sorted(free, key=lambda column: -_rank(column, names.GROUP)):
        linked = _rank(column, names.GROUP) > 0.3 or (len(column.tokens) > 1 and column.tokens[-1] == "id")
        most = max(column.values.values(), default=0)
        repeats = 5 <= column.distinct <= 0.9 * column.filled and most <= 0.5 * column.rows
        if linked and repeats and not column.hidden and not column.nested and column.filled >= 0.5 * column.rows:
            reasons.append(
                f"rows are split by '{column.name}': {column.filled:,} rows share {column.distinct:,} values of it"
            )
            return column.name
    if context and not context.nested and 5 <= context.distinct <= 0.9 * context.filled:
        reasons.append(
            f"rows are split by '{context.name}': {context.filled:,} questions share {context.distinct:,} texts"
        )
        return context.name
    return None


def _slices(free: list[Column], goal: Column | None, reasons: list[str]) -> tuple[str, ...]:
    """Columns to report results by: 2 to 12 values, at least two of them with 30 rows, few rows outside those."""
    fit: list[tuple[float, str]] = []
    for column in free:
        if column.technical or column.predicted or column.nested or column.markup or column.numbers > 0.5:
            continue
        if not 2 <= column.distinct <= 12 or column.length > 60 or (goal and column.values == goal.values):
            continue
        big = [count for count in column.values.values() if count >= 30]
        if len(big) >= 2 and sum(big) >= 0.9 * column.filled:
            fit.append((-_rank(column, names.SLICE), column.name))
    chosen = tuple(name for _, name in sorted(fit, key=lambda pair: pair[0])[:3])
    if chosen:
        reasons.append(f"results are also reported by {', '.join(chosen)}: few values with at least 30 rows each")
    return chosen


def _many(column: Column) -> str:
    shown = [f"'{value[:30]}'" for value, _ in column.values.most_common(3)]
    return f"{column.distinct} values such as {', '.join(shown)}" if column.distinct > 3 else " and ".join(shown)


def _missing(what: str, role: str, found: list[Column], place: str) -> DataError:
    shown = ", ".join(column.name for column in found[:12]) + (", …" if len(found) > 12 else "")
    return DataError(
        Problem(
            "D027",
            f"no column looks like the {what}; there are: {shown}" if shown else f"no column for the {what}",
            place,
            help=f"name it in the project file: data: {{columns: {{{role}: NAME}}}}",
        )
    )
