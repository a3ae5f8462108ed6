"""A strategy of another project, asked as it stands."""

from dataclasses import replace

import pytest

from assay.core.errors import TrainError
from assay.core.types import Task
from assay.strategies.baselines.existing import Existing, references
from assay.strategies.baselines.majority import Majority
from assay.strategies.retrieval.rag import Rag
from assay.strategies.training.lora import Lora


def test_it_answers_as_the_other_projects_does_and_comes_back_without_it(lesson, tmp_path):
    given, strategy = lesson("classify"), Existing(project="../old")
    arm = strategy.fit(given)
    questions = [row.question for row in given.val]
    wanted = [answer.to_json() for answer in Majority().fit(given).answer(questions)]
    assert [answer.to_json() for answer in arm.answer(questions)] == wanted
    folder = tmp_path / "kept"
    folder.mkdir()
    arm.save(folder)
    gone = replace(given, train=(), val=(), means=replace(given.means, existing=None))
    again = strategy.restore(folder, gone)
    assert [answer.to_json() for answer in again.answer(questions)] == wanted


def test_one_of_labels_cannot_do_another_kind_of_task(lesson):
    given = replace(lesson("classify"), task=Task(kind="number"))
    with pytest.raises(TrainError) as error:
        Existing(project="../old").fit(given)
    (problem,) = error.value.problems
    assert problem.code == "T121" and "'classify'" in problem.text and "'number'" in problem.text


def test_references_are_found_inside_too():
    old = Existing(project="../old", strategy="lora")
    assert list(references(Rag(inner=Lora(after=old)))) == ["../old#lora"]
    assert list(references(old)) == ["../old#lora"] and not list(references(Lora()))
