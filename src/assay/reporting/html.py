"""report.html: one file, no script, no request. Every number of the report carries its JSON pointer
in `data-at`.

Safety    values are escaped by Jinja, control characters are replaced, an undefined name is an
          error, and the page's own policy forbids everything but its style sheet, which is named by
          its hash
"""

import base64
import hashlib
from typing import Any

from jinja2 import BytecodeCache, ChoiceLoader, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from assay.audits.registry import SECTIONS
from assay.core.store import to_json
from assay.decision import cluster_intervals as clusters
from assay.decision import decision_table as decision
from assay.decision import uncertainty as certain
from assay.decision.finished_arm import Extra
from assay.presentation.number_format import (
    FORMATS,
    between,
    clean,
    count,
    one_line,
    score,
    shorten,
)
from assay.presentation.svg import badge
from assay.reporting import code_section as ran
from assay.reporting import figures, view
from assay.reporting import leak_sentences as leakage
from assay.reporting import retrieval_section as retrieval
from assay.reporting.build import Report
from assay.tasks.kinds import kind_of


def pointer(*keys: str | int) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)


def _at(data: dict[str, Any], *keys: str | int) -> Any:
    value: Any = data
    for key in keys:
        value = value[key]
    return value


def _number(data: dict[str, Any], shape: str, *keys: str | int) -> Markup:
    """The number at `keys`, shaped, with its exact value and its place in report.json."""
    value = _at(data, *keys)
    words = FORMATS[shape](value)
    if value is None:
        return Markup(f'<span class="none">{words}</span>')
    return Markup('<data value="{}" data-at="{}" data-as="{}">{}</data>').format(
        value, clean(pointer(*keys)), shape, words
    )


def _ends(data: dict[str, Any], shape: str, *keys: str | int) -> Markup:
    """The bounds of the interval at `keys`."""
    found = _at(data, *keys)
    if None in (found["low"], found["high"]):
        return Markup('<span class="range none">{}</span>').format(
            between(None, None, why=certain.why_none(data))
        )
    low, high = (_number(data, shape, *keys, end) for end in ("low", "high"))
    return Markup('<span class="range">{} to {}</span>').format(low, high)


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
        loader=ChoiceLoader(
            [PackageLoader("assay.reporting", "templates"), PackageLoader("assay.audits", ".")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finish,
        bytecode_cache=TEMPLATES,
    )
    names: dict[str, Any] = environment.globals
    names["number"] = lambda shape, *keys: _number(data, shape, *keys)
    names["bounds"] = lambda shape, *keys: _ends(data, shape, *keys)
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
        sections=SECTIONS,
        template_of=lambda section: f"{section.__name__.split('.')[-2]}/section.html.j2",
        badge=badge,
        view=view,
        metric=metric,
        decision=decision,
        leakage=leakage,
        report=report,
        few=view.FEW,
    )
