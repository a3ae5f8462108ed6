"""The page: its numbers are the report's, foreign text is inert, nothing is requested."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from assay.nouns import Answer, Example, Message, Record
from assay.weigh import Report
from assay.weigh.html import notebook, pointer
from assay.weigh.numbers import FORMATS

VOID = {"meta", "br", "hr", "img", "link", "input", "base"}


class Page(HTMLParser):
    """Elements with their attributes, the text of each `data`, and whether the tags are balanced."""

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


def test_every_number_of_the_page_is_the_reports(report):
    page = Page(report.html())
    data = json.loads(json.dumps(report.data))
    assert len(page.numbers) >= 200
    for attributes, shown in page.numbers:
        value = at(data, attributes["data-at"])
        assert float(attributes["value"]) == value
        assert shown == FORMATS[attributes["data-as"]](value)


def test_the_page_is_well_formed_and_has_every_section(report):
    page = Page(report.html())
    assert page.open == [] and page.crossed == []
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    for section in ("answer", "decision", "change", "slices", "data", "leaks", "arms", "duel", "limits", "reproduce"):
        assert section in ids
    links = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    assert all(link.startswith("#") and link[1:] in ids for link in links)


def test_the_verdict_stands_first(report):
    text = report.html()
    assert "Use lora-r8." in text
    assert text.index("Use lora-r8.") < text.index("<table")
    assert "full (failed): Stopped before training" in text
    assert "Preference training: the data has no rejected answers." in text


def test_nothing_is_requested_and_nothing_runs(report):
    text = report.html()
    page = Page(text)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base", "audio", "video"}
    for _, attributes in page.elements:
        assert not {"src", "srcset", "style", "action", "data", "poster", "background"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
    assert "http:" not in text and "https:" not in text
    css = re.search(r"<style>(.*?)</style>", text, re.S)[1]
    assert "url(" not in css and "@import" not in css


def test_the_policy_names_the_style_sheet_by_its_hash(report):
    text = report.html()
    css = re.search(r"<style>(.*?)</style>", text, re.S)[1]
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in text


PAYLOADS = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</text></svg><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "</style><style>*{display:none}</style>",
    "\x1b[31mred\x1b[0m \x07 \u202egnp.exe \u2066x\u2069",
    "\ud800 lone",
)


def poisoned(report):
    """The same report with every piece of foreign text replaced by an attack."""
    attack = " ".join(PAYLOADS)

    def foul(record):
        question = Example(
            record.question.id + attack, (Message("user", attack),), slices=(("x" + attack, attack),), source=attack
        )
        return Record(question, record.target, (attack,), replace(record.answer, raw=attack))

    def answer(record):
        return replace(record, answer=Answer(attack))

    arms = tuple(
        replace(
            arm,
            name=f"{arm.name}{attack}",
            kind=attack,
            note=attack,
            settings={attack: attack},
            cost={**arm.cost, "parts": [{"name": attack}]},
            records=[(answer if index % 3 else (lambda r: r))(foul(r)) for index, r in enumerate(arm.records)],
        )
        for arm in report.arms
    )
    extra = json.loads(json.dumps(report.extra))
    extra = {**extra, "base": attack, "project_yaml": attack, "commands": [attack], "not_tried": [attack]}
    extra |= {"limits": [attack], "hashes": {attack: attack}, "labels": {attack: {attack: 3}}}
    extra["ledger"][0] |= {"reason": attack, "step": attack, "action": attack}
    extra["ledger"][0]["examples"][0] |= {"id": attack, "file": attack, "text": attack}
    extra["leaks"][0] |= {"id": attack, "kind": attack, "decision": attack}
    extra["leaks"][0]["first"] = dict.fromkeys(("split", "id", "source", "text"), attack)
    extra["rendered"]["parts"][0]["text"] = attack
    from assay.weigh import build

    data = build(
        task=report.task,
        arms=arms,
        rows=report.data["rows"],
        audit=report.data["audit"],
        exam={"hash": attack, "opened": 1},
        warnings=[{"code": attack, "count": 2, "text": attack}],
        environment={attack: {attack: [attack]}},
        project=attack,
        draws=100,
    )
    return Report(data, report.task, arms, extra)


@pytest.fixture(scope="module")
def poison(report):
    return poisoned(report)


def test_payloads_are_inert_text(poison):
    text = poison.html()
    page = Page(text)
    assert page.open == [] and page.crossed == []
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "iframe"}
    assert [tag for tag, _ in page.elements].count("style") == 1
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "style")]
        assert not (attributes.get("href") or "#").startswith("javascript")
    assert "{{ 7 * 7 }}" in text and "49{%" not in text


def test_control_characters_are_made_visible(poison):
    for text in (poison.html(), poison.markdown(), "\n".join(poison.summary())):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
        text.encode()
    assert "␛[31mred" in poison.html() and "⟨U+202E⟩gnp.exe" in poison.html()


def test_the_notebook_view_is_inert_too(poison, report):
    assert "<script" not in notebook(poison.data) and "<img" not in notebook(poison.data)
    assert "Use lora-r8: 0.875" in report._repr_html_()


def test_markdown_has_no_live_html_or_link(poison):
    text = re.sub(r"^(`{3,}).*?^\1$", "", poison.markdown(), flags=re.S | re.M)
    assert not re.search(r"(?<!\\)<(?! 0)", text) and not re.search(r"(?<!\\)\[", text)


def test_rows_are_embedded_up_to_a_limit_and_the_page_stays_small(report):
    assert len(report.html()) < 400_000


def test_a_report_read_from_its_file_still_makes_a_page(report):
    page = Page(Report(report.data, report.task).html())
    assert page.open == [] and page.crossed == []


def test_no_arm_no_slices_no_extras():
    from assay.nouns import Task
    from assay.weigh import Arm, build

    rows = {"read": 2, "kept": 2, "dropped": 0, "train": 1, "val": 0, "test": 1}
    failed = [Arm("x", "x", status="failed", note="out of memory")]
    for arms in (
        failed,
        [Arm("y", "y", records=[Record(Example("1", (Message("user", "q"),)), "a", (), Answer("a"))])],
    ):
        data = build(task=Task(labels=("a",)), arms=arms, rows=rows, audit={}, exam={})
        page = Report(data, Task(labels=("a",)), tuple(arms))
        assert Page(page.html()).crossed == []
        assert page.markdown() and page.summary() and page.table()


def test_pointers_are_escaped():
    assert pointer("slices", "a/b~c=1", 0) == "/slices/a~1b~0c=1/0"
