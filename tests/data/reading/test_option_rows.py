import pytest

from assay.data.reading.option_rows import list_options
from assay.data.reading.uniform_rows import tidy_table
from helpers.raw_tables import raw_table


def listed(*rows, named=()):
    table = raw_table([{"question": f"q {n}", **row} for n, row in enumerate(rows)])
    found = list_options(table, set(named))
    return None if found is table else [raw.fields for raw in found.rows]


@pytest.mark.parametrize(
    ("options", "answer", "right"),
    [
        # As OpenBookQA has them; numbered; an object of letters; marked as right or wrong.
        ([{"text": "red", "label": "A"}, {"text": "blue", "label": "B"}], {"answerKey": "B"}, "B"),
        ([{"text": "red", "id": 1}, {"text": "blue", "id": 2}], {"answerKey": "2"}, "B"),
        ({"a": "red", "b": "blue"}, {"answerKey": "b"}, "B"),
        ([{"text": "red", "correct": 0}, {"text": "blue", "correct": 1}], {}, "B"),
    ],
)
def test_options_become_texts_and_the_answer_a_letter(options, answer, right):
    row = listed({"choices": options, **answer})[0]
    assert row["choices"] == ["red", "blue"]
    assert row["answerKey" if answer else "answer"] == right


def test_an_answer_that_names_a_field_is_what_stands_in_it():
    rows = listed(
        {"option_a": "red", "option_b": "blue", "answer": "option_b"},
        {"option_a": "up", "option_b": "down", "answer": "option_a"},
    )
    assert [row["answer"] for row in rows] == ["blue", "up"]


@pytest.mark.parametrize(
    "row",
    [
        {"choices": ["red", "blue"], "answer": "red"},
        {"candidates": [{"role": "user", "content": "Hi"}] * 2},
        {"choices": [{"text": "red"}, {"text": "blue"}], "answer": "red"},  # neither label nor mark
        {"choices": {"first thing": "red", "second thing": "blue"}},
    ],
)
def test_what_has_another_form_stays(row):
    assert listed(row) is None


def test_the_right_answer_does_not_stand_first():
    rows = [
        {
            "question": f"Which is {i}?",
            "correct_answer": f"right {i}",
            "incorrect_answers": [f"wrong {i}", f"no {i}", f"off {i}"],
        }
        for i in range(200)
    ]
    made = tidy_table(raw_table(rows), set()).rows
    places = [row.fields["choices"].index(row.fields["correct_answer"]) for row in made]
    # Each place is as likely: 50 of 200, four standard errors of sqrt(200 * 3 / 16) = 6.1 are 24.
    assert all(26 <= places.count(place) <= 74 for place in range(4))


def test_labels_of_1_and_0_say_which_option_is_right_unless_they_are_places():
    def asked(*labels):
        return {"answers": [{"text": f"t{at}", "label": one} for at, one in enumerate(labels)]}

    assert [row["answer"] for row in listed(asked(0, 1), asked(1, 0))] == ["B", "A"]
    places = listed({**asked(0, 1), "answer": "1"}, {**asked(0, 1), "answer": "0"})
    assert [row["answer"] for row in places] == ["B", "A"]
    assert all("answer" not in row for row in listed(asked(0, 1), asked(0, 1)))


def test_options_of_any_name_that_say_which_are_right():
    def judged(**right):
        return [{"output": {"text": t}, "tags": ["correct"] * ok} for t, ok in right.items()]

    rows = listed({"references": judged(red=0, blue=1)}, {"references": judged(red=1, blue=0)})
    assert [(row["choices"], row["answer"]) for row in rows] == [
        (["red", "blue"], "B"),
        (["red", "blue"], "A"),
    ]
    scores = listed({"target_scores": {"red": 1, "blue": 1, "tan": 0}})
    assert scores[0]["answer"] == ["A", "B"]
    targets = listed({"mc1_targets": {"choices": ["red", "blue"], "labels": [1, 0]}})
    assert targets[0]["answer"] == "A"
    # accepted answers, and ratings of the row
    assert listed({"references": judged(red=1, blue=1)}) is None
    assert listed({"scores": {"clear": 3, "short": 1}}, {"scores": {"clear": 1}}) is None


def test_two_lists_of_a_question_in_step_are_options_and_which_is_right():
    lists = {"choice_texts": ["red", "blue"], "choice_scores": [0, 1]}
    assert listed(lists)[0]["answer"] == "B"
    # tags of words, and labels without any that is right
    assert listed({"tokens": ["red", "blue"], "labels": [0, 1]}) is None
    assert listed({**lists, "choice_scores": [0, 0]}) is None
    assert listed(lists, named={"choice_texts"}) is None


def test_plain_answers_are_options_where_a_place_or_letter_names_one():
    answers = ["red", "blue", "tan"]
    rows = listed(*({"answers": answers, "label": n} for n in (0, 2, 1)))
    assert rows[0] == {"question": "q 0", "choices": answers, "label": 0}
    rows = listed(*({"answers": answers, "correct_option": n} for n in "ACB"))
    assert rows[1]["choices"] == answers
    # accepted answers beside the first of them; one place alone; numbers that are no places
    assert listed(*({"answers": [one, "x"], "answer": one} for one in answers)) is None
    assert listed(*({"answers": answers, "label": 0} for _ in answers)) is None
    assert listed(*({"answers": answers, "label": n} for n in (0, 7, 9))) is None


def test_an_object_names_the_right_option_by_its_label():
    rows = listed({"options": {"A": "red", "B": "blue"}, "answer": {"label": "B", "why": "so"}})
    assert rows[0]["answer"] == "B"


def test_names_may_have_blanks_and_accepted_answers_are_not_chosen_from():
    row = {"Correct Answer": "red", "Incorrect Answer 1": "blue", "Incorrect Answer 2": "tan"}
    assert sorted(listed(row)[0]["choices"]) == ["blue", "red", "tan"]
    assert listed({"best_answer": ["red", "rose"], "incorrect_answers": "blue; tan"}) is None
