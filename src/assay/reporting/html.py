"""report.html: one file, no script, no request. Every number of the report carries its JSON pointer
in `data-at`.

Safety    values are escaped by Jinja, control characters are replaced, an undefined name is an
          error, and the page's own policy forbids everything but its style sheet, which is named by
          its hash
"""

import base64
import hashlib
from typing import Any

from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from assay.audits.registry import SECTIONS, sections
from assay.core.store import to_json
from assay.decision import cluster_intervals as clusters
from assay.decision import decision_table as decision
from assay.decision import uncertainty as certain
from assay.decision.finished_arm import Extra
from assay.presentation import section_html
from assay.presentation.json_place import Place
from assay.presentation.number_format import clean, count, one_line, score, shorten
from assay.presentation.section_html import words_html
from assay.presentation.svg import badge
from assay.reporting import code_section as ran
from assay.reporting import figures, view
from assay.reporting import leak_sentences as leakage
from assay.reporting import retrieval_section as retrieval
from assay.reporting.build import Report
from assay.tasks.kinds import kind_of


def _finish(value: Any) -> Any:
    """Applied to every value that a template prints."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


class Templates(BytecodeCache):
    """Templates as this process has compiled them: a second report takes a third of the time."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._code.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


TEMPLATES = Templates()


def _environment(data: dict[str, Any]) -> Environment:
    environment = Environment(
        loader=PackageLoader("assay.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finish,
        bytecode_cache=TEMPLATES,
    )
    names, report = environment.globals, Place(data, why=certain.why_none(data))
    names["number"] = lambda shape, *keys: words_html(report.number(shape, *keys))
    names["bounds"] = lambda shape, *keys: words_html(report.ends(shape, *keys))
    environment.filters["count"] = count
    environment.filters["score"] = score
    environment.filters["plain"] = lambda value: value if isinstance(value, str) else to_json(value)
    environment.filters["shorten"] = shorten
    environment.filters["one_line"] = one_line
    return environment


def render(report: Report) -> str:
    """The page as text."""
    environment = _environment(report.data)
    css = environment.get_template("report.css").render()
    policy = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    cards = view.cards(report)
    metric, sign = (
        report.data["task"]["metric"],
        1 if decision.higher_is_better(report.data) else -1,
    )
    ranked = sorted(
        (card for card in cards if card.is_done),
        key=lambda card: -sign * card.data["metrics"][metric]["value"],
    )
    return environment.get_template("report.html.j2").render(
        css=Markup(css),
        policy=policy,
        data=report.data,
        title=kind_of(report.task).title,
        extra={**dict.fromkeys(Extra.__annotations__), **report.extra},
        settings=report.settings,
        cards=cards,
        ranked=ranked,
        figures=figures,
        retrieval=retrieval,
        sure=certain.certainty_sentences(report.data),
        clusters=clusters,
        ran=ran,
        sections=sections(report.data),
        absent=[part for part in SECTIONS if part.KEY not in report.data],
        section=section_html.render,
        figure=section_html.figure_html,
        badge=badge,
        view=view,
        metric=metric,
        decision=decision,
        leakage=leakage,
        report=report,
        few=view.FEW,
    )
