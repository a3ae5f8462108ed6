"""The page in a real browser: what it asks for, what a screen reader finds, what hostile text does,
how it prints."""

import io
import re
from dataclasses import replace

import pytest

from assay.audits.registry import SECTIONS
from assay.reporting import html
from assay.reporting.build import Report
from helpers.browser import browser, missing
from helpers.hostile import fouled, poisoned
from helpers.section_samples import samples

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def chromium():
    if why := missing():
        pytest.skip(why)
    pytest.importorskip("playwright")
    with browser() as opened:
        yield opened


def full(report: Report) -> Report:
    """The report with every section measured."""
    return replace(report, data=report.data | samples(report))


@pytest.fixture(scope="module")
def whole(report):
    return full(report)


def opened(chromium, report: Report, folder, scheme: str = "light"):
    """The page, and all that it asked for or said."""
    file = folder / "report.html"
    file.write_text(html.render(report), encoding="utf-8")
    page = chromium.new_page(color_scheme=scheme, viewport={"width": 1100, "height": 900})
    said: list[str] = []
    page.on("request", lambda request: said.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(file.as_uri())
    return page, said


def test_there_is_a_sample_of_every_section(whole):
    assert {section.KEY for section in SECTIONS} <= set(whole.data)


# Of rows and items that are built alike three are looked at by day, all at night.
ALIKE = "tbody > tr:nth-child(n+4), li:nth-child(n+4), dl > div:nth-child(n+4)"


@pytest.mark.parametrize(
    "left_out", [ALIKE, pytest.param("", marks=pytest.mark.nightly)], ids=["some", "all"]
)
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.nightly)])
def test_axe_finds_nothing(chromium, whole, tmp_path, scheme, left_out):
    from axe_playwright_python.sync_playwright import Axe

    page, _ = opened(chromium, whole, tmp_path, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    if left_out:
        page.evaluate(
            "alike => document.querySelectorAll(alike).forEach(one => one.remove())", left_out
        )
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert not [(one["id"], one["nodes"][0]["html"][:200]) for one in found]


def test_nothing_but_the_file_is_asked_for_and_nothing_is_said(chromium, whole, tmp_path):
    page, said = opened(chromium, whole, tmp_path)
    assert said == [page.url]


def test_hostile_text_changes_nothing(chromium, report, whole, tmp_path):
    """Every piece of foreign text is an attack: no dialog, no request, no complaint of the policy,
    no new element."""
    bad = poisoned(report)
    names = {
        old["name"]: new["name"]
        for old, new in zip(report.data["strategies"], bad.data["strategies"], strict=True)
    }
    page, said = opened(
        chromium, replace(bad, data=bad.data | fouled(samples(report), names)), tmp_path
    )
    assert said == [page.url]
    kinds = set(
        page.evaluate("[...document.querySelectorAll('*')].map(one => one.tagName.toLowerCase())")
    )
    calm, _ = opened(chromium, whole, tmp_path)
    assert kinds <= set(
        calm.evaluate("[...document.querySelectorAll('*')].map(one => one.tagName.toLowerCase())")
    )
    assert "<script>alert(1)</script>" in page.inner_text("body")


@pytest.mark.parametrize("width", [1100, 375])
def test_nothing_is_cut_off_at_the_side(chromium, whole, tmp_path, width):
    """What is wider than the window scrolls in a box of its own."""
    page, _ = opened(chromium, whole, tmp_path)
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_tables_need_no_scrolling_on_a_wide_window(chromium, whole, tmp_path):
    page, _ = opened(chromium, whole, tmp_path)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    wide = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth"
        " > one.clientWidth + 1).map(one => one.querySelector('caption')?.innerText.slice(0, 80))"
    )
    assert not wide


def test_no_table_is_wider_than_the_paper(chromium, whole, tmp_path):
    page, _ = opened(chromium, whole, tmp_path)
    page.emulate_media(media="print")
    # A4 less its margins, at 96 dots an inch
    page.set_viewport_size({"width": 703, "height": 1000})
    wide = page.evaluate(
        "[...document.querySelectorAll('table')].filter(one => one.getBoundingClientRect().right"
        " > 704).map(one => one.querySelector('caption')?.innerText.slice(0, 80))"
    )
    assert not wide


def test_it_prints_on_at_most_ten_pages_with_every_heading(chromium, whole, tmp_path):
    import pypdf

    page, _ = opened(chromium, whole, tmp_path)
    printed = pypdf.PdfReader(io.BytesIO(page.pdf(format="A4")))
    assert len(printed.pages) <= 10
    text = re.sub(r"\s+", " ", " ".join(one.extract_text() for one in printed.pages))
    assert all(section.TITLE in text for section in SECTIONS)
