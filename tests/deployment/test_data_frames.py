"""Texts and shares as people have them in Python."""

import numpy as np
import pytest

import assay
from assay.core.types import Answer
from assay.deployment import data_frames
from helpers.problems import problem


@pytest.mark.parametrize("wrong", ["one text", ["a", 3], ["a", None]])
def test_what_is_no_list_of_texts_is_refused(wrong):
    with problem(assay.UsageError, "C210"):
        data_frames.texts_of(wrong)


def test_shares_of_scores():
    answers = [Answer("a", scores=(np.log(3.0), 0.0)), Answer("b", scores=(0.0, 0.0))]
    assert data_frames.shares(answers, ["a", "b"]) == pytest.approx(
        np.array([[0.75, 0.25], [0.5, 0.5]])
    )
    assert data_frames.shares([], ["a", "b"]).shape == (0, 2)


def test_a_frame_of_answers_has_the_index_of_the_one_that_was_asked():
    pandas = pytest.importorskip("pandas")
    asked = pandas.DataFrame({"text": ["a", "", "c"]}, index=[7, 3, 9])
    # the row at 3 has no text, so that it was no question
    said = [Answer("yes", confidence=0.75), Answer(None, truncated=True, passages=("d#1",))]
    found = data_frames.frame_of(asked, [0, 2], said)
    assert list(found.index) == [7, 3, 9]
    assert found["answer"][7] == "yes" and list(found["answer"].isna()) == [False, True, True]
    assert list(found["note"]) == ["", "not asked", "cut unreadable"]
    assert list(found["passages"]) == [[], [], ["d#1"]]


def test_a_frame_of_two_columns_is_no_list_of_texts():
    pandas = pytest.importorskip("pandas")
    one = pandas.DataFrame({"text": ["a", "b"]})
    assert data_frames.texts_of(one) == data_frames.texts_of(one["text"]) == ["a", "b"]
    with problem(assay.UsageError, "C210"):
        data_frames.texts_of(one.assign(more=1))


def test_labels_whose_scores_are_not_said_have_no_shares():
    with problem(assay.UsageError, "C211", "predict_proba"):
        data_frames.shares([Answer("a", scores=(0.0, 0.0)), Answer("b")], ["a", "b"])


def test_a_frame_is_run_as_a_file_in_a_folder_of_its_rows(tmp_path, monkeypatch):
    pandas = pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    texts = [f"order {i} {('did not come', 'came broken')[i % 2]} again" for i in range(80)]
    frame = pandas.DataFrame({"text": texts, "label": ["late", "broken"] * 40})
    report = assay.run(frame, only=["majority", "tfidf"], sets=["split.near=1"], offline=True)
    assert report.data["rows"]["read"] == 80
    (folder,) = tmp_path.iterdir()
    assert report.folder == folder / "report" and (folder / f"{folder.name}.jsonl").is_file()
    again = assay.check(frame.copy(), offline=True)  # the same rows are the same project
    assert again.project.folder == folder and len([*tmp_path.iterdir()]) == 1
    assert assay.init(frame[:60]) != folder / "project.yaml"
    double = pandas.DataFrame([["a", "b"]], columns=["text", "text"])
    with problem(assay.UsageError, "C210"):
        assay.run(double)
