"""What speaks against a reading of the rows: texts that it leaves out, classes that nobody could
learn, a question that is not asked.

What it is for   `guess` makes every reading whole, with all its roles, and weighs it by this table
Good when        several columns could be the target, and no name says which
Watch out        a factor is below 1 and speaks against; the names of the columns speak for a
                 reading, in `target_candidates`
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assay.tasks import column_names
from assay.tasks.columns import Column, Row, as_text, rank, value_at

LOOKED_AT = 500  # rows
FEWEST = 5  # rows of a class: fewer can't be learnt and tested
SMALL = 0.2  # share of the rows that may be in smaller classes
GOALS = ("label", "labels", "answer", "entities", "grades", "code")
# Numbers that a site counts: they say how a text was received, not what it is.
ENGAGEMENT = {"score", "points", "likes", "votes", "ups", "count", "views", "karma"}
_AROUND = {
    "ups",
    "downs",
    "comment",
    "comments",
    "subreddit",
    "permalink",
    "retweets",
    "views",
    "author",
}
# Words of what was done with a row once it had come.
HANDLED = {"response", "resolution", "resolved", "status", "state", "consent", "submitted", "via"}
HANDLED |= {"closed", "sent", "received", "forwarded", "assigned", "verified", "reviewed", "locked"}
_SORTS = {"type", "kind", "source", "genre", "category", "topic", "tag", "class"}
YES_NO = (
    {"0", "1"},
    {"true", "false"},
    {"yes", "no"},
    {"y", "n"},
    {"t", "f"},
    {"0.0", "1.0"},
    {"-1", "1"},
)
_ANSWERS = {"answer", "answers", "response", "responses", "output", "completion"}
_TWIN = re.compile(r"(.*?)[ _-]?([ab12]|one|two|first|second|left|right)")


@dataclass(frozen=True, slots=True)
class Reading:
    """A kind and all roles, beside what the columns look like."""

    kind: str
    roles: Mapping[str, str]
    found: Sequence[Column]
    rows: Sequence[Row]

    @property
    def used(self) -> set[str]:
        """The fields that have a role."""
        return {part.strip() for name in self.roles.values() for part in name.split(",")} | {
            *self.roles.values()
        }

    @property
    def goal(self) -> Column | None:
        """The target's column."""
        name = next((self.roles[role] for role in GOALS if role in self.roles), None)
        return next((column for column in self.found if column.name == name), None)

    @property
    def asked(self) -> list[Column]:
        """The columns of what is asked."""
        roles = ("text", "question", "text_pair", "input", "context", "messages")
        names = {self.roles[role] for role in roles if role in self.roles}
        return [column for column in self.found if column.name in names]

    @property
    def unused(self) -> list[Column]:
        """The columns without a role whose object has none either."""
        around = {name.partition(".")[0] for name in self.used} | self.used
        return [
            column
            for column in self.found
            if column.name not in around and column.name.partition(".")[0] not in self.used
        ]


Evidence = tuple[float, str]


def small_classes(reading: Reading) -> Evidence | None:
    """Classes that have too few rows to be learnt."""
    goal = reading.goal
    if reading.kind != "classify" or goal is None or not goal.values:
        return None
    least = min(FEWEST, goal.filled / 10)
    small = [count for count in goal.values.values() if count < least]
    share = sum(small) / goal.filled
    told = f"{len(small)} of {goal.distinct} classes have fewer than {least:.0f} rows"
    return (1 - 0.7 * share, told) if share > SMALL else None


def unread_texts(reading: Reading) -> Evidence | None:
    """Texts that no role takes in: something of the task may stand there."""
    left = [c for c in reading.unused if _is_read(c)]
    if not left:
        return None
    all_read = [*left, *reading.asked, *([reading.goal] if reading.goal else [])]
    sizes = {c.name: _characters(reading.rows, c.name) for c in all_read}
    share = sum(sizes[c.name] for c in left) / max(1, sum(sizes.values()))
    told = f"{share:.0%} of the text is left out: {', '.join(c.name for c in left[:3])}"
    return (1 - 0.5 * share, told) if share > 0.1 else None


def unasked_question(reading: Reading) -> Evidence | None:
    """A column of questions that is not asked."""
    left = [c for c in reading.unused if c.asks > 0.5 and c.prose and not c.technical]
    return (0.4, f"the questions in '{left[0].name}' are not asked") if left else None


def one_of_two(reading: Reading) -> Evidence | None:
    """An answer beside a second one of the same name, such as those of two models."""
    goal = reading.goal
    match = _TWIN.fullmatch(goal.key) if goal and not goal.labels else None
    for column in reading.unused if match and match[1] else ():
        other = _TWIN.fullmatch(column.key)
        if match and other and other[1] == match[1] and not column.labels:
            return 0.3, f"'{column.name}' is a second answer"
    return None


def beside_the_truth(reading: Reading) -> Evidence | None:
    """An answer beside the right one: what a model said, mostly."""
    goal = reading.goal
    if reading.kind != "answer" or goal is None or goal.key in column_names.TRUTHS:
        return None
    right = [c for c in reading.unused if c.key in column_names.TRUTHS and c.full]
    return (0.3, f"'{right[0].name}' is the right answer") if right else None


def received(reading: Reading) -> Evidence | None:
    """How a text was received, beside other such numbers."""
    goal = reading.goal
    if goal is None or reading.kind not in ("classify", "number") or goal.distinct <= 11:
        return None
    words = {word for column in reading.found for word in column.tokens}
    if ENGAGEMENT & set(goal.tokens) and len(_AROUND & words) >= 2:
        return 0.05, f"'{goal.name}' says how a text was received"
    return None


def handled(reading: Reading) -> Evidence | None:
    """What was done with a row, which its text does not say."""
    goal = reading.goal
    if goal is None or reading.kind != "classify" or not HANDLED & set(goal.tokens):
        return None
    return 0.3, f"'{goal.name}' says what was done with the row"


def judged_answer(reading: Reading) -> Evidence | None:
    """Several answers to each question, beside a label that may say which of them is right."""
    goal, asked = reading.goal, reading.asked
    if reading.kind != "answer" or goal is None or not asked or asked[0].share > 0.5:
        return None
    for column in reading.unused:
        if column.labels and column.distinct <= 3 and rank(column, column_names.LABEL) >= 1:
            return 0.3, f"'{column.name}' may say which of several answers is right"
    return None


def sort_of_pair(reading: Reading) -> Evidence | None:
    """The sort, or origin, of a pair of texts, beside a yes or no that is said of the two."""
    goal = reading.goal
    if goal is None or reading.kind != "classify" or "text_pair" not in reading.roles:
        return None
    verdicts = [
        column
        for column in reading.unused
        if column.full and column.distinct == 2 and {v.casefold() for v in column.values} in YES_NO
    ]
    if goal.key not in _SORTS or len(verdicts) != 1:
        return None
    return 0.1, f"'{verdicts[0].name}' says yes or no of the two texts"


def copied(reading: Reading) -> Evidence | None:
    """A written target that is the text itself in most rows."""
    goal, asked = reading.goal, reading.asked
    if reading.kind not in ("answer", "rewrite", "summarise") or goal is None or not asked:
        return None
    pairs = [(value_at(row, goal.name), value_at(row, asked[0].name)) for row in reading.rows]
    same = sum(a == b for a, b in pairs)
    return (
        (0.05, f"'{goal.name}' is '{asked[0].name}' in most rows")
        if same > len(pairs) / 2
        else None
    )


def title_as_answer(reading: Reading) -> Evidence | None:
    """A written target that stands just before a longer text: its title, mostly."""
    goal, asked = reading.goal, reading.asked
    if reading.kind not in ("answer", "summarise") or goal is None or not asked:
        return None
    first = min(reading.found.index(column) for column in asked)
    if not reading.found.index(goal) < first or goal.words > asked[0].words / 2:
        return None
    return 0.7, f"'{goal.name}' stands before the text, as a title does"


TABLE: tuple[Callable[[Reading], Evidence | None], ...] = (
    small_classes,
    unread_texts,
    unasked_question,
    one_of_two,
    beside_the_truth,
    received,
    handled,
    judged_answer,
    sort_of_pair,
    copied,
    title_as_answer,
)


def evidence_against(
    kind: str, roles: Mapping[str, str], found: Sequence[Column], rows: Sequence[Row]
) -> list[Evidence]:
    """A factor below 1 and a few words for each thing that speaks against a reading.

    Args:
        roles: role -> field, of every role. found: all columns.
    """
    reading = Reading(kind, roles, found, rows[:LOOKED_AT])
    return [told for rule in TABLE if (told := rule(reading)) is not None]


def _is_read(column: Column) -> bool:
    """Text that a person may have to read: no mark of the row, no model's output, and nothing that
    was written once the answer was known."""
    words = {*column.tokens, column.key}
    afterwards = {*column_names.AFTERWARDS, *column_names.GROUP, *_ANSWERS}
    return (
        column.prose
        and not column.technical
        and not column.is_prediction
        and words.isdisjoint(afterwards)
    )


def _characters(rows: Sequence[Row], name: str) -> int:
    return sum(len(as_text(value_at(row, name))) for row in rows)
