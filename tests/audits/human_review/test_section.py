"""The section on people: who is preferred, how surely, how far the ratings can be trusted."""

import copy

from assay.audits.human_review import section
from assay.presentation.json_place import Place
from assay.presentation.section_html import blocks_html
from assay.presentation.section_text import blocks_text
from helpers.lines import named
from helpers.section_samples import small_report, triple


def sample():
    return copy.deepcopy(small_report())


def test_a_preference_needs_an_interval_beyond_one_half():
    (duel,) = sample()["people"]["duels"]
    assert section.sentence(duel).endswith("lora-r8 is preferred to tfidf.")
    lost = {**duel, "win_rate": triple(0.3, 0.1)}
    assert section.sentence(lost).endswith("tfidf is preferred to lora-r8.")
    even = section.sentence({**duel, "win_rate": triple(0.5, 0.1), "reviewers": 1})
    assert even.startswith("One person") and named(even, "beyond chance", "250 more rows")


def test_how_far_ratings_can_be_trusted_is_said():
    found = sample()["people"]
    same, place, known, agreed = section.trust(found["duels"][0], found["known"])
    assert named(same, "12", "10") and named(place, "58", "42", "no more than chance would give")
    assert named(known, "6", "5") and named(agreed, "60", "0.610")


def test_the_page_has_the_ratings_and_what_people_wrote():
    page = blocks_html(section.blocks(Place(sample())))
    assert 'data-at="/people/duels/0/win_rate/low"' in page
    assert "Reasons given: wrong 20, style 3." in page and "B does not say when." in page
    assert "test-3: A lora-r8, B tfidf, rated A" in page


def test_the_terminal_has_it_in_lines():
    data = sample()
    data["people"]["duels"][0]["decided"] = None
    lines = blocks_text(section.blocks(Place(data)))
    assert max(map(len, lines)) <= 80 and "B does not say when." not in " ".join(lines)
    assert named(" ".join(lines), "win rate 0.667", "interval 0.577 to 0.757", "both bad 5")
    assert "without ties" not in " ".join(lines)
