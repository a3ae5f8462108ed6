"""The part of the report on which rules of the policy each strategy keeps."""

from __future__ import annotations

from typing import Any

from assay.presentation import section_spec as spec
from assay.presentation.json_place import Place
from assay.presentation.number_format import above, below, count

KEY = "rules"
TITLE = "Rules of the policy"
HOW = ""  # nothing is missing where the task has no policy
EVERY = "every rule"


def lead(report: Place) -> spec.Words:
    """What the recommended strategy keeps, and where it breaks most."""
    found = report[KEY]
    name = report.value["verdict"]["recommended"]
    if name not in found.value["arms"]:
        return ""
    number, ends = found["all"][name].and_interval("score")
    words: tuple[spec.Inline, ...] = (
        f"Of {count(found.value['n'])} answers {name} keeps every rule in a share of ",
        number,
        " (",
        ends,
        ")",
    )
    rules = list(found["rules"])
    worst = min(rules, key=lambda rule: rule["arms"][name].value["value"])
    share = worst["arms"][name]
    if share.value["value"] == 1:
        return (*words, ".")
    return (
        *words,
        f"; it breaks '{worst.value['name']}' most, kept in ",
        share.number("score", "value"),
        ".",
    )


def ranked(data: dict[str, Any]) -> list[str]:
    """The recommended strategy, then the others, those first that keep every rule most often."""
    found, first = data[KEY], data["verdict"]["recommended"]
    return sorted(
        found["arms"], key=lambda name: (name != first, -(found["all"][name]["value"] or 0.0))
    )


def moved(found: dict[str, Any], name: str) -> str:
    """Which rules an arm surely keeps more often, and less often, than the base."""
    more, less = [], []
    for rule in found["rules"]:
        against = rule["arms"][name]["against"]
        if against and above(against["low"], 0.0):
            more.append(rule["name"])
        elif against and below(against["high"], 0.0):
            less.append(rule["name"])
    said = [f"more often: {', '.join(more)}"] if more else []
    said += [f"less often: {', '.join(less)}"] if less else []
    return f"Beside {found['base']}, {name} keeps {'; '.join(said)}." if said else ""


def blocks(report: Place) -> list[spec.Block]:
    found = report[KEY]
    names, base = ranked(report.value), found.value["base"]
    every = [(EVERY, *(found["all"][name].with_interval("score") for name in names))]
    rows = [
        (rule.value["name"], *(rule["arms"][name].with_interval("score") for name in names))
        for rule in found["rules"]
    ]
    caption = (
        f"Share of the {count(found.value['n'])} answers that keep a rule, with its interval at"
        f" {100 * found.value['level']:g} %."
    )
    unchecked = found.value["unchecked"]
    note = f"No program can check: {', '.join(unchecked)}." if unchecked else ""
    others = [name for name in names if name != base]
    return [
        spec.Paragraph(lead(report)),
        spec.Bullets([line for name in others if base and (line := moved(found.value, name))]),
        spec.Table(caption, ("rule", *names), [*rows, *every]),
        *_differences(found, base, others),
        _examples(found.value),
        spec.Paragraph(note, "note"),
    ]


def _differences(found: Place, base: str | None, others: list[str]) -> list[spec.Block]:
    if base is None or not others:
        return []
    places = [(rule.value["name"], rule["arms"]) for rule in found["rules"]]
    rows = [
        (said, *(arms[name]["against"].with_interval("points") for name in others))
        for said, arms in [*places, (EVERY, found["all"])]
    ]
    caption = f"Difference to {base}, in points, paired. Of many intervals one in twenty leaves 0."
    table = spec.Table(caption, ("rule", *others), rows)
    return [spec.Details(f"Rule by rule beside {base}", (table,), printed=True)]


def _examples(found: dict[str, Any]) -> spec.Block:
    items = [
        spec.Item(
            one["id"],
            (one["question"],),
            (
                spec.LabelledValue("answer", one["answer"], "wrong"),
                spec.LabelledValue("breaks", ", ".join(one["broken"])),
            ),
        )
        for one in found["examples"]
    ]
    said = "Answers of the recommended strategy that break most rules"
    return spec.Details(said, (spec.ItemList(items, short=1),))
