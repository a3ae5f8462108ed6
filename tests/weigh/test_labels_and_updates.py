"""The parts of the report on more labels and on updates: sentences say what was found, numbers are the report's."""

import json
import math
import re
from dataclasses import replace

import pytest

from assay.weigh.numbers import FORMATS
from assay.weigh.sections import learning_curve, update_drill

NUMBER = re.compile(r'<data value="([^"]*)" data-at="([^"]*)" data-as="([^"]*)">([^<]*)</data>')


def at(data, place):
    for key in place.split("/")[1:]:
        data = data[int(key)] if isinstance(data, list) else data[key]
    return data


def point(rows, score, **more):
    return {"rows": rows, "score": score, "low": score - 0.03, "high": score + 0.03, **more}


def gain(value, low, high, **more):
    return {"gain": value, "low": low, "high": high, **more}


def arm(name, word, top):
    sizes = (200, 400, 800, 1595)
    return {
        "name": name,
        "points": [point(n, top - 0.3 * (n / 200) ** -0.5, draws=3) for n in sizes],
        "law": "power",
        "numbers": {"a": 1 - top, "b": 0.1, "c": 0.5},
        "curve": [point(n, top - 0.3 * (n / 200) ** -0.5) for n in range(200, 3200, 150)],
        "last": gain(0.031, 0.004, 0.061, **{"from": 800}),
        "more": gain(0.012, 0.002, 0.024, rows=400),
        "furthest": gain(0.004 if word == "flat" else 0.03, 0.0, 0.008 if word == "flat" else 0.06, rows=1595),
        "word": word,
    }


CURVE = {
    "metric": "accuracy",
    "level": 0.95,
    "rows": {"train": 1595, "test": 264},
    "reach": 2.0,
    "arms": [arm("tfidf", "flat", 0.7), arm("lora-r8", "rises", 0.86)],
    "left_out": [{"arm": "lora-r8", "rows": 800, "draw": 2, "why": "about 412 s, more than is left of `minutes`"}],
}


def taken(name, way, first, before, after, open=40, some=31):
    return {
        "name": name,
        "way": way,
        "minutes": 5 if way == "edited" else None,
        "cost": {"start": 1.2, "load": 0.4, "update": 0.02, "first_answer": 1.9, "first_right": first},
        "changed": {
            "open": open,
            "taken": some,
            "before": {"value": before, "low": 0.0, "high": 0.09},
            "after": {"value": after, "low": after - 0.1, "high": min(1.0, after + 0.1)},
        },
        "unchanged": {
            "before": 0.741,
            "after": 0.735,
            "difference": -0.006,
            "low": -0.019,
            "high": 0.007,
            "lost": 3,
            "gained": 2,
        },
        "shown": [{"question": "What does a copy cost?", "target": "65 cents", "before": "40 cents", "after": None}],
    }


DRILL = {
    "metric": "accuracy",
    "level": 0.95,
    "changes": [
        {
            "kind": "facts",
            "ends": False,
            "rows": {"changed": 40, "unchanged": 200, "new": 31},
            "shown": [{"document": "fees.md", "old": "40 cents", "new": "65 cents"}],
            "arms": [
                taken("rag-lora", "reindexed", 3.1, 0.0, 0.775),
                taken("lora-r8", "retrained", 540.0, 0.0, 0.45),
                taken("shots-k8", "edited", None, 0.0, 0.0, some=0),
            ],
        },
        {
            "kind": "topic",
            "ends": True,
            "rows": {"changed": 12, "unchanged": 200, "new": 0},
            "shown": [{"label": "refund"}],
            "arms": [
                taken("tfidf", "refitted", 1.9, 0.0, 1.0, open=12, some=12),
                taken("zero", "edited", None, 1, 1, 0),
            ],
        },
    ],
    "cannot": [{"kind": "label", "why": "the answers are no labels"}],
    "left_out": [{"kind": "facts", "arm": "full", "way": "retrained", "why": "about 41 minutes, more than `longest`"}],
}


@pytest.fixture
def with_both(made):
    report = made.report()
    return replace(report, data={**report.data, "learning_curve": CURVE, "update_drill": DRILL})


def test_every_number_is_the_reports_and_no_id_comes_twice(with_both):
    page = with_both.html()
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids)) and {"labels-0-t", "update-facts-t", "update-topic-t"} <= set(ids)
    data = json.loads(json.dumps(with_both.data))
    ours = [one for one in NUMBER.findall(page) if one[1].startswith(("/learning_curve", "/update_drill"))]
    assert len(ours) > 80
    for value, place, shape, shown in ours:
        assert math.isclose(float(value), at(data, place))
        assert shown == FORMATS[shape](at(data, place))


def test_the_best_arm_is_spoken_of_first_and_a_flat_curve_says_that_labels_will_not_help():
    assert learning_curve.sentence(CURVE) == (
        "Label 400 more: about +1.2 points for lora-r8 (+0.2 to +2.4, 95 %, n = 264), 1,595 more: +3.0 (0.0 to +6.0)."
    )
    assert learning_curve.sentence(CURVE, CURVE["arms"][0]) == (
        "More labels will not help tfidf: 1,595 more would bring +0.4 points (0.0 to +0.8, 95 %, n = 264)."
    )
    told = learning_curve.sentence(CURVE, {**CURVE["arms"][1], "word": "open"})
    assert told.endswith("Whether more labels help cannot be told from this.")


def test_the_verdict_of_a_change_names_the_fastest_the_slowest_and_those_that_did_not_take_it_in(with_both):
    facts, topic = (update_drill.verdict(change) for change in DRILL["changes"])
    assert facts == (
        "Facts changed: rag-lora (documents indexed) took it in 3.10 s, answers by it 31 of 40 questions and lost 0.6"
        " points elsewhere (−1.9 to +0.7); lora-r8 (trained anew) needed 9.0 min, answers by it 31 of 40 questions and"
        " lost 0.6 points elsewhere (−1.9 to +0.7); shots-k8 (prompt edited) gave no right answer."
    )
    assert "no longer gives the old answer to 12 of 12 questions" in topic
    assert "zero (prompt edited) gave none of these answers before" in topic
    assert topic.endswith("With 12 questions the shares are rough.")
    text = with_both.markdown()
    assert "A label added: not done, as the answers are no labels." in text
    assert "those in the table are the project's own" in text
