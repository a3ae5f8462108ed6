"""Templates: everything is escaped, nothing is left out in silence."""

import pytest
from jinja2 import UndefinedError

from assay.web.pages import environment, page, static


def test_foreign_text_is_escaped_and_made_visible():
    template = environment().from_string('<p title="{{ a }}">{{ a }}</p>')
    shown = template.render(a='"><b>\x1b\u202e')
    assert shown == '<p title="&#34;&gt;&lt;b&gt;␛⟨U+202E⟩">&#34;&gt;&lt;b&gt;␛⟨U+202E⟩</p>'


def test_what_a_form_sends_back_is_as_it_was():
    shown = environment().from_string('<input value="{{ a|field }}">').render(a='"\u200b\ud800<')
    assert shown == '<input value="&#34;\u200b?&lt;">'


def test_what_a_template_is_not_given_is_an_error():
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nothing }}").render()


def test_files_are_those_that_are_named():
    assert static("page.css") and static("report.css")
    assert static("base.html") is None and static("../pages.py") is None


def test_addresses_leave_out_what_is_empty():
    query = environment().globals["query"]
    assert query({"a": "", "b": "x y", "c": 1}, c=None) == "?b=x+y"
    assert query({}) == "?"


def test_a_page_has_its_status():
    assert page("error", status=404, title="t", text="", help="").status_code == 404
