"""The parts of the report on more labels and on updates: sentences say what was found, numbers are
the report's."""

import json
import math
import re
from dataclasses import replace

import pytest

from assay.audits.learning_curve import section as learning_curve
from assay.audits.update_drill import section as update_drill
from assay.presentation.number_format import FORMATS
from assay.reporting import html, markdown
from helpers.lines import named
from helpers.section_samples import CURVE, DRILL

NUMBER = re.compile(r'<data value="([^"]*)" data-at="([^"]*)" data-as="([^"]*)">([^<]*)</data>')


def at(data, place):
    for key in place.split("/")[1:]:
        data = data[int(key)] if isinstance(data, list) else data[key]
    return data


@pytest.fixture
def with_both(made):
    report = made.report()
    return replace(report, data={**report.data, "learning_curve": CURVE, "update_drill": DRILL})


@pytest.mark.slow
def test_every_number_is_the_reports_and_no_id_comes_twice(with_both):
    page = html.render(with_both)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids)) and {"labels-0-t", "update-facts-t", "update-topic-t"} <= set(
        ids
    )
    data = json.loads(json.dumps(with_both.data))
    ours = [
        one
        for one in NUMBER.findall(page)
        if one[1].startswith(("/learning_curve", "/update_drill"))
    ]
    assert len(ours) > 80
    for value, place, shape, shown in ours:
        assert math.isclose(float(value), at(data, place))
        assert shown == FORMATS[shape](at(data, place))


def test_the_best_arm_is_spoken_of_first_and_a_flat_curve_says_that_labels_will_not_help():
    assert learning_curve.sentence(CURVE) == (
        "Label 400 more: about +1.2 points for lora-r8 (+0.2 to +2.4, 95 %, n = 264), 1,595"
        " more: +3.0 (0.0 to +6.0)."
    )
    assert learning_curve.sentence(CURVE, CURVE["arms"][0]) == (
        "More labels will not help tfidf: 1,595 more would bring +0.4 points (0.0 to +0.8, 95 %,"
        " n = 264)."
    )
    told = learning_curve.sentence(CURVE, {**CURVE["arms"][1], "word": "open"})
    assert told.endswith("Whether more labels help cannot be told from this.")


def test_where_less_is_better_the_lowest_arm_is_first_and_gains_have_their_unit():
    bits = {**CURVE, "unit": "bits a byte", "higher_is_better": False}
    least = min(CURVE["arms"], key=lambda arm: arm["points"][-1]["score"])
    assert learning_curve.first(bits) is least
    told = learning_curve.sentence(bits, CURVE["arms"][1])
    assert told.startswith(
        "Label 400 more: about 0.0120 bits a byte less for lora-r8 (+0.00200 to +0.0240, 95 %, "
    )


def test_a_curve_whose_sizes_were_drawn_once_says_so_of_its_arm():
    def once(arm):
        return {**arm, "points": [{**point, "draws": 1} for point in arm["points"]]}

    first, *others = CURVE["arms"]
    assert "over which rows are labelled" in learning_curve.how(CURVE)
    one = learning_curve.how({**CURVE, "arms": [once(first), *others]})
    assert named(one, first["name"], "once")
    every = learning_curve.how({**CURVE, "arms": [once(arm) for arm in CURVE["arms"]]})
    assert named(every, "once")


def test_the_verdict_of_a_change_names_the_fastest_the_slowest_and_those_that_did_not_take_it_in(
    with_both,
):
    facts, topic = (update_drill.verdict(change) for change in DRILL["changes"])
    assert facts == (
        "Facts changed: rag-lora (documents indexed) took it in 3.10 s, answers by"
        " it 31 of 40 questions, with no sure change elsewhere (−0.6 points, −1.9 to +0.7); lora-r8"
        " (trained anew) needed 9.0 min, answers by it 31 of 40 questions, with no sure change"
        " elsewhere (−0.6 points, −1.9 to +0.7); few-shot-8 (prompt edited) gave no right answer."
    )
    assert named(topic, "12 of 12")
    assert named(topic, "zero", "prompt edited")
    assert topic.endswith("With 12 questions the shares are rough.")
    text = markdown.render(with_both)
    assert "A label added: not done, as the answers are no labels." in text
    assert "those in the table are the project's own" in text
