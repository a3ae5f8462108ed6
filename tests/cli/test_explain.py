"""Every code that can be printed has a page."""

import re
from pathlib import Path

import pytest

import assay.cli.explain
from assay.cli.explain import documents, page, pages
from assay.core.errors import UsageError
from helpers.problems import problem

SOURCE = Path(assay.cli.explain.__file__).parent


def codes_in_source() -> dict[str, str]:
    """Codes that stand as a whole string or at the start of one, with the file that has them."""
    found: dict[str, str] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for code in re.findall(
            r"""["']([CDRMT]\d{3})(?=["' ])""", path.read_text(encoding="utf-8")
        ):
            found.setdefault(code, path.name)
    return found


def test_every_code_has_a_page():
    known = pages()
    assert {code: file for code, file in codes_in_source().items() if code not in known} == {}


def test_a_page_begins_with_its_title_and_says_what_to_do():
    for code, text in pages().items():
        title, _, body = text.partition("\n\n")
        assert re.fullmatch(rf"{code} \S.*", title)
        assert len(body.strip()) > 40, f"{code} has no text"


def test_the_page_of_exit_codes_lists_every_code_in_the_table_of_its_exit():
    page_text = (documents() / "exit-codes.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| ([CDRMT]\d{3}) \| \S", page_text, re.MULTILINE)
    assert sorted(listed) == sorted(pages()) and len(listed) == len(set(listed))
    for table in page_text.split("\n### ")[1:]:
        letters = {code[0] for code in re.findall(r"^\| ([CDRMT]\d{3}) \|", table, re.MULTILINE)}
        assert len(letters) == 1, table[:40]


WORDS = ("baseline", "race", "pruned", "Pareto", "Holm", "held-out", "gpu")


@pytest.mark.parametrize("word", WORDS)
def test_words_of_a_report_are_explained_in_a_sentence(word):
    first, *more = page(word).splitlines()
    assert first.lower().startswith(word.lower()) and len(first) > 60
    assert any("docs/" in line for line in more)


def test_case_and_spaces_do_not_matter():
    assert page(" c076 ") == page("C076")


def test_an_unknown_code_names_the_nearest():
    with problem(UsageError, "C061", None, "'C0760'", "assay explain C076"):
        page("C0760")


def test_codes_stand_apart_from_the_card_before_them_and_first_where_there_is_none():
    with_card, without = page("prompt tuning").splitlines(), page("sandbox").splitlines()
    head = "codes (assay explain CODE):"
    assert with_card[0].startswith("prompt_tuning") and with_card[with_card.index(head) - 1] == ""
    assert without[0] == head
