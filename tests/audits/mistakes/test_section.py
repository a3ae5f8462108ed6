"""The section on mistakes: what they have in common, in words, and the rows themselves."""

from assay.audits.mistakes import section
from assay.presentation import section_spec as spec
from assay.presentation.json_place import Place
from assay.presentation.section_html import blocks_html
from assay.presentation.section_markdown import blocks_markdown
from helpers.section_samples import small_report, triple


def test_a_group_is_spoken_of_only_where_it_is_surely_worse():
    found = small_report()["mistakes"]
    assert "densest among questions that say taxi, left: 11 of 20" in section.sentence(found)
    like = {**found["groups"][0], "share": triple(0.3, 0.2)}  # from 0.1, and 33 of 264 are wrong
    assert section.sentence({**found, "groups": [like]}).endswith("surely worse than the rest.")
    assert section.sentence({**found, "groups": []}).endswith("they do not gather anywhere.")
    assert section.sentence({**found, "groups": [], "wrong": 7}).endswith("too few to group.")


def test_a_group_without_words_is_called_by_its_first_question():
    group = small_report()["mistakes"]["groups"][1]
    assert section.group_name(group) == 'like "Where is it?"'
    assert section.group_name({**group, "examples": []}) == "no words in common"


def test_numbers_are_traced_and_foreign_words_are_inert():
    data = small_report()
    data["mistakes"]["groups"][0]["words"] = ["<b>", "[x](y)"]
    blocks = section.blocks(Place(data))
    page, text = blocks_html(blocks), "\n\n".join(blocks_markdown(blocks))
    assert 'data-at="/mistakes/groups/1/share/low"' in page and "<b>" not in page
    assert "Most frequent: card_lost answered card_arrival (7)." in page
    assert r"| \<b\>, \[x\](y) | 12 | 20 | 11 | 0.550 | 0.350 to 0.750 |" in text
    assert "Where is it?" in page and "could not be read" in page


def test_without_groups_the_sentence_stands_alone():
    data = small_report()
    data["mistakes"]["groups"] = []
    assert len(spec.present(section.blocks(Place(data)))) == 1
