"""The section on rules: who keeps which, what moved, and answers that break some."""

from assay.audits.policy_rules.section import blocks, moved, ranked
from assay.presentation.json_place import Place
from assay.presentation.section_html import blocks_html
from assay.presentation.section_markdown import blocks_markdown
from helpers.section_samples import small_report, triple


def test_the_recommended_strategy_comes_first_and_its_worst_rule():
    text = "\n\n".join(blocks_markdown(blocks(Place(small_report()))))
    begin = "Of 60 answers lora-r8 keeps every rule in a share of 0.700 (0.600 to 0.800)"
    assert text.startswith(begin)
    assert "it breaks 'Signs off' most, kept in 0.750." in text
    assert "| Short | 0.900 (0.800 to 1.000) | 0.500 (0.400 to 0.600) |" in text
    assert "No program can check: Kind." in text


def test_strategies_stand_in_the_order_of_what_they_keep():
    data = small_report()
    data["rules"]["arms"].insert(0, "tfidf")
    data["rules"]["all"]["tfidf"] = {**triple(0.2, 0.1), "against": None}
    assert ranked(data) == ["lora-r8", "zero", "tfidf"]
    # The recommended one comes first, even where another keeps more.
    data["rules"]["all"]["tfidf"]["value"] = 0.9
    assert ranked(data) == ["lora-r8", "tfidf", "zero"]


def test_only_what_surely_moved_is_named():
    found = small_report()["rules"]
    assert moved(found, "lora-r8") == "Beside zero, lora-r8 keeps more often: Short."
    found["rules"][0]["arms"]["lora-r8"]["against"] = triple(-0.4, 0.1)
    assert moved(found, "lora-r8") == "Beside zero, lora-r8 keeps less often: Short."
    found["rules"][0]["arms"]["lora-r8"]["against"] = triple(0.1, 0.2)
    assert moved(found, "lora-r8") == ""


def test_numbers_are_traced_and_foreign_words_are_inert():
    data = small_report()
    data["rules"]["rules"][0]["name"] = "<b>|"
    page = blocks_html(blocks(Place(data)))
    assert 'data-at="/rules/rules/0/arms/lora-r8/against/low"' in page and "<b>" not in page
    assert "Dear sir!" in page
    assert r"\<b\>\|" in "\n".join(blocks_markdown(blocks(Place(data))))


def test_without_the_base_no_difference_is_shown():
    data = small_report()
    data["rules"]["base"] = None
    said = "\n".join(blocks_markdown(blocks(Place(data))))
    assert "Difference" not in said and "Beside" not in said
