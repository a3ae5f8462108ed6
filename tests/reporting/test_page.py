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
WIDE = {"width": 1100, "height": 900}
UNFOLD = "document.querySelectorAll('details').forEach(one => one.open = true)"
# the elements of a page by kind
KINDS = "[...new Set([...document.querySelectorAll('*')].map(one => one.tagName.toLowerCase()))]"


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
    page = chromium.new_page(color_scheme=scheme, viewport=WIDE)
    said: list[str] = []
    page.on("request", lambda request: said.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(file.as_uri())
    return page, said


@pytest.fixture(scope="module")
def calm(chromium, whole, tmp_path_factory):
    """The page as it is opened, and what it said. Its size and medium are each test's own; nothing
    else is to be changed."""
    return opened(chromium, whole, tmp_path_factory.mktemp("calm"))


@pytest.fixture(scope="module")
def unfolded(chromium, whole, tmp_path_factory):
    """The page with all its details open. Its size is each test's own; nothing else is to be
    changed."""
    page, _ = opened(chromium, whole, tmp_path_factory.mktemp("unfolded"))
    page.evaluate(UNFOLD)
    return page


def test_there_is_a_sample_of_every_section(whole):
    assert {section.KEY for section in SECTIONS} <= set(whole.data)


# Of rows and items that are built alike three are looked at by day, all at night.
ALIKE = "tbody > tr:nth-child(n+4), li:nth-child(n+4), dl > div:nth-child(n+4)"
# To find what lies behind a text takes most of the time. So by day one of each look is tried: of
# the texts that stand in the same elements of the same classes, with the same colours and size.
LOOKS = """() => {
  const seen = new Set();
  for (const one of document.querySelectorAll('body *')) {
    if (![...one.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    const style = getComputedStyle(one);
    let look = [style.color, style.fill, style.backgroundColor, style.fontSize, style.fontWeight];
    for (let at = one; at; at = at.parentElement) look.push(at.tagName, at.getAttribute('class'));
    look = look.join(' ');
    if (!seen.has(look)) one.setAttribute('data-look', '');
    seen.add(look);
  }
}"""
CONTRAST = "color-contrast"


@pytest.mark.parametrize(
    "some", [True, pytest.param(False, marks=pytest.mark.nightly)], ids=["some", "all"]
)
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.nightly)])
def test_axe_finds_nothing(chromium, whole, tmp_path, scheme, some):
    from axe_playwright_python.sync_playwright import Axe

    page, _ = opened(chromium, whole, tmp_path, scheme)
    page.evaluate(UNFOLD)
    of_all: dict = {"resultTypes": ["violations"]}
    asked = [(None, of_all)]
    if some:
        page.evaluate(
            "alike => document.querySelectorAll(alike).forEach(one => one.remove())", ALIKE
        )
        page.evaluate(LOOKS)
        asked = [
            (None, of_all | {"rules": {CONTRAST: {"enabled": False}}}),
            ({"include": [["[data-look]"]]}, of_all | {"runOnly": [CONTRAST]}),
        ]
    found = [
        one
        for context, options in asked
        for one in Axe().run(page, context, options=options).response["violations"]
    ]
    assert not [(one["id"], one["nodes"][0]["html"][:200]) for one in found]


def test_nothing_but_the_file_is_asked_for_and_nothing_is_said(calm):
    page, said = calm
    assert said == [page.url]


def test_hostile_text_changes_nothing(chromium, report, calm, tmp_path):
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
    assert set(page.evaluate(KINDS)) <= set(calm[0].evaluate(KINDS))
    assert "<script>alert(1)</script>" in page.inner_text("body")


@pytest.mark.parametrize("width", [1100, 375])
def test_nothing_is_cut_off_at_the_side(unfolded, width):
    """What is wider than the window scrolls in a box of its own."""
    unfolded.set_viewport_size({"width": width, "height": 900})
    assert unfolded.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_tables_need_no_scrolling_on_a_wide_window(unfolded):
    unfolded.set_viewport_size(WIDE)
    wide = unfolded.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth"
        " > one.clientWidth + 1).map(one => one.querySelector('caption')?.innerText.slice(0, 80))"
    )
    assert not wide


def test_no_table_is_wider_than_the_paper(calm):
    page, _ = calm
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
    # What is not visible keeps its place, so the pages are the same; to read all out of them takes
    # ten times as long.
    page.evaluate(
        "document.querySelectorAll('svg, tr, p, li').forEach("
        "one => one.style.visibility = 'hidden')"
    )
    printed = pypdf.PdfReader(io.BytesIO(page.pdf(format="A4")))
    assert len(printed.pages) <= 10
    text = re.sub(r"\s+", " ", " ".join(one.extract_text() for one in printed.pages))
    assert all(section.TITLE in text for section in SECTIONS)


def test_every_score_is_in_sight_on_a_telephone(unfolded):
    unfolded.set_viewport_size({"width": 390, "height": 844})
    seen = 0
    for plot in unfolded.locator(".narrow-plot svg").all():
        for mark in plot.locator(".mark").all():
            box = mark.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= 390
            seen += 1
    assert seen
    assert not unfolded.locator(".plot-box:has(+ .narrow-plot)").first.is_visible()
    # On paper, where plots stand side by side, it is the narrow one too.
    unfolded.emulate_media(media="print")
    unfolded.set_viewport_size(WIDE)
    assert unfolded.locator(".narrow-plot").first.is_visible()
    assert not unfolded.locator(".plot-box:has(+ .narrow-plot)").first.is_visible()
    unfolded.emulate_media(media="screen")
    unfolded.set_viewport_size(WIDE)
