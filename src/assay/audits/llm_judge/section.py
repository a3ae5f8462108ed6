"""The part of the report on which of two arms' answers a model prefers."""

from typing import Any

from assay.presentation import section_spec as spec
from assay.presentation.json_place import Place
from assay.presentation.number_format import above, below, between, count, score

KEY = "judged"
TITLE = "Judged by a model"
HOW = "evaluate: {judge: MODEL}"


def first(data: dict[str, Any]) -> str:
    """What was found, in words."""
    found = data[KEY]
    told = []
    for one in found["pairs"]:
        share = one["share"]
        if above(share["low"], 0.5):
            word = f"{one['first']} is preferred to {one['second']}"
        elif below(share["high"], 0.5):
            word = f"{one['second']} is preferred to {one['first']}"
        else:
            word = f"{one['first']} and {one['second']} are not told apart"
        level = f"{found['level'] * 100:g} %"
        bounds = f"share {score(share['value'])}, {between(share['low'], share['high'])} at {level}"
        told.append(f"{word} ({bounds}, {count(one['n'])} rows)")
    return f"As {found['model']} judges, {'; '.join(told)}."


def doubts(data: dict[str, Any]) -> list[str]:
    """How far the judge can be believed, a sentence each."""
    at, people = data[KEY]["position"], data[KEY]["people"]
    said = []
    if at:
        said.append(
            f"With the places of the answers swapped it keeps its choice on {at['same'] * 100:.0f}"
            f" % of {count(at['n'])} rows; the rest are ties. What stands first"
            f" is preferred in {at['first'] * 100:.0f} % of its answers, 50 % being without a bias."
        )
        if at["same"] < 0.5:
            said.append(
                "On most rows the place decides, not the answer: do not rely on this judge."
            )
    if people:
        share = people["share"]
        said.append(
            "It agrees with people"
            f" on {score(share['value'])} ({between(share['low'], share['high'])})"
            f" of {count(people['n'])} rows that both decided."
        )
        if people["n"] < 30:
            said.append("These are too few rows to say how well it stands for people.")
    else:
        said.append(
            "How well it stands for people is not known: no row that it decided was rated (assay"
            " review)."
        )
    return said


def blocks(report: Place) -> list[spec.Block]:
    rows = [
        (
            *(one.value["first"], one.value["second"]),
            *one.numbers("count", "n", "won", "lost", "ties", "alike"),
            *one["share"].and_interval("score"),
            one.number("p", "p"),
        )
        for one in report[KEY]["pairs"]
    ]
    caption = (
        "Each pair of answers is shown twice, with their places swapped. An answer has won where"
        " it is preferred both times; all else are ties. Share: won and half the ties."
    )
    columns = ("strategy", "against", "rows", "won", "lost", "ties", "of them alike", "share")
    return [
        spec.Paragraph(first(report.value)),
        spec.Table(caption, (*columns, "interval", "p"), rows, wide=False),
        *(spec.Paragraph(line, "note") for line in doubts(report.value)),
    ]
