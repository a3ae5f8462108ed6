"""The report as its sections see it: arms in order, names that lead to their cards."""

from assay.presentation import section_spec as spec
from assay.presentation.section_html import words_html
from assay.reporting.report_view import ReportView


def test_arms_are_ranked_by_the_deciding_metric_and_those_without_a_result_left_out(report):
    seen = ReportView(report)
    assert [card.name for card in seen.ranked] == [
        *("rag-lora", "lora-r8", "few-shot-8", "tfidf", "zero", "majority")
    ]
    assert [card.name for card in seen.cards][-1] == "full"
    seen.data["task"]["higher_is_better"] = False
    assert ReportView(report).ranked[0].name == "majority"
    seen.data["task"]["higher_is_better"] = True


def test_a_row_is_marked_where_its_arm_is_recommended(report):
    seen = ReportView(report)
    assert seen.row("lora-r8", "x") == spec.TableRow(("lora-r8", "x"), "chosen")
    assert seen.row("tfidf", None) == spec.TableRow(("tfidf", None))


def test_a_name_leads_to_its_card_and_says_whether_it_is_a_floor(report):
    seen = ReportView(report)
    floor = next(card for card in seen.cards if card.name == "tfidf")
    head = words_html(seen.card_row(floor).cells[0])
    assert head.startswith('<svg class="key"')
    assert head.endswith('<a href="#arm-1">tfidf</a> <span class="tag">baseline</span>')
    assert words_html(seen.arm_row(4).cells[0]).endswith('<a href="#arm-4">lora-r8</a>')


def test_numbers_of_an_arm_know_their_place(report):
    number = ReportView(report).arm(4).number("count", "n")
    assert (number.value, number.pointer) == (264, "/strategies/4/n")
