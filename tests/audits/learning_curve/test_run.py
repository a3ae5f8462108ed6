"""The learning curve, on rows of which it is known what each of them teaches."""

import random
from types import SimpleNamespace

import pytest

import assay
from assay.audits.learning_curve.curve_fit import Point, a_quarter
from assay.audits.learning_curve.run import plan_points, within
from assay.decision.finished_arm import Arm
from helpers.toy import write_rows

LETTERS = "bcdfghklmnprstvw"


@pytest.fixture
def project(tmp_path):
    """Each training row has a word of its own, which one test row has too; its label is a coin. So
    an arm knows the label of a test row if it has learnt from its row, and else guesses."""

    def build(validate, known=True):
        draw = random.Random(4)

        def word():
            return "".join(draw.choices(LETTERS, k=7))

        words, train, test = [word() for _ in range(200)], [], []
        for name in words:
            label = draw.choice("ab")
            train.append({"text": " ".join([name, word(), word(), word()]), "label": label})
            test.append(
                {
                    "text": " ".join([name if known else word(), word(), word(), word()]),
                    "label": label,
                }
            )
        write_rows(tmp_path / "train.jsonl", train)
        write_rows(tmp_path / "test.jsonl", test)
        (tmp_path / "project.yaml").write_text(
            "data: {files: {train: train.jsonl, test: "
            "test.jsonl}, columns: {text: text, label: label}}\ncompare: [{kind: majority}, {kind: "
            f"tfidf, ngrams: 2, characters: 0, c: 10, name: tfidf}}]\nevaluate: {validate}\n"
        )
        return tmp_path

    return build


@pytest.mark.nightly
def test_a_row_that_teaches_one_test_row_gives_the_line_that_is_known(project):
    folder = project("{learning_curve: {draws: 2, reach: 1.5}}")
    report = assay.run(folder)
    found = report.data["learning_curve"]
    (arm,) = found["arms"]  # majority learns nothing from more rows
    whole = found["rows"]["train"]
    assert arm["name"] == "tfidf" and [p["rows"] for p in arm["points"]] == [
        round(whole * share) for share in (0.125, 0.25, 0.5, 1)
    ]
    for point in arm["points"]:
        # Known rows are right, the others coins: (1 + n / 200) / 2, give or take three standard
        # deviations of 200 coins, 0.106.
        assert point["score"] == pytest.approx(0.5 + point["rows"] / 400, abs=0.106)
    assert [p["draws"] for p in arm["points"]] == [2, 2, 2, 1]
    assert arm["word"] == "rises" and arm["last"]["gain"] == pytest.approx(
        0.25 * whole / 200, abs=0.12
    )
    assert arm["more"]["rows"] == a_quarter(whole) and max(p["rows"] for p in arm["curve"]) == int(
        1.5 * whole
    )
    page, text = ((folder / "report" / f"report.{end}").read_text() for end in ("html", "md"))
    assert "Label " in text and "## More labels" in text
    assert 'aria-labelledby="labels-0-t labels-0-d"' in page
    # The same run again computes nothing anew, and says the same.
    seen = []
    assert assay.run(folder, tell=seen.append).data["learning_curve"] == found
    assert not any("learning curve" in event.get("stage", "") for event in seen)


@pytest.mark.slow
def test_rows_that_teach_nothing_are_not_said_to_help(project):
    found = assay.run(
        project("{learning_curve: {draws: 1, sizes: [0.25, 0.5]}}", known=False)
    ).data["learning_curve"]
    (arm,) = found["arms"]
    assert arm["law"] == "line" and arm["word"] != "rises"
    assert arm["more"]["low"] < 0.02


def test_what_passes_the_minutes_is_left_out_and_said():
    arm = Arm("lora", "lora", cost={"fit_seconds": 800.0, "seconds_per_answer": 0.1})
    settings = SimpleNamespace(draws=2)
    points = list(plan_points([arm], [100, 400], 800, settings, 100))
    # 5 s to begin, 100 or 400 of 800 s to fit, 10 s to answer; the first draw before the second.
    assert [(p.rows, p.draw, p.seconds) for p in points] == [
        (100, 0, 115.0),
        (400, 0, 415.0),
        (100, 1, 115.0),
        (400, 1, 415.0),
    ]
    taken, gone = within(None, iter(points), 600)
    assert taken == [Point(arm, 100, 0, 115.0), Point(arm, 400, 0, 415.0)]
    assert [point.draw for point, _ in gone] == [1, 1] and "more than is left" in gone[0][1]
