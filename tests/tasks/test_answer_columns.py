import pytest

from assay.tasks.answer_columns import BESIDE, WEIGHT, answer_columns
from assay.tasks.columns import columns_of
from assay.tasks.guessing import guess

NAMES = "Ada Berta Carla Dora Emma Frieda Greta Hanna Ida Jana Klara Lena Mona Nora Olga".split()


def rows_of(make, count=45):
    return [{f"field{at}": c for at, c in enumerate(make(n), 1)} for n in range(count)]


def answered(make):
    rows = rows_of(make)
    found = answer_columns(columns_of(rows), rows, set())
    return [(question.name, answer.name, weight) for question, answer, weight in found]


def asks(n):
    return f"Who lived in house number {n}?"


def name(n):
    return f"{NAMES[n % 15]} {NAMES[n // 15 * 4 + 1]}"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda n: (asks(n), name(n)), ("field1", "field2", WEIGHT)),
        (lambda n: (name(n), asks(n)), ("field2", "field1", WEIGHT)),
        # a mark of the row, one word for all, a link
        (
            lambda n: (str(7 * n * n), "factoid", asks(n), name(n), f"https://example.org/{n}"),
            ("field3", "field4", WEIGHT),
        ),
        # a subject before them; a passage that has the answer in it
        (
            lambda n: (("art", "law", "sea")[n % 3], asks(n), name(n)),
            ("field2", "field3", WEIGHT),
        ),
        (
            lambda n: (asks(n), f"For a long time {name(n)} lived in that house.", name(n)),
            ("field1", "field3", WEIGHT),
        ),
        # what says whether the answer is right
        (lambda n: (asks(n), name(n), "01"[n % 2]), ("field1", "field2", BESIDE)),
    ],
)
def test_the_column_beside_the_questions_answers_them(make, said):
    assert answered(make) == [said]
    made = guess(rows_of(make))
    if said[2] == WEIGHT:
        assert (made.kind, made.columns["question"], made.target) == ("answer", *said[:2])
    else:
        assert made.kind == "classify"


@pytest.mark.parametrize(
    "make",
    [
        lambda n: (asks(n), asks(n + 1)),  # two columns of questions
        lambda n: (asks(n), ("yes", "no")[n % 2]),
        lambda n: (asks(n), f"x{n}y{n}"),  # marks of rows
        lambda n: (name(n), name(n + 1)),
    ],
)
def test_where_nothing_answers_there_is_none(make):
    assert answered(make) == []
