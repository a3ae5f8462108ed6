"""The page: its numbers are the report's, foreign text is inert, nothing is requested."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from assay.core.types import Answer, Example, Message, Record
from assay.presentation.number_format import FORMATS
from assay.reporting import html, markdown
from assay.reporting.build import Report
from assay.reporting.summary import notebook
from helpers.hostile import poisoned
from helpers.lines import named

VOID = {"meta", "br", "hr", "img", "link", "input", "base"}


class Page(HTMLParser):
    """Elements with their attributes, the text of each `data`, and whether the tags are
    balanced."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.numbers, self.open, self.crossed = [], [], [], []
        self._data = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag == "data":
            self._data = [dict(attrs), ""]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self._data:
            self._data[1] += data

    def handle_endtag(self, tag):
        if tag == "data":
            self.numbers.append(self._data)
            self._data = None
        if not self.open or self.open.pop() != tag:
            self.crossed.append(tag)


def at(data, place):
    for key in place.split("/")[1:]:
        key = key.replace("~1", "/").replace("~0", "~")
        data = data[int(key)] if isinstance(data, list) else data[key]
    return data


@pytest.mark.slow
def test_every_number_of_the_page_is_the_reports(report):
    page = Page(html.render(report))
    data = json.loads(json.dumps(report.data))
    assert len(page.numbers) >= 200
    for attributes, shown in page.numbers:
        value = at(data, attributes["data-at"])
        assert float(attributes["value"]) == value
        assert shown == FORMATS[attributes["data-as"]](value)


@pytest.mark.slow
def test_the_page_is_well_formed_and_has_every_section(report):
    page = Page(html.render(report))
    assert page.open == [] and page.crossed == []
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    for section in (
        "answer",
        "decision",
        "change",
        "slices",
        "data",
        "leaks",
        "arms",
        "duel",
        "limits",
        "reproduce",
    ):
        assert section in ids
    links = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    links = [link for link in links if not link.startswith("data:text/csv")]
    assert all(link.startswith("#") and link[1:] in ids for link in links)


def test_the_verdict_stands_first(report):
    text = html.render(report)
    assert "Use lora-r8." in text
    assert text.index("Use lora-r8.") < text.index("<table")
    assert named(text, "full", "failed")
    assert "Preference training: the data has no rejected answers." in text


def test_nothing_is_requested_and_nothing_runs(report):
    text = html.render(report)
    page = Page(text)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
        "audio",
        "video",
    }
    for _, attributes in page.elements:
        assert not {"src", "srcset", "style", "action", "data", "poster", "background"} & set(
            attributes
        )
        assert not [name for name in attributes if name.startswith("on")]
    assert "http:" not in text and "https:" not in text
    css = re.search(r"<style>(.*?)</style>", text, re.S)[1]
    assert "url(" not in css and "@import" not in css


def test_the_policy_names_the_style_sheet_by_its_hash(report):
    text = html.render(report)
    css = re.search(r"<style>(.*?)</style>", text, re.S)[1]
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in text


@pytest.fixture(scope="module")
def poison(report):
    return poisoned(report)


@pytest.mark.slow
def test_payloads_are_inert_text(poison):
    text = html.render(poison)
    page = Page(text)
    assert page.open == [] and page.crossed == []
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "iframe"}
    assert [tag for tag, _ in page.elements].count("style") == 1
    for _, attributes in page.elements:
        assert not [
            name for name in attributes if name.startswith("on") or name in ("src", "style")
        ]
        assert not (attributes.get("href") or "#").startswith("javascript")
    assert "{{ 7 * 7 }}" in text and "49{%" not in text


@pytest.mark.slow
def test_control_characters_are_made_visible(poison):
    for text in (html.render(poison), markdown.render(poison), "\n".join(poison.summary())):
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text
        )
        text.encode()
    assert "␛[31mred" in html.render(poison) and "⟨U+202E⟩gnp.exe" in html.render(poison)


def test_the_notebook_view_is_inert_too(poison, report):
    assert "<script" not in notebook(poison.data) and "<img" not in notebook(poison.data)
    assert "Use lora-r8, accuracy 0.875" in report._repr_html_()
    assert repr(report).startswith("Use lora-r8, accuracy 0.875")


def test_markdown_has_no_live_html_or_link(poison):
    text = re.sub(r"^(`{3,}).*?^\1$", "", markdown.render(poison), flags=re.S | re.M)
    assert not re.search(r"(?<!\\)<(?! 0)", text) and not re.search(r"(?<!\\)\[", text)


def test_rows_are_embedded_up_to_a_limit_and_the_page_stays_small(report):
    assert len(html.render(report)) < 400_000


@pytest.mark.slow
def test_a_report_read_from_its_file_still_makes_a_page(report):
    page = Page(html.render(Report(report.data, report.task)))
    assert page.open == [] and page.crossed == []


@pytest.mark.slow
def test_no_arm_no_slices_no_extras():
    from assay.core.types import Task
    from assay.decision.finished_arm import Arm
    from assay.reporting.build import build

    rows = {"read": 2, "kept": 2, "dropped": 0, "train": 1, "val": 0, "test": 1}
    failed = [Arm("x", "x", status="failed", note="out of memory")]
    for arms in (
        failed,
        [
            Arm(
                "y",
                "y",
                records=[Record(Example("1", (Message("user", "q"),)), "a", (), Answer("a"))],
            )
        ],
    ):
        data = build(task=Task(labels=("a",)), arms=arms, rows=rows, audit={}, exam={})
        page = Report(data, Task(labels=("a",)), tuple(arms))
        assert Page(html.render(page)).crossed == []
        assert markdown.render(page) and page.summary() and page.table()


@pytest.mark.slow
def test_a_page_with_everything_out_open_or_lost_is_whole():
    from assay.decision.settings import ArmLimits
    from helpers.weighings import FAIR, FLOOR, GOOD, TASK, TWIN, arm, slow, weighed

    task = TASK.model_copy(update={"guards": {"macro_f1": 1.0, "forgetting": 2.0}, "target": 0.9})
    arms = (FLOOR, GOOD, TWIN, FAIR, arm("base", range(150), 0.3, alone=slow(0.2)))
    for limits in (ArmLimits(), ArmLimits(ms_per_answer=200), ArmLimits(ms_per_answer=0.0001)):
        data = weighed(*arms, task=task, limits=limits, price_per_hour=1.0)
        page = Page(html.render(Report(data, task, arms)))
        assert page.open == [] and page.crossed == [] and len(page.numbers) > 100
        for attributes, shown in page.numbers:
            value: Any = at(data, attributes["data-at"])
            assert shown == FORMATS[attributes["data-as"]](value)
        loaded = Page(html.render(Report(data, task)))
        assert len(loaded.numbers) == len(page.numbers)
