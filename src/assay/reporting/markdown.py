"""The report as report.md, for a pull request."""

from functools import partial
from typing import Any

from assay.audits.registry import sections
from assay.decision import cluster_intervals as clusters
from assay.decision import decision_table as decision
from assay.decision import uncertainty as certain
from assay.presentation import section_markdown
from assay.presentation.markdown_table import code_block, plain, table
from assay.presentation.number_format import NOTHING, apart, between, count, score
from assay.reporting import code_section as ran
from assay.reporting import leak_sentences as leakage
from assay.reporting import retrieval_section as retrieval
from assay.reporting import view
from assay.reporting.build import Report
from assay.reporting.summary import best_first, cells_of, header_of


def _retrieval(data: dict[str, Any]) -> list[str]:
    """What was found, and whether errors come from finding or from reading."""
    arms = [one for _, one in retrieval.retrieving(data)]
    if not arms:
        return []
    headings = retrieval.headings_with_values(data, (*retrieval.FOUND, *retrieval.READ))
    rows = [
        [
            plain(one["name"]),
            *(score(one["retrieval"]["values"].get(key, {}).get("value")) for key, _ in headings),
        ]
        for one in arms
    ]
    blocks = ["## Retrieval", plain(retrieval.sentence(data), 1000)]
    blocks += [table(["arm", *(words for _, words in headings)], rows, 1)] if headings else []
    told = [one for _, one in retrieval.arms_with_errors(data)]
    counts = [
        [
            plain(one["name"]),
            *(count(one["retrieval"]["errors"][key]) for key, _ in retrieval.ERRORS),
        ]
        for one in told
    ]
    return blocks + (
        [table(["arm", *(words for _, words in retrieval.ERRORS)], counts, 1)] if told else []
    )


def _clusters(data: dict[str, Any]) -> list[str]:
    """Plain intervals and those of clusters, where rows cluster that no group is declared for."""
    block = clusters.cluster_block(data)
    if block is None:
        return []
    shape = partial(apart, unit=decision.unit_of(data))
    rows = []
    for one in block["arms"]:
        mine, gap = one["score"], one["to_best"]
        cells = [
            between(mine[way]["low"], mine[way]["high"], to="–") for way in ("plain", "together")
        ]
        cells += [
            between(gap[way]["low"], gap[way]["high"], shape) if gap else NOTHING
            for way in ("plain", "together")
        ]
        rows.append([plain(one["name"]), score(mine["value"]), *cells])
    header = [
        "arm",
        data["task"]["metric"].replace("_", " "),
        "plain",
        "together",
        "to best, plain",
        "together",
    ]
    return [plain(clusters.heading(block), 500) + ":", table(header, rows, 1)]


def _ran(data: dict[str, Any]) -> list[str]:
    """What running the answers came to, where something was run."""
    arms, kinds = ran.arms(data), ran.outcome_kinds(data)
    if not arms:
        return []
    rows = [
        [plain(one["name"]), *(count(one["outcomes"][key]) for key, _ in kinds)] for _, one in arms
    ]
    shown = table(["arm", *(words for _, words in kinds)], rows, 1)
    return ["## What running the answers came to", plain(ran.sentence(data), 1000), shown]


def render(report: Report) -> str:
    """report.md: answer, decision table, leaks, limits, how to reproduce."""
    data, extra = report.data, report.extra
    verdict = data["verdict"]
    title = plain(data["project"]) or "report"
    blocks = [f"# {title}", f"**{plain(decision.headline(data))}**", plain(verdict["reason"], 2000)]
    blocks += [plain(verdict["doubt"], 2000)] if verdict["doubt"] else []
    blocks += [plain(line, 2000) for line in decision.open_questions(data)]
    if verdict["corrected"] is not None:
        blocks.append(
            f"Corrected for having been chosen on these rows: {score(verdict['corrected'])}."
        )
    missing = view.not_tried(report)
    if missing:
        blocks += ["Not tried:", "\n".join(f"- {plain(line, 500)}" for line in missing)]
    arms = best_first(data)
    rows = [[plain(name), *others] for name, *others in (cells_of(arm, data) for arm in arms)]
    headings, guide = decision.guide(data, arms)
    measured = table(headings, [[plain(name), *others] for name, *others in guide], 1)
    blocks += ["## The decision, measured", measured, table(header_of(data), rows, 1)]
    blocks += [
        "## What would change it",
        "\n".join(f"- {plain(line, 500)}" for line in decision.changes(data)),
    ]
    sure = certain.certainty_sentences(data)
    blocks += ["How sure:", "\n".join(f"- {plain(line, 500)}" for line in sure)] if sure else []
    blocks += _clusters(data) + _retrieval(data) + _ran(data)
    fits = [
        f"- {plain(s['name'])}: {s['fit']['word']}. {plain(s['fit']['text'], 500)}"
        for s in view.arms_with_training(data)
    ]
    blocks += ["How training went:", "\n".join(fits)] if fits else []
    blocks += ["## Leaks", plain(leakage.leak_sentence(data), 500)]
    pairs = [
        f"- {plain(pair['id'])} ({plain(pair['kind'])}, {score(pair.get('similarity'))},"
        f" {plain(pair.get('decision', ''))}): {plain(pair['first']['source'])},"
        f" {plain(pair['second']['source'])}"
        for pair in extra.get("leaks", [])[:20]
    ]
    blocks += ["\n".join(pairs)] if pairs else []
    blocks += [
        f"- {plain(line, 1000)}"
        for line in (*leakage.answer_leak_sentences(extra), *extra.get("doubts", []))
    ]
    blocks += [text for part in sections(data) for text in section_markdown.render(part)]
    blocks += ["## Limits", "\n".join(f"- {plain(line, 500)}" for line in view.limits(report))]
    if data["warnings"]:
        said = [
            f"- {plain(w['code'])} ({count(w.get('count') or 1)}): {plain(w['text'], 500)}"
            for w in data["warnings"]
        ]
        blocks += ["Warnings:", "\n".join(said)]
    blocks += ["## How to reproduce"]
    commands, project = extra.get("commands"), extra.get("project_yaml")
    if commands:
        blocks.append(code_block("\n".join(commands), "sh"))
    facts = [("seed", str(data["seed"])), ("exam, hash", str(data["exam"].get("hash", "")))]
    facts += [*extra.get("hashes", {}).items(), *view.environment(data)]
    blocks.append(
        table(["what", "value"], [[plain(name), plain(value)] for name, value in facts], 2)
    )
    if project:
        blocks.append(code_block(project, "yaml"))
    return "\n\n".join(blocks) + "\n"
