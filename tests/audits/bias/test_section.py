"""The section on bias: the arm that matters first, gaps against chance, remedies with their
price."""

import copy

from assay.audits.bias import section
from assay.presentation.json_place import Place
from assay.presentation.section_html import blocks_html
from assay.presentation.section_markdown import blocks_markdown
from helpers.lines import named
from helpers.section_samples import small_report, triple


def sample():
    """A copy that may be changed: arms of the sample share their numbers."""
    return copy.deepcopy(small_report())


def test_the_recommended_arm_is_spoken_of_and_its_widest_gap_named():
    data = sample()
    said = section.sentence(data)
    assert said.startswith("lora-r8 answers 0.110 of 100 questions differently when who asks")
    assert named(said, "channel=web 0.700", "channel=app 0.900", "0.040 by chance")
    assert named(said, "60 of 100 rows")
    data["verdict"]["recommended"] = "zero"
    assert section.arms(data)[0] == "zero" and section.sentence(data).startswith("zero answers")


def test_what_chance_may_give_is_not_called_a_gap():
    data = sample()
    arm = data["bias"]["arms"]["lora-r8"]
    for gap in (arm["slices"]["channel"], arm["checklists"][0]["slices"]):
        gap["low"] = gap["chance"]
    arm["checklists"][0]["by_label"] = {}
    for pair in arm["pairs"]:
        pair.pop("above", None)
    said = section.sentence(data)
    assert "Fewer than 30 questions" in said and "Groups fare differently" not in said


def test_a_remedy_has_its_effect_and_its_price():
    one, none = sample()["bias"]["remedies"]
    assert named(section.remedy_sentence(one), "lowers", "0.100 to 0.020", "at no sure price")
    worse = {**one, "gap": {**one["gap"], "low": 0.01, "high": 0.2}}
    assert "raises" in section.remedy_sentence(worse)
    dear = {**one, "price": triple(-0.1, name="difference")}
    assert "at a price" in section.remedy_sentence(dear)
    assert "it makes none" in section.remedy_sentence(none)


def test_other_arms_are_opened_by_a_click_and_not_in_markdown():
    blocks = section.blocks(Place(sample()))
    page, text = blocks_html(blocks), "\n\n".join(blocks_markdown(blocks))
    first, *others = page.split("<summary>")
    assert 'data-at="/bias/arms/lora-r8/pairs/1/above/low"' in first
    assert any('data-at="/bias/arms/zero/pairs/0/n"' in other for other in others)
    assert "lora-r8: pairs of questions" in text and "zero: pairs of questions" not in text
    assert "### Remedies" in text and "### The weights themselves" in text
    assert 'data-at="/bias/social/bases/smollm2-135m/stereotypes/all/before/value"' in page


def test_the_only_kind_of_stereotypes_is_told_once():
    rows = section.social_rows(Place(sample()))
    assert [(name, words) for name, words, _ in rows] == [
        ("smollm2-135m", "stereotypes, all"),
        ("smollm2-135m", "refusals of harmless prompts"),
        ("lora-r8", "stereotypes, all"),
        ("lora-r8", "refusals of harmless prompts"),
    ]


def test_without_arms_and_measures_of_weights_it_says_so():
    data = sample()
    data["bias"] |= {"arms": {}, "remedies": [], "social": None}
    assert blocks_markdown(section.blocks(Place(data))) == [
        "No strategy answers questions here, so none was asked in pairs."
    ]
