"""What speaks against a reading of the rows: texts that it leaves out, classes that nobody could
learn, a question that is not asked.

What it is for   `guess` makes every reading whole, with all its roles, and weighs it by this table
Good when        several columns could be the target, and no name says which
Watch out        a factor is below 1 and speaks against; the names of the columns speak for a
                 reading, in `target_candidates`
"""

import re
from collections.abc import Callable, Mapping, Sequence, ValuesView
from dataclasses import dataclass, replace

from assay.tasks import column_names
from assay.tasks.columns import Column, Row, as_text, rank, value_at
from assay.tasks.label_values import says_class

STEPS = 25  # of grades; of what people clicked there are more
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
YES_NO = (
    {"0", "1"},
    {"true", "false"},
    {"yes", "no"},
    {"y", "n"},
    {"t", "f"},
    {"0.0", "1.0"},
    {"-1", "1"},
)
# Words of a name that say what something is more closely.
DETAILS = {"type", "types", "subtype", "kind", "detail", "detailed", "fine", "subcategory", "sub"}
# Names of what something is said of, and words for a mean.
ABOUT = {"target", "topic", "entity", "aspect", "subject"}
MEANS = {"mean", "average", "avg"}
_ANSWERS = {"answer", "answers", "response", "responses", "output", "completion"}
_QUESTIONS = {"question", "instruction", "prompt", "query"}
# What a question is sorted by.
_SORTS = {
    "type",
    "kind",
    "tag",
    "category",
    "topic",
    "genre",
    "level",
    "difficulty",
    "domain",
    "source",
    "class",
}
_FEW = 50  # rows whose lists are looked through
# Words in names of what was written or drawn from a text, or found for a question.
_SPENT = {*column_names.AFTERWARDS, *column_names.CONTEXT, "tokens", "metadata", "meta"}
_SPENT |= {"history", "options", "choices", "endings", "candidates", "request", "result"}
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


def most_of_the_text(
    roles: Mapping[str, str], found: Sequence[Column], rows: Sequence[Row]
) -> str | None:
    """The column that has more than half of a row's text, where the reading leaves it out."""
    reading = Reading("", roles, found, rows[:LOOKED_AT])
    sizes = {c.name: _characters(reading.rows, c.name) for c in found if _is_read(c)}
    left = [c.name for c in reading.unused if _is_read(c) and c.full]
    most = max(left, key=lambda name: sizes[name], default=None)
    return most if most is not None and sizes[most] > 0.5 * sum(sizes.values()) else None


def unread_lists(reading: Reading) -> Evidence | None:
    """Lists and objects full of text that no role takes in: the rows may stand in them."""
    if reading.kind not in ("answer", "rewrite", "summarise", "classify"):
        return None
    left = [c for c in reading.unused if c.nested > 0.5 and "." not in c.name]
    left = [c for c in left if not _SPENT & {*c.tokens, c.key}]
    if not left:
        return None
    rows = reading.rows[:_FEW]
    read = [*reading.asked, *([reading.goal] if reading.goal else [])]
    used = sum(_letters(value_at(row, c.name)) for c in read for row in rows)
    sizes = {c.name: sum(_letters(value_at(row, c.name)) for row in rows) for c in left}
    share = sum(sizes.values()) / max(1, used + sum(sizes.values()))
    most = max(sizes, key=lambda name: sizes[name])
    return (1 - 0.8 * share, f"'{most}' holds more text than is read") if share > 0.6 else None


def _letters(value: object) -> int:
    """Characters of the written texts in a value, however deep."""
    if isinstance(value, str):
        return len(value) if len(value.split()) > 2 else 0
    inner = value.values() if isinstance(value, Mapping) else value
    return sum(map(_letters, inner)) if isinstance(inner, list | ValuesView) else 0


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


def unanswered(reading: Reading) -> Evidence | None:
    """Questions that are sorted, where a column has their answers."""
    goal, asked = reading.goal, reading.asked
    if reading.kind != "classify" or goal is None or goal.key not in _SORTS:
        return None
    if not any(column.asks >= 0.5 or column.key in _QUESTIONS for column in asked):
        return None
    names = _ANSWERS | column_names.TRUTHS
    left = [c for c in [*reading.unused, *asked[1:]] if names & {*c.tokens, c.key}]
    left = [c for c in left if (c.nested > 0.5 or c.prose) and c.filled > 0.5 * c.rows]
    return (0.2, f"'{left[0].name}' has the answers to the questions") if left else None


def beside_the_truth(reading: Reading) -> Evidence | None:
    """An answer beside the right one: what a model said, mostly."""
    goal = reading.goal
    if reading.kind != "answer" or goal is None or goal.key in column_names.TRUTHS:
        return None
    right = [c for c in reading.unused if c.key in column_names.TRUTHS and c.full]
    return (0.3, f"'{right[0].name}' is the right answer") if right else None


def details(reading: Reading) -> Evidence | None:
    """Which type of something it is, beside whether it is there at all: of what is not, there is no
    type."""
    goal = reading.goal
    if goal is None or reading.kind != "classify" or not DETAILS & set(goal.tokens):
        return None
    for column in reading.unused:
        if column.distinct != 2 or not column.full or column.technical or goal.distinct < 2:
            continue
        pairs = {
            (as_text(value_at(row, goal.name)), as_text(value_at(row, column.name)))
            for row in reading.rows
        }
        if len(pairs) == len({one for one, _ in pairs}):
            return 0.12, f"'{goal.name}' says more closely what '{column.name}' says"
    return None


def about_what(reading: Reading) -> Evidence | None:
    """What a text is about, beside what it says of it: a stance, a sentiment."""
    goal = reading.goal
    if goal is None or reading.kind != "classify" or goal.key not in ABOUT or says_class(goal):
        return None
    said = [c for c in reading.unused if c.labels and rank(c, column_names.LABEL) >= 1]
    told = next((c.name for c in said if says_class(c)), "")
    return (0.3, f"'{told}' is said of '{goal.name}'") if told else None


def beside_the_mean(reading: Reading) -> Evidence | None:
    """What single people said, beside its mean."""
    goal = reading.goal
    if goal is None or reading.kind not in ("classify", "number") or MEANS & set(goal.tokens):
        return None
    stems = {word.removesuffix("s") for word in goal.tokens}
    for column in reading.unused:
        words = {word.removesuffix("s") for word in column.tokens}
        if column.scale and MEANS & words and stems <= words:
            return 0.3, f"'{column.name}' is the mean of it"
    return None


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
    """Several answers to each question, beside a label that may say which of them is right, or a
    grade of each."""
    goal, asked = reading.goal, reading.asked
    if reading.kind != "answer" or goal is None or not asked or asked[0].share > 0.5:
        return None
    for column in reading.unused:
        if column.labels and column.distinct <= 3 and rank(column, column_names.LABEL) >= 1:
            return 0.3, f"'{column.name}' may say which of several answers is right"
        graded = column.scale and rank(column, column_names.SCALES) >= 1
        if (
            graded
            and column.distinct <= STEPS
            and not received(replace(reading, roles={"answer": column.name}, kind="number"))
        ):
            return 0.3, f"'{column.name}' may say how good each of several answers is"
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
    unread_lists,
    unasked_question,
    one_of_two,
    unanswered,
    beside_the_truth,
    details,
    about_what,
    beside_the_mean,
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
