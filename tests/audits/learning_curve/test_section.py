"""The section on more labels: its table, its curves in words, what was left out. The sentences are
held in tests/audits/test_labels_and_updates.py."""

import copy

from assay.audits.learning_curve import section
from assay.presentation.json_place import Place
from assay.presentation.section_html import blocks_html
from assay.presentation.section_markdown import blocks_markdown
from helpers.section_samples import small_report


def sample():
    return copy.deepcopy(small_report())


def test_the_best_arm_comes_first_and_keeps_its_place_in_the_report():
    data = sample()
    assert [(i, mark, arm["name"]) for i, mark, arm in section.arms_in_order(data)] == [
        (1, 0, "lora-r8"),
        (0, 1, "tfidf"),
    ]
    data["learning_curve"] |= {"higher_is_better": False}
    assert [arm["name"] for *_, arm in section.arms_in_order(data)] == ["tfidf", "lora-r8"]


def test_the_table_says_what_the_next_rows_would_bring():
    blocks = section.blocks(Place(sample()))
    page, text = blocks_html(blocks), "\n".join(blocks_markdown(blocks))
    assert '<tr class="chosen"><th scope="row"><svg class="key"' in page
    assert 'data-at="/learning_curve/arms/1/furthest/gain" data-as="points">+3.0<' in page
    assert "| lora-r8 | more rows help | 800 | +3.1 (+0.4 to +6.1) | 400 |" in text
    assert "lora-r8, score by labelled rows: 200: 0.560, 400: 0.648" in text
    assert "Fits left out: 1 (lora-r8)" in text and page.count('class="plot-box"') == 2


def test_a_gain_that_cannot_be_told_is_a_dash_and_one_with_a_unit_has_it():
    data = sample()
    data["learning_curve"] |= {"unit": "bits a byte", "left_out": []}
    for arm in data["learning_curve"]["arms"]:
        arm["more"] = None
    text = "\n".join(blocks_markdown(section.blocks(Place(data))))
    assert "| – | – | 1,595 | 0.0300 (0 to 0.0600) |" in text and "left out" not in text
    assert "would bring, in bits a byte." in text


def test_without_a_point_only_that_is_said():
    data = sample()
    data["learning_curve"]["arms"] = []
    first, *_ = blocks_markdown(section.blocks(Place(data)))
    assert first == "No point of the learning curve could be taken."
