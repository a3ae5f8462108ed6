"""What may be the target of raw rows: each way with its kind, its evidence and a weight, the
likeliest first.

What it is for   `guess` takes the first and names the second, so that a person sees what else the
                 file could ask
Weights          a shape that all rows have 4 to 10; a telling name 1 to 2; a word of a name below
                 1; values below 0.5
Watch out        a column with one value, a row number or a model's output is never a target
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.tasks import column_names
from assay.tasks.answer_columns import answer_columns
from assay.tasks.columns import (
    Column,
    Row,
    is_query,
    is_record,
    rank,
    value_at,
    wordy,
)
from assay.tasks.evidence import YES_NO
from assay.tasks.label_sets import joined_labels, separators_among, separators_of
from assay.tasks.label_values import CLASSES, weight_of_values
from assay.tasks.number_columns import counts_classes, counts_rows, marks_rows, measures
from assay.tasks.parallel_columns import translations
from assay.tasks.row_shapes import Shaped, heads_issue, shapes_of
from assay.tasks.term_pairs import has_pair
from assay.tasks.text_overlap import (
    alike,
    lengths_agree,
    mean_words,
    word_containment,
    written_alike,
)

GOALS = ("label", "labels", "answer", "entities", "grades")  # roles of which one is the target
ONE_LABEL = (None, "classify")  # kinds whose target may be a column of labels
WRITTEN = (None, "answer", "summarise", "rewrite", "chat", "number")
SLIPS = 0.02  # share of the rows
MANY = 40  # numbers that are hardly classes any more, unless they count from 0
PARTLY = 0.3  # of the rows have an answer: enough to learn from
STEPS = 10  # values of a scale that may as well be labels
ASKS = 0.3  # more of the texts end with a question mark: they are what is asked
COMPARED = 0.3  # of numbers beside a pair of texts
TRANSLATED = (0.42, 0.7)  # spread and shift of lengths, see `lengths_agree`


@dataclass(frozen=True, slots=True)
class TargetCandidate:
    """One way to read the rows. `columns` has the roles that it gives, its target among them."""

    kind: str
    columns: dict[str, str]
    why: str
    weight: float

    @property
    def target(self) -> str:
        """The field that is to be answered."""
        return next((self.columns[role] for role in (*GOALS, "code") if role in self.columns), "")


def candidates(
    found: Sequence[Column],
    rows: Sequence[Row],
    known: Mapping[str, str],
    kind: str | None,
    taken: set[str],
) -> list[TargetCandidate]:
    """Every way that the rows can be read, the likeliest first.

    Args:
        known: roles that are given. taken: their fields. kind: only ways of this kind, where it is
            given.
    """
    plain = [
        *_labels(found, kind, taken),
        *_scales(found, kind, taken),
        *_answers(found, rows, kind, taken),
    ]
    named = (
        max((one.weight for one in plain if one.kind in ("classify", "number")), default=0.0) >= 1
    )
    ways = [
        _shape(place, one, named) for place, one in enumerate(shapes_of(found, rows, known, kind))
    ]
    shaped = {way.target for way in ways if way.kind in WRITTEN}  # the shape says more of them
    plain = [way for way in plain if way.kind != "answer" or way.target not in shaped]
    if kind in (None, "answer"):
        plain += [_asked(*one) for one in answer_columns(found, rows, taken)]
    if alone := not (ways or plain):
        plain = _two_texts(found, rows, kind, taken)
    if kind in (None, "rewrite"):
        texts = [c for c in found if c.full and c.name not in taken and is_free_text(c)]
        two = translations(texts, rows, alone=alone and not plain)
        plain += [TargetCandidate(one.kind, one.columns, one.why, n) for one, n in two]
    return sorted([*ways, *plain], key=lambda way: -way.weight)


def candidates_by_name(
    found: Sequence[Column], kind: str | None, taken: set[str]
) -> list[TargetCandidate]:
    """The target of a kind that is given, by its name alone: sets of labels, pieces of the text,
    code."""
    usual = {
        "multilabel": column_names.LABEL_SETS,
        "extract": column_names.ENTITIES,
        "code": column_names.CODE,
    }.get(kind or "", ())
    role = {"multilabel": "labels", "extract": "entities"}.get(kind or "", "code")
    ways = []
    for column in found:
        # Rows without pieces, or without labels, are empty in it, be they most.
        there = column.full if kind == "code" else column.filled
        score = rank(column, usual)
        if there and column.name not in taken and (score >= 1 or (score and kind != "multilabel")):
            why = f"the target is '{column.name}': it is named so"
            ways.append(TargetCandidate(kind or "", {role: column.name}, why, score))
    return sorted(ways, key=lambda way: -way.weight)


def _asked(question: Column, answer: Column, weight: float) -> TargetCandidate:
    why = f"the target is '{answer.name}': it stands beside the questions in '{question.name}'"
    roles = {"question": question.name, "answer": answer.name}
    return TargetCandidate("answer", roles, why, weight)


def _shape(place: int, one: Shaped, named: bool) -> TargetCandidate:
    # A summary or another wording beside a column that is named as a label may be either.
    weak = named and one.kind in ("summarise", "rewrite")
    return TargetCandidate(one.kind, one.columns, one.why, 1.3 if weak else 10.0 / (1 + place))


def _usable(found: Sequence[Column], taken: set[str]) -> list[Column]:
    return [
        column
        for column in found
        if column.full
        and (column.distinct > 1 or column.nested > 0.5)
        and (
            not column.is_prediction
            or column.key in column_names.SCALES
            or column.tokens[-1:] == ["score"]
        )
        and column.name not in taken
    ]


def _labels(found: Sequence[Column], kind: str | None, taken: set[str]) -> list[TargetCandidate]:
    """Columns with few values. The fewer values, the more likely a label, where no name tells."""
    if kind not in ONE_LABEL:
        return []
    keys = {column.key for column in found}
    flags = sum(column.tokens[:1] in (["is"], ["has"]) for column in found)
    alike = sum(_yes_no(column) for column in found)  # of several none stands out
    alone = sum(c.labels and not c.technical and c.numbers < 0.5 for c in found) == 1
    ways: list[TargetCandidate] = []
    for column in _usable(found, taken):
        marks = separators_among(column.name, column.values)
        coded = len(marks) > len(separators_of(column.name))  # numbers of classes, several in one
        several = (coded or not column.labels) and joined_labels(column.values, marks)
        marked = column.tokens[-1:] == ["score"] and _yes_no(column)  # 1 and -1 are no prediction
        if not (column.labels or several) or column.is_hidden:
            continue
        if column.is_prediction and not marked:
            continue
        why = f"the target is '{column.name}': {many(column)} for {column.filled:,} rows"
        score = rank(column, column_names.LABEL)
        much = measures(column) or (column.distinct > MANY and not counts_classes(column))
        if column.scale and much and not coded:  # it says how much
            score /= 3
        if score < 1 and column.technical and not _names_class(column):  # `PostTypeId`
            continue
        if score:
            # A question's own 'answer' is the target even where another column is called
            # 'category'.
            bonus = 1 if column.key == "answer" and {"question", "text"} & keys and not much else 0
            ways.append(TargetCandidate("classify", {"label": column.name}, why, score + bonus))
        elif column.technical:
            continue
        elif (several and coded) or _is_explained(found, column):
            ways.append(TargetCandidate("classify", {"label": column.name}, why, CLASSES))
        elif _yes_no(column):
            flag = column.tokens[:1] in (["is"], ["has"])
            last = column is found[-1] and not any(map(_yes_no, found[-2:-1]))
            stands_out = (flag and flags == 1) or marked or last
            weight = 0.6 if stands_out else (0.3 - 0.05 * flag) / max(1, alike) ** 0.5
            ways.append(TargetCandidate("classify", {"label": column.name}, why, weight))
        elif column.numbers < 0.5:
            weight = weight_of_values(column, alone)
            ways.append(TargetCandidate("classify", {"label": column.name}, why, weight))
    return ways


def _is_explained(found: Sequence[Column], column: Column) -> bool:
    """Stands a column just behind it that says why, by its name?"""
    behind = found[found.index(column) + 1 :][:1]
    told = {*column_names.AFTERWARDS} - {"comment", "comments", "feedback", "remark", "steps"}
    return any(not told.isdisjoint({*one.tokens, one.key}) for one in behind)


def _names_class(column: Column) -> bool:
    """The number of a class, by a name that begins so, in few values: `Class Index`, `label_id`."""
    first = column.tokens[:1]
    few = column.labels and column.distinct <= min(200, column.filled / 10)
    return few and first[0] in column_names.LABEL if first else False


def _yes_no(column: Column) -> bool:
    """Two values that mean yes and no; a slip in one of fifty rows counts for nothing."""
    least = SLIPS * column.filled
    often = {value.casefold() for value, count in column.values.items() if count > least}
    return column.distinct <= 5 and often in YES_NO


def _scales(found: Sequence[Column], kind: str | None, taken: set[str]) -> list[TargetCandidate]:
    """Columns of numbers that say how much. Few different ones may as well be labels."""
    ways = []
    labelled = any(
        c.labels and not c.is_prediction and rank(c, column_names.LABEL) >= 1.3
        for c in found
        if c.name not in taken
    )
    questions = {"question", "text", "problem"} & {column.key for column in found}
    paired = has_pair([c for c in found if c.name not in taken])
    for column in _usable(found, taken):
        if (
            not column.scale
            or (column.technical and column.key not in column_names.SCALES)
            or counts_rows(column)
        ):
            continue
        asked, told = rank(column, column_names.LABEL), rank(column, column_names.SCALES)
        weight = 0.85 * told if told > asked else (0.9 if measures(column) else 0.5) * asked
        if column.key == "answer" and questions and column.distinct > STEPS:
            weight += 1
        if column.is_prediction and labelled:
            weight /= 3
        compares = paired and not (asked or told or marks_rows(column))
        weight = max(weight, (COMPARED if measures(column) else COMPARED / 2) if compares else 0.12)
        if not (asked or told) and marks_rows(column):
            continue
        if asked >= told and asked and (column.distinct < 4 or counts_classes(column)):
            continue
        few = column.distinct <= STEPS and column.distinct <= column.filled / 2
        span = f"{column.distinct:,} different numbers, such as {_some(column)}"
        why = f"the target is '{column.name}': {span}, for {column.filled:,} rows"
        if few and asked < told and kind in ONE_LABEL:
            ways.append(TargetCandidate("classify", {"label": column.name}, why, weight))
        named = asked or told or compares or measures(column)
        if few and not named and kind in ONE_LABEL and column.labels:
            halves = any(value.endswith(".5") for value in column.values)
            less = weight * (0.8 if halves else 1)
            ways.append(TargetCandidate("classify", {"label": column.name}, why, less))
        if kind in (None, "number"):
            roles = {"answer": column.name}
            ways.append(
                TargetCandidate(
                    "number", roles, why, weight * (0.9 if few and told >= asked else 1)
                )
            )
    return ways


def _some(column: Column) -> str:
    return ", ".join(value[:20] for value, _ in column.values.most_common(3))


def _answers(
    found: Sequence[Column], rows: Sequence[Row], kind: str | None, taken: set[str]
) -> list[TargetCandidate]:
    """Columns that are named like answers, and whose texts are written freely."""
    if kind not in WRITTEN:
        return []
    keys = {column.key for column in found}
    values = {c.name: value_at(rows[0], c.name) for c in found}
    objects = {name for name, one in values.items() if isinstance(one, Mapping) or is_record(one)}
    ways = []
    for column in _usable(found, taken):
        if (
            (column.labels and kind != "number")
            or column.technical
            or column.markup > 0.5
            or column.is_prediction
            or heads_issue(found, column)
        ):
            continue
        score = 1.9 if column.key == "a" and "q" in keys else rank(column, column_names.ANSWER)
        if (
            not score
            or (score < 1 and (column.nested or not (column.prose or "answer" in column.tokens)))
            or (column.nested and {"label", "labels"} & set(column.tokens))
            or column.name in objects
            or (column.key == "query" and "question" not in keys and not is_query(column))
        ):
            continue
        measured = rank(column, column_names.SCALES) >= 1 or measures(column)
        if kind is None and column.scale and measured:
            continue
        if kind == "number" and not column.nested and not _has_numbers(column):
            continue
        bonus = 1 if column.key in ("a", "answer", "completion", "response") else 0
        why = f"the target is '{column.name}': it is named so and its texts are written freely"
        # A word of the name ('LONG_ANSWER') is weak beside a column of labels with such a name.
        weight = score + bonus if score >= 1 else score / 2
        ways.append(TargetCandidate(kind or "answer", {"answer": column.name}, why, weight))
    return [*ways, *_partly_answered(found, kind, taken)]


def _partly_answered(
    found: Sequence[Column], kind: str | None, taken: set[str]
) -> list[TargetCandidate]:
    """Columns of written answers that some rows lack: with these rows there is nothing to learn,
    with the others there is."""
    ways = []
    for column in found:
        share = column.filled / max(1, column.rows)
        named = rank(column, column_names.ANSWER)
        if column.full or share < PARTLY or column.name in taken or not (named and column.prose):
            continue
        if column.nested or column.labels or column.technical or column.is_prediction:
            continue
        why = f"the target is '{column.name}': it is named so, and {share:.0%} of the rows have it"
        weight = named * share
        ways.append(TargetCandidate(kind or "answer", {"answer": column.name}, why, weight))
    return ways


def _has_numbers(column: Column) -> bool:
    return (
        sum(any(letter.isdigit() for letter in value) for value in column.values)
        >= 0.5 * column.distinct
    )


def _two_texts(
    found: Sequence[Column], rows: Sequence[Row], kind: str | None, taken: set[str]
) -> list[TargetCandidate]:
    """Two columns of text and nothing else: the second answers the first, shortens it, or says it
    otherwise."""
    texts = [c for c in found if c.full and c.name not in taken and is_free_text(c)]
    if len(texts) > 2:  # a credit or a licence on each line is no text
        texts = [c for c in texts if not written_alike([value_at(row, c.name) for row in rows])]
    if len(texts) != 2 or kind not in WRITTEN:
        return []
    first, second = texts if texts[1].asks < texts[0].asks + ASKS else texts[::-1]
    ways = [
        _pair("answer", first, second, 0.2, "it stands beside it, and no column looks like a label")
    ]
    pairs = [(value_at(row, first.name), value_at(row, second.name)) for row in rows[:500]]
    if alike(pairs) >= 0.3 and 0.5 <= second.words / max(1, first.words) <= 2:
        told = f"they share {alike(pairs):.0%} of their words"
        ways.insert(0, _pair("rewrite", first, second, 0.22, told))
    elif min(first.words, second.words) >= 3 and lengths_agree(pairs, *TRANSLATED):
        told = "in each row the two texts are about as long, as in translations"
        ways.insert(0, _pair("rewrite", first, second, 0.25, told))
    long, short = (first, second) if first.words > second.words else (second, first)
    inside = word_containment(
        [(value_at(row, short.name), value_at(row, long.name)) for row in rows[:500]]
    )
    if short.words >= 3 and long.words >= 3 * short.words and long.words >= 30 and inside >= 0.4:
        told = f"{mean_words(rows, short.name):.0f} words beside {mean_words(rows, long.name):.0f},"
        ways.insert(
            0, _pair("summarise", long, short, 0.25, f"{told} and {inside:.0%} of them stand there")
        )
    return [way for way in ways if kind in (None, way.kind)]


def _pair(kind: str, asked: Column, goal: Column, weight: float, why: str) -> TargetCandidate:
    role = "question" if kind == "answer" else "text"
    return TargetCandidate(
        kind, {role: asked.name, "answer": goal.name}, f"the target is '{goal.name}': {why}", weight
    )


def is_free_text(column: Column) -> bool:
    """Text of any length, mostly different: no number, date, link, list or row number."""
    if (
        column.nested
        or column.is_prediction
        or column.technical
        or max(column.numbers, column.markup) > 0.5
    ):
        return False
    return column.share >= 0.5 and (column.words >= 1.5 or (column.length >= 4 and wordy(column)))


def many(column: Column) -> str:
    """How many values, and some of them."""
    shown = [f"'{value[:30]}'" for value, _ in column.values.most_common(3)]
    return (
        f"{column.distinct} values such as {', '.join(shown)}"
        if column.distinct > 3
        else " and ".join(shown)
    )
