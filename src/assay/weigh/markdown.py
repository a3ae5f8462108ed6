"""The report as plain text: report.md for a pull request, the table and the last lines for the terminal."""

import re
import textwrap
from functools import partial
from typing import TYPE_CHECKING, Any

from assay.weigh import certain, clusters, decision, ran, retrieval, view
from assay.weigh.numbers import (
    NOTHING,
    apart,
    between,
    clean,
    count,
    duration,
    equals_p,
    megabytes,
    milliseconds,
    one_line,
    p_value,
    score,
    signed,
    sized,
    three,
)
from assay.weigh.sections import SECTIONS, forgetting

if TYPE_CHECKING:
    from assay.weigh.report import Report

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!$&@])")


def plain(text: str, width: int = 200) -> str:
    """Foreign text inside Markdown: one line, nothing in it acts."""
    return _SPECIAL.sub(r"\\\1", one_line(text, width)).replace("://", "&#58;//").replace("www.", "www&#46;")


def fenced(text: str, language: str = "") -> str:
    """A code block whose fence is longer than any in `text`."""
    text = clean(text).rstrip("\n")
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _done(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The arms, best first, those without a result last."""
    metric, sign = data["task"]["metric"], 1 if decision.higher_is_better(data) else -1
    arms = data["strategies"]
    done = sorted((s for s in arms if s["status"] == "done"), key=lambda s: -sign * s["metrics"][metric]["value"])
    return [*done, *(s for s in arms if s["status"] != "done")]


def _cells(arm: dict[str, Any], data: dict[str, Any]) -> list[str]:
    cost, metric = arm["cost"], data["task"]["metric"]
    costs = [
        milliseconds(cost["seconds_per_answer"]),
        milliseconds((cost.get("alone") or {}).get("p95")),
        three(cost["tokens_per_answer"]),
        three(cost["fit_seconds"]),
        megabytes(cost["peak_bytes"]),
        megabytes(cost["kept_bytes"]),
        *([three(cost["money_per_answer"])] if view.paid(data) else []),
    ]
    if arm["status"] != "done":
        return [arm["name"], arm["status"], NOTHING, NOTHING, NOTHING, NOTHING, *costs]
    one, floor = arm["metrics"][metric], (arm["versus_floor"] or {}).get(metric)
    gain = [signed(floor["difference"]), p_value(floor["p_holm"])] if floor else [NOTHING, NOTHING]
    return [
        arm["name"],
        score(one["value"]),
        between(one["low"], one["high"], to="–", why=certain.why_none(data)),
        count(arm["n"]),
        *gain,
        *costs,
    ]


def _header(data: dict[str, Any]) -> list[str]:
    level = f"{data['task']['level'] * 100:g} %"
    metric = data["task"]["metric"].replace("_", " ")
    known = [
        "arm",
        metric,
        level,
        "n",
        "to floor",
        "p (Holm)",
        "ms/answer",
        "ms p95",
        "tokens",
        "fit s",
        "peak MB",
        "kept MB",
    ]
    return [*known, "price"] if view.paid(data) else known


def terminal_table(data: dict[str, Any]) -> list[list[str]]:
    """The header, then one row per arm, best first: arm, metric, interval, n, to floor, p (Holm), ms an answer in a
    batch, ms that 95 answers in 100 are faster than when asked alone, tokens, fit s, peak MB, kept MB, price where
    answers are paid for. Names are shortened to 24 characters."""
    rows = [_cells(arm, data) for arm in _done(data)]
    return [_header(data), *([one_line(row[0], 24), *row[1:]] for row in rows)]


def summary_lines(data: dict[str, Any], width: int = 80) -> list[str]:
    """The last lines of a run, at most `width` columns each: what to use, by how much, how sure, what else."""
    wrap = partial(_wrapped, width=width)
    verdict, metric = data["verdict"], data["task"]["metric"]
    arms = {s["name"]: s for s in data["strategies"]}
    winner = arms.get(verdict["recommended"])
    if winner is None:
        return [line for text in (verdict["reason"], *decision.open_questions(data)) for line in wrap(text, "")]
    lines = wrap(view.headline(data), "")
    floor = winner["versus_floor"]
    if verdict.get("state") == "nothing" or not floor:
        lines += wrap(verdict["reason"]) if len(arms) > 1 else []
    else:
        gap, unit = floor[metric], decision.unit_of(data)
        size = f"{apart(gap['difference'], unit)} {unit or 'points'} over the best baseline, {floor['floor']}"
        proven = "" if verdict.get("state", "use") == "use" else ": not proven better"
        lines += wrap(f"{size} ({_bounds(data, gap)}){proven}")
        lines += wrap(_costs(winner["cost"], arms[floor["floor"]]["cost"]))
    rival = view.rival_of(data)
    if rival and rival != (floor or {}).get("floor") and (winner["versus_best"] or arms[rival]["versus_best"]):
        lines += wrap(_against(data, arms[rival], winner))
    lines += [line for text in decision.open_questions(data) for line in wrap(text)]
    fit = winner.get("fit")
    if fit and fit["word"] != "learning":
        lines += wrap(f"training of {winner['name']}: {fit['word']}. {fit['text']}")
    if forgot := forgetting.summary(data, winner["name"]):
        lines += wrap(forgot)
    if together := clusters.short(data):
        lines += wrap(together)
    found, gone = view.leaks(data), data["audit"]["repaired"]
    leaks = f"leaks: {count(found)}" + (
        f" found, {count(gone)} {'row' if gone == 1 else 'rows'} taken out of train or val" if gone else ""
    )
    if twins := data["audit"].get("paraphrase"):
        leaks += f"; {count(twins)} test row{'s' * (twins != 1)} in other words"
    codes = ", ".join(str(warning["code"]) for warning in data["warnings"])
    lines += wrap(f"{leaks}; warnings: {len(data['warnings'])}" + (f" ({codes})" if codes else ""))
    return lines


def _costs(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    """`p95 latency 0.86 s against 0.06 s; retrain 14 min against 8 s`: of what was measured of both."""
    said = []
    pairs = [((one.get("alone") or {}).get("p95"), one.get("fit_seconds")) for one in (ours, theirs)]
    for words, first, second in zip(("p95 latency", "retrain"), *pairs, strict=True):
        if first is not None and second is not None:
            said.append(f"{words} {duration(first)} against {duration(second)}")
    return "; ".join(said)


def _bounds(data: dict[str, Any], gap: dict[str, Any], sign: int = 1) -> str:
    """The interval of a difference of the deciding metric, turned round where `sign` is -1, and its p."""
    low, high = (None if gap[end] is None else sign * gap[end] for end in ("low", "high")[::sign])
    shape = partial(apart, unit=decision.unit_of(data))
    return f"{between(low, high, shape, why=certain.why_none(data))}, {equals_p(gap['p_holm'])} after Holm"


def _against(data: dict[str, Any], rival: dict[str, Any], winner: dict[str, Any]) -> str:
    """How the nearest other arm differs, in score and in time."""
    metric, unit = data["task"]["metric"], decision.unit_of(data)
    if rival["versus_best"]:
        gap, sign = rival["versus_best"][metric], 1
    else:
        gap, sign = winner["versus_best"][metric], -1
    size = sign * gap["difference"]
    word = "higher" if size > 0 else "lower"
    how = f"is {sized(size, unit)} {word}" if round(size, 6) else "scores the same"
    text = f"{rival['name']} {how} ({_bounds(data, gap, sign)})"
    ours, theirs = winner["cost"]["seconds_per_answer"], rival["cost"]["seconds_per_answer"]
    if ours and theirs:
        text += f", {_pace(theirs / ours)}"
    return text


def _pace(ratio: float) -> str:
    """How fast another arm answers, in words: ratio of its seconds an answer to ours."""
    if 0.8 <= ratio <= 1.25:
        return "about as fast"
    factor = ratio if ratio > 1 else 1 / ratio
    return (
        f"{factor:,.0f} times as {'slow' if ratio > 1 else 'fast'}"
        if factor >= 1.5
        else ("a little slower" if ratio > 1 else "a little faster")
    )


def _wrapped(text: str, indent: str = "  ", width: int = 80) -> list[str]:
    return textwrap.wrap(
        one_line(text, 1000), width, initial_indent=indent, subsequent_indent=indent + "  " * bool(indent)
    )


def _table(header: list[str], rows: list[list[str]], right: int) -> str:
    """A Markdown table; columns from `right` on are aligned to the right."""
    rule = ["---" if index < right else "---:" for index in range(len(header))]
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *rows])


def _retrieval(data: dict[str, Any]) -> list[str]:
    """What was found, and whether errors come from finding or from reading."""
    arms = [one for _, one in retrieval.retrieving(data)]
    if not arms:
        return []
    headings = retrieval.shown(data, (*retrieval.FOUND, *retrieval.READ))
    rows = [
        [plain(one["name"]), *(score(one["retrieval"]["values"].get(key, {}).get("value")) for key, _ in headings)]
        for one in arms
    ]
    blocks = ["## Retrieval", plain(retrieval.sentence(data), 1000)]
    blocks += [_table(["arm", *(words for _, words in headings)], rows, 1)] if headings else []
    told = [one for _, one in retrieval.told_apart(data)]
    counts = [
        [plain(one["name"]), *(count(one["retrieval"]["errors"][key]) for key, _ in retrieval.ERRORS)] for one in told
    ]
    return blocks + ([_table(["arm", *(words for _, words in retrieval.ERRORS)], counts, 1)] if told else [])


def _clusters(data: dict[str, Any]) -> list[str]:
    """Plain intervals and those of clusters, where rows cluster that no group is declared for."""
    block = clusters.found_in(data)
    if block is None:
        return []
    shape = partial(apart, unit=decision.unit_of(data))
    rows = []
    for one in block["arms"]:
        mine, gap = one["score"], one["to_best"]
        cells = [between(mine[way]["low"], mine[way]["high"], to="–") for way in ("plain", "together")]
        cells += [
            between(gap[way]["low"], gap[way]["high"], shape) if gap else NOTHING for way in ("plain", "together")
        ]
        rows.append([plain(one["name"]), score(mine["value"]), *cells])
    header = ["arm", data["task"]["metric"].replace("_", " "), "plain", "together", "to best, plain", "together"]
    return [plain(clusters.heading(block), 500) + ":", _table(header, rows, 1)]


def _ran(data: dict[str, Any]) -> list[str]:
    """What running the answers came to, where something was run."""
    arms, kinds = ran.arms(data), ran.shown(data)
    if not arms:
        return []
    rows = [[plain(one["name"]), *(count(one["outcomes"][key]) for key, _ in kinds)] for _, one in arms]
    table = _table(["arm", *(words for _, words in kinds)], rows, 1)
    return ["## What running the answers came to", plain(ran.sentence(data), 1000), table]


def render(report: "Report") -> str:
    """report.md: answer, decision table, leaks, limits, how to reproduce."""
    data, extra = report.data, report.extra
    verdict = data["verdict"]
    title = plain(data["project"]) or "report"
    blocks = [f"# {title}", f"**{plain(view.headline(data))}**", plain(verdict["reason"], 2000)]
    blocks += [plain(verdict["doubt"], 2000)] if verdict["doubt"] else []
    blocks += [plain(line, 2000) for line in decision.open_questions(data)]
    if verdict["corrected"] is not None:
        blocks.append(f"Corrected for having been chosen on these rows: {score(verdict['corrected'])}.")
    missing = view.not_tried(report)
    if missing:
        blocks += ["Not tried:", "\n".join(f"- {plain(line, 500)}" for line in missing)]
    rows = [[plain(cells[0]), *cells[1:]] for cells in (_cells(arm, data) for arm in _done(data))]
    header, guide = decision.guide(data, _done(data))
    measured = _table(header, [[plain(cells[0]), *cells[1:]] for cells in guide], 1)
    blocks += ["## The decision, measured", measured, _table(_header(data), rows, 1)]
    blocks += ["## What would change it", "\n".join(f"- {plain(line, 500)}" for line in decision.changes(data))]
    sure = certain.said(data)
    blocks += ["How sure:", "\n".join(f"- {plain(line, 500)}" for line in sure)] if sure else []
    blocks += _clusters(data) + _retrieval(data) + _ran(data)
    fits = [f"- {plain(s['name'])}: {s['fit']['word']}. {plain(s['fit']['text'], 500)}" for s in view.trained(data)]
    blocks += ["How training went:", "\n".join(fits)] if fits else []
    blocks += ["## Leaks", plain(view.leak_sentence(data), 500)]
    pairs = [
        f"- {plain(pair['id'])} ({plain(pair['kind'])}, {score(pair.get('similarity'))},"
        f" {plain(pair.get('decision', ''))}): {plain(pair['first']['source'])}, {plain(pair['second']['source'])}"
        for pair in extra.get("leaks", [])[:20]
    ]
    blocks += ["\n".join(pairs)] if pairs else []
    blocks += [f"- {plain(line, 1000)}" for line in (*view.given_away(extra), *extra.get("doubts", []))]
    for section in SECTIONS:
        if section.KEY in data and (said := section.markdown(data)):
            blocks += [f"## {section.TITLE}", *said]
    blocks += ["## Limits", "\n".join(f"- {plain(line, 500)}" for line in view.limits(report))]
    if data["warnings"]:
        said = [
            f"- {plain(w['code'])} ({count(w.get('count') or 1)}): {plain(w['text'], 500)}" for w in data["warnings"]
        ]
        blocks += ["Warnings:", "\n".join(said)]
    blocks += ["## How to reproduce"]
    commands, project = extra.get("commands"), extra.get("project_yaml")
    if commands:
        blocks.append(fenced("\n".join(commands), "sh"))
    facts = [("seed", str(data["seed"])), ("exam, hash", str(data["exam"].get("hash", "")))]
    facts += [*extra.get("hashes", {}).items(), *view.environment(data)]
    blocks.append(_table(["what", "value"], [[plain(name), plain(value)] for name, value in facts], 2))
    if project:
        blocks.append(fenced(project, "yaml"))
    return "\n\n".join(blocks) + "\n"
