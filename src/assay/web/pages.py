"""Templates: Jinja with everything escaped and control characters made visible, as in the report.

Numbers and sections are those of the report (`presentation/`), so the page never says another one.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from assay.presentation.number_format import FORMATS, clean
from assay.presentation.section_html import blocks_html, words_html
from assay.presentation.section_html import render as section_html
from assay.presentation.svg import badge

STATIC = ("page.css", "keys.js", "page.js", "report.css")


@cache
def environment() -> Environment:
    made = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: clean(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    helpers: dict[str, Any] = {
        "words": words_html,
        "blocks": blocks_html,
        "section": section_html,
        "badge": badge,
        "formats": FORMATS,
        "query": query_text,
    }
    made.globals.update(helpers)
    made.filters["field"] = field
    return made


def page(name: str, /, *, status: int = 200, **values: Any) -> HTMLResponse:
    """The template filled in."""
    return HTMLResponse(environment().get_template(f"{name}.html").render(**values), status)


@cache
def static(name: str) -> bytes | None:
    """A file that pages name; None where there is none."""
    if name not in STATIC:
        return None
    room = "assay.reporting" if name == "report.css" else "assay.web"
    file = resources.files(room)
    return (file if room == "assay.reporting" else file / "static").joinpath(name).read_bytes()


def _template(name: str) -> str:
    return resources.files("assay.web").joinpath("templates", name).read_text(encoding="utf-8")


def field(text: str) -> Markup:
    """What a form sends back as it was: escaped, and nothing made visible."""
    return escape(text.encode("utf-8", "replace").decode())


def query_text(values: dict[str, Any], **more: Any) -> str:
    """`?a=1&b=2` of what differs from nothing; `more` stands over `values`."""
    kept = {name: value for name, value in {**values, **more}.items() if value not in ("", None)}
    return f"?{urlencode(kept)}" if kept else "?"
