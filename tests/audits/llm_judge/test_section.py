"""The section on a judging model: whom it prefers, and how far it can be believed."""

import copy

from assay.audits.llm_judge import section
from assay.presentation.json_place import Place
from assay.presentation.section_html import blocks_html
from assay.presentation.section_markdown import blocks_markdown
from helpers.lines import named
from helpers.section_samples import small_report, triple


def sample():
    return copy.deepcopy(small_report())


def test_two_arms_are_told_apart_only_beyond_one_half():
    data = sample()
    pair = data["judged"]["pairs"][0]
    pair["share"] = triple(0.65, 0.1)
    assert "lora-r8 is preferred to tfidf (share 0.650" in section.first(data)
    pair["share"] = triple(0.3, 0.1)
    assert "tfidf is preferred to lora-r8" in section.first(data)
    pair["share"] = triple(0.5, 0.1)
    assert "are not told apart" in section.first(data)


def test_a_judge_that_follows_the_place_is_not_to_be_relied_on():
    data = sample()
    place, people = section.doubts(data)
    assert named(place, "70 %", "61 %") and named(people, "0.720", "44")
    data["judged"]["position"]["same"] = 0.4
    data["judged"]["people"]["n"] = 20
    assert named("\n".join(section.doubts(data)), "do not rely on this judge")
    assert named("\n".join(section.doubts(data)), "too few rows to say")
    data["judged"] |= {"position": None, "people": None}
    assert len(section.doubts(data)) == 1 and "assay review" in section.doubts(data)[0]


def test_the_page_and_markdown_have_the_same_row():
    blocks = section.blocks(Place(sample()))
    text = "\n".join(blocks_markdown(blocks))
    assert "| lora-r8 | tfidf | 60 | 30 | 12 | 18 | 5 | 0.650 | 0.550 to 0.750 | 0.008 |" in text
    assert 'data-at="/judged/pairs/0/alike" data-as="count">5<' in blocks_html(blocks)
