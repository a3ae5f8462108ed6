"""The section on updates: a table a change, where the seconds go, what was not done. The verdicts
are held in tests/audits/test_labels_and_updates.py."""

import copy

from assay.audits.update_drill import section
from assay.presentation.json_place import Place
from assay.presentation.section_html import blocks_html
from assay.presentation.section_markdown import blocks_markdown
from helpers.lines import named
from helpers.section_samples import small_report


def sample():
    return copy.deepcopy(small_report())


def test_a_change_is_said_with_its_first_instances():
    facts, topic = sample()["update_drill"]["changes"]
    assert named(section.change_sentence(facts), "fees.md: 40 cents became 65 cents", "31", "40")
    assert "the label refund was taken out" in section.change_sentence(topic).lower()
    label = {**topic, "kind": "label", "ends": False}
    assert "the label refund came with 0 examples" in section.change_sentence(label).lower()
    pages = {**topic, "kind": "documents", "shown": [{"document": "a.md"}, {"document": "b.md"}]}
    assert named(section.change_sentence(pages), "2 documents withdrawn (a.md, b.md)")
    would = [section.change_sentence(one, ahead=True) for one in (facts, topic, label, pages)]
    parts = ("would get another", "would be taken out", "would come with", "would be withdrawn")
    assert all(part in said for part, said in zip(parts, would, strict=True))


def test_the_page_has_the_seconds_and_markdown_the_table():
    blocks = section.blocks(Place(sample()))
    page, text = blocks_html(blocks), "\n".join(blocks_markdown(blocks))
    assert 'data-at="/update_drill/changes/0/arms/0/cost/first_right"' in page
    assert "Where the seconds go" in page and "Where the seconds go" not in text
    assert "<dt>no longer</dt>" in page and "<dt>wanted</dt>" in page
    assert "| rag-lora (documents indexed) | 0.0200 | 3.10 | – | 0.000 |" in text
    assert "### Not done" in text and "A label added: not done" in text


def test_minutes_of_people_are_a_column_only_where_the_project_names_them():
    data = sample()
    assert "person min" in blocks_html(section.blocks(Place(data)))
    for change in data["update_drill"]["changes"]:
        for arm in change["arms"]:
            arm |= {"minutes": None, "unchanged": None}
    page = blocks_html(section.blocks(Place(data)))
    assert "person min" not in page and "are not measured and not counted" in page
    assert page.count('<td class="n none">–</td>') == 5 * 4  # nothing that must stay was asked


def test_a_change_without_arms_is_its_sentence():
    data = sample()
    data["update_drill"]["changes"][0]["arms"] = []
    data["update_drill"] |= {"changes": data["update_drill"]["changes"][:1], "cannot": []}
    data["update_drill"]["left_out"] = []
    text = "\n".join(blocks_markdown(section.blocks(Place(data))))
    assert "no strategy could be changed" in text and "|" not in text and "Not done" not in text
