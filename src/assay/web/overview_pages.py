"""The first page of a project: the verdict, its doubt and its plot; and the whole report."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from assay.presentation import section_spec as spec
from assay.presentation.json_place import Place
from assay.presentation.section_html import blocks_html
from assay.reporting import answer_section, figures
from assay.reporting.report_view import ReportView
from assay.web.forms import whole_number
from assay.web.pages import page
from assay.web.web_project import WebProject

SLOWEST = "ms alone, 95 in 100"
BESIDE = 560  # pixels of the plot, beside the table
# What report.html needs: its own style sheet, no script, nothing from elsewhere.
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def overview(request: Request, project: WebProject) -> Response:
    report = project.report()
    if report is None:
        return page("empty", title=project.name, project=project, tab="overview")
    seen = ReportView(report)
    return page(
        "overview",
        title=project.name,
        project=project,
        tab="overview",
        report=report.data,
        verdict=answer_section.verdict(seen),
        reason=answer_section.blocks(seen)[:2],
        plot=[spec.Figure(figures.quality(seen.ranked, report.data, BESIDE))],
        table=_to_report(blocks_html([short_table(seen)]), project),
        more=answer_section.blocks(seen)[2:],
        past=past_reports(project),
    )


def short_table(seen: ReportView) -> spec.Table:
    """Four columns: what one asks first."""
    rows = []
    for card in seen.ranked:
        arm = seen.arm(card.index)
        gap, _ = seen.gap(card.index, "versus_floor", seen.metric)
        score = arm.at("metrics", seen.metric).with_interval("score")
        rows.append(seen.card_row(card, score, gap, slowest(arm)))
    for card in seen.cards:
        if not card.is_done:
            rows.append(spec.TableRow((card.name, card.data["status"], None, None), "absent"))
    columns = ("strategy", seen.metric_words, "to baseline", SLOWEST)
    return spec.Table("Every strategy on the same test rows, best first.", columns, rows)


def slowest(arm: Place) -> spec.Cell:
    """Milliseconds that 95 in 100 answers take at most, each asked alone: what limits are about."""
    alone = arm.at("cost", "alone")
    return alone.number("ms", "p95") if alone.value else None


def _to_report(html: Markup, project: WebProject) -> Markup:
    """Names lead to their cards, which the whole report has."""
    return Markup(str(html).replace('href="#arm-', f'href="/p/{project.id}/report#arm-'))


def past_reports(project: WebProject) -> list[str]:
    """Numbers of earlier reports, newest first."""
    found = (project.folder / "past").glob("*/report.json")
    numbers = (file.parent.name for file in found)
    return sorted(
        (name for name in numbers if whole_number(name) is not None), key=int, reverse=True
    )


def whole_report(request: Request, project: WebProject) -> Response:
    """report.html as it was written."""
    return _report_page(project.folder / "report.html")


def past_report(request: Request, project: WebProject) -> Response:
    number = request.path_params["number"]
    if number not in past_reports(project):
        raise HTTPException(404)
    return _report_page(project.folder / "past" / number / "report.html")


def _report_page(file: Path) -> Response:
    try:
        text = file.read_bytes()
    except OSError:
        raise HTTPException(404) from None
    headers = {"content-security-policy": REPORT_POLICY}
    return Response(text, media_type="text/html", headers=headers)


ROUTES = {
    "": overview,
    "report": whole_report,
    "past/{number}": past_report,
}
