"""A model card: what an arm is, how it was made, how good it is, what it costs; Markdown, made from
the report.

Source      Mitchell et al. 2019, Model Cards for Model Reporting, doi.org/10.1145/3287560; headings
            in the order of cards on the Hugging Face hub
Left open   what no file says (who it is for, who answers for it) stands as lines to fill in; what
            was not measured is "[not measured]", never left out
"""

from functools import partial
from typing import Any

from assay.audits.forgetting import section as forgetting
from assay.audits.registry import SECTIONS
from assay.core.store import to_json
from assay.data.folds import split_words
from assay.decision import decision_table, uncertainty
from assay.presentation.markdown_table import plain, table
from assay.presentation.number_format import (
    NOTHING,
    apart,
    between,
    count,
    megabytes,
    milliseconds,
    score,
    three,
)
from assay.reporting import leak_sentences, view
from assay.reporting.build import Report

NOT_MEASURED = "[not measured]"
OPEN = ("Meant for", "Not meant for", "Who answers for it", "Licence of the data", "How to cite")


def model_card(report: Report, name: str) -> str:
    """The card of one finished arm.

    Raises:
        KeyError: the report has no finished arm of that name.
    """
    data = report.data
    done = {one["name"]: one for one in data["strategies"] if one["status"] == "done"}
    one = done[name]
    chosen = (
        " It is the one that the report recommends."
        if data["verdict"]["recommended"] == name
        else ""
    )
    blocks = [
        f"# Model card: {plain(name)}",
        f"A strategy of {plain(data['project']) or 'this project'}, made by assay"
        f" {plain(data['assay'])}.{chosen}",
        "## What it is",
        table(["what", "value"], _facts(data, one), 2),
        "## To be filled in",
        "\n".join(f"- {line}: " for line in OPEN),
        "## Limits",
        "\n".join(f"- {plain(line, 500)}" for line in _limits(report, one)),
        "## How it was made",
        *_training_blocks(data, one),
        "## How good it is",
        *_good(data, one),
        "## What it costs",
        table(["what", "value"], _costs(data, one), 1),
        "## How to make it again",
        f"`assay run` with the report's project file, seed {data['seed']}. Test rows:"
        f" {plain(data['exam']['hash'])}.",
    ]
    return "\n\n".join(blocks) + "\n"


def _facts(data: dict[str, Any], one: dict[str, Any]) -> list[list[str]]:
    rows = data["rows"]
    models = data["environment"].get("models", {})
    facts = [
        ["task", f"{data['task']['kind']}, judged by {data['task']['metric'].replace('_', ' ')}"],
        ["kind", plain(one["kind"])],
        ["components", plain(view.parts_of(one["cost"]), 500) or NOTHING],
        ["rows", split_words(rows)],
    ]
    names = {part["name"] for part in one["cost"]["parts"]}
    for model, told in models.items():
        if model in names:
            licence = plain(str(told.get("licence") or "licence not known"))
            facts.append(
                [
                    f"model {plain(model)}",
                    f"{licence}; digest {plain(str(told.get('digest', '')))[:16]}",
                ]
            )
    return facts


def _limits(report: Report, one: dict[str, Any]) -> list[str]:
    """What holds for every arm, and what was asked beside the scores."""
    others = [f"{arm['name']}:" for arm in report.data["strategies"] if arm["name"] != one["name"]]
    said = [line for line in view.limits(report) if not line.startswith(tuple(others))]
    for section in SECTIONS:
        asked = section.KEY in report.data
        told = forgetting.summary(report.data, one["name"]) if section is forgetting else ""
        said.append(
            f"{section.TITLE}:"
            f" {told or (f'see the report, section {section.TITLE}' if asked else NOT_MEASURED)}."
        )
    return said


def _training_blocks(data: dict[str, Any], one: dict[str, Any]) -> list[str]:
    settings = [
        [plain(name), plain(to_json(value), 200)] for name, value in one["settings"].items()
    ]
    fit = one["fit"]
    blocks = (
        [f"{plain(fit['word'])}. {plain(fit['text'], 1000)}"] if fit else ["Its fit left no note."]
    )
    blocks += (
        [table(["setting", "value"], settings, 2)] if settings else ["All settings as by default."]
    )
    energy = one["cost"]["energy"]
    how = {"measured": "RAPL", "given": "decide.watts", "assumed": "an assumed 3.5 W a thread"}[
        energy["how"]
    ]
    seconds = one["cost"]["fit_seconds"]
    return [
        *blocks,
        f"Fitting took {three(seconds)} s and about {three(energy['fit_kwh'])} kWh (estimated by"
        f" {how}).",
    ]


def _good(data: dict[str, Any], one: dict[str, Any]) -> list[str]:
    level = f"{data['task']['level'] * 100:g} %"
    rows = [
        [
            name.replace("_", " "),
            score(value["value"]),
            between(value["low"], value["high"], why=uncertainty.why_none(data)),
            count(one["n"]),
        ]
        for name, value in one["metrics"].items()
    ]
    blocks = [table(["metric", "value", level, "n"], rows, 1)]
    metric = data["task"]["metric"]
    for side, what in (("versus_floor", "floor"), ("versus_best", "best")):
        if against := one[side]:
            gap = against[metric]
            unit = decision_table.unit_of(data)
            words = f"{apart(gap['difference'], unit)} {unit or 'points'}"
            shown, why = partial(apart, unit=unit), uncertainty.why_none(data)
            words += f" ({between(gap['low'], gap['high'], shown, why=why)})"
            blocks.append(
                f"Against the {'best strategy' if what == 'best' else 'best baseline'}"
                f" {plain(against[what])}: {words}."
            )
    guards = [
        f"- {plain(name)}: {guard['state']} against {plain(guard['reference'])}"
        for name, guard in one["guards"].items()
    ]
    blocks += ["Guards:", "\n".join(guards)] if guards else []
    metric_of = [(part, values[metric]) for part, values in one["slices"].items()]
    worst = [
        (part, value)
        for part, value in metric_of
        if value["n"] >= view.FEW and value["value"] is not None
    ]
    if worst:
        sign = 1 if decision_table.higher_is_better(data) else -1
        part, value = min(worst, key=lambda pair: sign * pair[1]["value"])
        words = (
            f"{score(value['value'])} ({between(value['low'], value['high'])}), n ="
            f" {count(value['n'])}"
        )
        blocks.append(f"Weakest slice: {plain(part)}, {words}.")
    return [*blocks, plain(leak_sentences.leak_sentence(data), 500)]


def _costs(data: dict[str, Any], one: dict[str, Any]) -> list[list[str]]:
    cost = one["cost"]
    alone, month = cost["alone"], cost["month"]
    timed = (
        f"{milliseconds(alone['p50'])} and {milliseconds(alone['p95'])}, n = {alone['n']}"
        if alone
        else NOT_MEASURED
    )
    return [
        ["ms an answer, in a batch", milliseconds(cost["seconds_per_answer"])],
        ["ms an answer, alone: half, and 95 in 100, are faster", timed],
        ["tokens an answer", three(cost["tokens_per_answer"])],
        ["peak memory, MB", megabytes(cost["peak_bytes"])],
        ["kept on disk, MB", megabytes(cost["kept_bytes"])],
        ["kWh a thousand answers, estimated", three(cost["energy"]["kwh_per_thousand"])],
        ["effort", decision_table.effort(cost)],
        [decision_table.cost_name(data), three(month["total"]) if month else NOT_MEASURED],
        ["update", decision_table.update(cost)],
    ]
