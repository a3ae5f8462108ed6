"""What is said of a strategy that does not do this kind of task."""

import pytest

from assay.core.types import Task
from assay.strategies.baselines.centrality import Centrality
from assay.strategies.unfit_task import FROM_TEXT, other_kind, refuse_text_of_question


def test_another_kind_of_task_is_one_problem_that_names_both_and_the_kinds_it_is_for():
    (problem,) = other_kind(Centrality(), Task(kind="classify"), FROM_TEXT, "takes sentences")
    assert problem.code == "T057"
    assert problem.text == "centrality takes sentences; this task is of the kind 'classify'"
    assert all(kind in problem.help for kind in FROM_TEXT)


def test_a_kind_that_it_is_for_is_no_problem():
    for kind in FROM_TEXT:
        assert not [*other_kind(Centrality(), Task(kind=kind), FROM_TEXT, "takes sentences")]


@pytest.mark.parametrize(
    ("kind", "text_answers"),
    [
        ("classify", False),
        ("choose", False),
        ("multilabel", False),
        ("extract", False),
        ("rank", False),
        ("answer", True),
        ("summarise", True),
        ("rewrite", True),
        ("chat", True),
    ],
)
def test_text_of_the_question_answers_only_where_answers_are_written(kind, text_answers):
    said = refuse_text_of_question(Task(kind=kind))
    assert (said == "") == text_answers
    assert text_answers or f"'{kind}'" in said
