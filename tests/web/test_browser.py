"""The pages in a real browser: what a screen reader finds, what is cut off, what hostile text does,
how they print, and that nothing is asked of other places."""

import csv
import io

import pytest

from assay.core.store import read_lines, write_lines
from assay.reporting.report_files import write_report
from helpers.hostile_texts import HOSTILE
from helpers.local_page import entered, served
from helpers.nights import nightly_but
from web.conftest import small_project

pytestmark = pytest.mark.slow
VIEWS = (
    "",
    "compare?show=all",
    "row/3",
    "row/3/context",
    "data",
    "data/rows",
    "ask",
    "annotate",
    "annotate?who=anna",
    "annotators",
    "annotators/eve",
    "review",
    "watch",
    "updates",
    "run",
)


@pytest.mark.parametrize("scheme", nightly_but(["light"], ["light", "dark"]))
def test_a_screen_reader_finds_no_fault(chromium, desk, scheme):
    from axe_playwright_python.sync_playwright import Axe

    address, id, _ = desk
    page, _ = entered(chromium, address, color_scheme=scheme, bypass_csp=True)
    for view in VIEWS:
        page.goto(f"{address}p/{id}/{view}")
        found = Axe().run(page).response["violations"]
        assert not found, (view, [(one["id"], one["nodes"][0]["html"]) for one in found])
    page.context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_ask_nothing_of_others_and_nothing_is_cut_off(chromium, desk, width):
    address, id, _ = desk
    page, said = entered(chromium, address, viewport={"width": width, "height": 800})
    for view in VIEWS:
        page.goto(f"{address}p/{id}/{view}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (view, wide)
        if width == 390 and view == "":
            for mark in page.locator(".narrow-plot .mark").all():
                box = mark.bounding_box()
                assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert said == []
    page.context.close()


# Of what one can do something with, all that stands on the page; of radio buttons one a group.
REACHED = """() => {
  const what = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
  const all = [...document.querySelectorAll(what)];
  const seen = all.filter((one) => one.type !== "hidden" && !one.disabled && one.checkVisibility());
  const groups = new Set();
  return seen.filter((one) => {
    if (one.type !== "radio") return true;
    const again = groups.has(one.name);
    groups.add(one.name);
    return !again;
  }).length;
}"""
MARK = """() => {
  const one = document.activeElement;
  if (!one || one === document.body || one.dataset.reached) return false;
  for (const other of one.type === "radio" ? document.getElementsByName(one.name) : [one])
    other.dataset.reached = "1";
  return true;
}"""


def test_the_keyboard_reaches_everything(chromium, desk):
    address, id, _ = desk
    page, _ = entered(chromium, address)
    for view in VIEWS:
        page.goto(f"{address}p/{id}/{view}")
        count, found = page.evaluate(REACHED), 0
        page.evaluate("document.activeElement.blur()")
        for _ in range(count + 2):
            page.keyboard.press("Tab")
            found += page.evaluate(MARK)
        assert found == count > 8, view
    page.context.close()


def test_hostile_texts_do_nothing(chromium, report, tmp_path):
    """Forty of them, in every field of rows, answers, labels and slices that a page shows."""
    folder = small_project(tmp_path)
    rows = [
        {"text": f"{HOSTILE[i % 40]} {i}", "label": f"{HOSTILE[i % 40][:60]} {i % 2}".strip()}
        for i in range(160)
    ]
    write_lines(folder / "rows.jsonl", [{**row, "label": ""} for row in rows[:120]] + rows[120:])
    write_report(report, folder / "report")
    for file in (folder / "report" / "predictions").iterdir():
        lines = []
        for number, row in enumerate(read_lines(file)):
            text = HOSTILE[number % 40]
            row |= dict.fromkeys(("question", "target", "raw"), text) | {"id": f"{number} {text}"}
            row |= {"answer": f"{text} said"} if row["answer"] else {}
            lines.append({**row, "slices": {text[:40]: text}, "outcome_text": text})
        write_lines(file, lines)
    harmless = (
        "document.querySelectorAll('main :is(script, img, iframe, style, object, embed, base,"
        " link, meta, math, foreignObject, animate)').length"
    )
    with served(folder) as (address, id):
        page, said = entered(chromium, address)
        views = ["compare?show=all", *(f"row/{n}" for n in range(0, 40, 7))]
        views += ["data/rows", "data", "annotate", "annotate?who=anna", "new", "decide"]
        for view in views:
            page.goto(f"{address}p/{id}/{view}" if view != "new" else f"{address}new")
            assert page.evaluate(harmless) == 0, view
            assert (
                page.evaluate("document.querySelectorAll('main [onerror], main [onload]').length")
                == 0
            )
        page.goto(f"{address}p/{id}/compare?show=all")
        shown = page.locator("main").inner_text()
        assert all(text[:30].strip() in shown for text in HOSTILE[:26])
        told = page.request.get(f"{address}p/{id}/compare/rows.csv?show=all").text()
        cells = [cell for line in csv.reader(io.StringIO(told)) for cell in line]
        assert not [
            cell for cell in cells if cell[:1] in ("=", "@", "\t") or cell[:2] in ("+1", "-2")
        ]
        assert [one for one in said if "404" not in one and "400" not in one] == []
        page.context.close()


def test_prints_without_its_controls(chromium, desk):
    address, id, _ = desk
    page, _ = entered(chromium, address)
    page.goto(f"{address}p/{id}/compare?show=all")
    page.emulate_media(media="print")
    assert not page.locator("form.filters").is_visible()
    assert page.locator("table.matrix").is_visible()
    page.context.close()
