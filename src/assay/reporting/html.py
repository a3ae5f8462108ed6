"""report.html: one file, no script, no request. Every number of the report carries its JSON pointer
in `data-at`.

Safety    `section_html.py` escapes what it is given, control characters are replaced, and the
          page's own policy forbids everything but its style sheet, which is named by its hash
"""

import base64
import hashlib
from importlib import resources

from markupsafe import Markup

from assay.audits.registry import sections as audit_sections
from assay.decision import decision_table
from assay.presentation import section_spec as spec
from assay.presentation.number_format import clean
from assay.presentation.section_html import blocks_html, words_html
from assay.presentation.section_html import render as section_html
from assay.reporting import (
    answer_section,
    arms_section,
    change_section,
    closing_sections,
    code_section,
    data_section,
    decision_section,
    duel_section,
    retrieval_section,
    slices_section,
)
from assay.reporting.build import Report
from assay.reporting.report_view import ReportView
from assay.tasks.kinds import kind_of

_PAGE = Markup("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
style-src 'sha256-{policy}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{name}: {headline}</title>
<style>{css}</style>
</head>
<body>
<a class="skip" href="#answer">To the answer</a>
<header class="top">
<h1>{heading}</h1>
<p class="kicker">{kicker}</p>
</header>
<main>
<section class="answer" id="answer">
<h2>Answer</h2>
{answer}<nav aria-label="Contents"><ul>
{contents}</ul></nav>
</section>
{sections}</main>
</body>
</html>
""")


def sections(seen: ReportView) -> list[spec.Section]:
    """All that the page has under its answer, in its order."""
    found = [
        decision_section.section(seen),
        change_section.section(seen),
        slices_section.section(seen),
        retrieval_section.section(seen),
        code_section.section(seen),
        data_section.section(seen),
        data_section.leaks_section(seen),
        arms_section.section(seen),
        duel_section.section(seen),
        *audit_sections(seen.data),
        closing_sections.unmeasured_section(seen),
        closing_sections.limits_section(seen),
        closing_sections.reproduce_section(seen),
    ]
    return [one for one in found if spec.present(one.blocks)]


def render(report: Report) -> str:
    """The page as text."""
    seen = ReportView(report)
    css = resources.files("assay.reporting").joinpath("report.css").read_text(encoding="utf-8")
    shown = sections(seen)
    contents = Markup("").join(
        Markup('<li><a href="#{}">{}</a></li>\n').format(one.anchor, one.title) for one in shown
    )
    return _PAGE.format(
        policy=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        name=clean(report.data["project"] or "assay"),
        headline=clean(decision_table.headline(report.data)),
        css=Markup(css),
        heading=clean(report.data["project"] or "Report"),
        kicker=words_html(_kicker(seen)),
        answer=blocks_html([*answer_section.verdict(seen), *answer_section.blocks(seen)]),
        contents=contents,
        sections=Markup("").join(map(section_html, shown)),
    )


def _kicker(seen: ReportView) -> spec.Words:
    """What was judged, in small print over the answer."""
    base = seen.report.extra.get("base")
    judged = f"{kind_of(seen.report.task).title}, judged by {seen.metric_words}"
    model = f". Base model: {base}" if base else ""
    test = seen.place.number("count", "rows", "test")
    rows: tuple[spec.Inline, ...] = (". ", test, " test rows") if test.value else ()
    if seen.data["rows"].get("folds"):
        folds = seen.place.number("count", "rows", "folds")
        rows = (". ", test, " rows, each tested in one of ", folds, " folds")
    return (judged, model, *rows, ".")
