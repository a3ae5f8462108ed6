"""The part of the report on what a typing error, another case, a lure or a longer text does to the
answers."""

from typing import Any

from assay.audits.robustness.operators import ABOUT, OPERATORS
from assay.audits.robustness.summary import attack_sentence, first_arm, worst
from assay.config.audits.robustness import Kind
from assay.presentation.markdown_table import plain, table
from assay.presentation.number_format import NOTHING, between, count, fewer_rows, points, score
from assay.presentation.plots import forest
from assay.presentation.svg import Dot, Plot

KEY = "robustness"
TITLE = "Robustness"
HOW = "evaluate: {robustness: true}"
SHOWN = 2  # rows of a kind in report.md; report.json has all that were kept

WAYS = {(operator.kind, operator.name): operator.about for operator in OPERATORS}


def about(kind: Kind) -> str:
    """What a kind of change is, in a few words."""
    return ABOUT[kind]


def way(kind: Kind, name: str) -> str:
    """How a row was changed, a sentence."""
    return WAYS[kind, name]


def lead(found: dict[str, Any]) -> list[str]:
    """What was found, a sentence each: the arm that is looked at first, then the others."""
    first = first_arm(found)
    arms = [first, *(arm for arm in found["arms"] if arm is not first)]
    return [
        line for arm in arms for line in (worst(found, arm), attack_sentence(found, arm)) if line
    ]


def place(found: dict[str, Any]) -> int:
    """Index of the arm that is looked at first."""
    return found["arms"].index(first_arm(found))


def by_kind(found: dict[str, Any]) -> list[tuple[Kind, list[int | None]]]:
    """(kind, its index among the kinds of each arm) in the order of the arms."""
    names: list[list[Kind]] = [[one["kind"] for one in arm["kinds"]] for arm in found["arms"]]
    kinds = list(dict.fromkeys(kind for own in names for kind in own))
    return [(kind, [own.index(kind) if kind in own else None for own in names]) for kind in kinds]


def mark(data: dict[str, Any], name: str) -> int:
    """The arm's place in the report: its colour and shape."""
    return next((i for i, one in enumerate(data["strategies"]) if one["name"] == name), 0)


def plot(data: dict[str, Any]) -> Plot | None:
    """What each kind of change does to the arm that is looked at first."""
    found = data[KEY]
    arm = first_arm(found)
    metric, level = found["metric"].replace("_", " "), f"{100 * found['level']:g} %"
    at = mark(data, arm["name"])
    dots = []
    for one in arm["kinds"]:
        value, low, high = (one["change"][end] for end in ("difference", "low", "high"))
        if value is not None:
            dots.append(
                Dot(
                    f"{one['kind']}, n = {count(one['n'])}",
                    at,
                    value,
                    low,
                    high,
                    one["kind"] == arm["worst"],
                )
            )
    if not dots:
        return None
    return forest(
        KEY,
        sorted(dots, key=lambda dot: dot.value),
        axis=f"change of {metric}",
        line_at=(0.0, "as it comes"),
        title=f"What changed questions do to {arm['name']}",
        about="One row per kind of change, the costliest"
        f" first: change of {metric} with its {level} interval; a dashed line marks no change.",
        caption=f"{arm['name']}: {metric} of the"
        f" changed questions less that of the same questions as they come, with {level} intervals.",
        header="kind",
    )


def limits(found: dict[str, Any]) -> list[str]:
    """What a reader must know of these figures."""
    lines = [
        "Questions are changed by rules, not by people; the right"
        " answer is taken to stay. A drop says what such a change costs, not how often it happens.",
    ]
    lines += fewer_rows(found, KEY)
    if found["left_out"]:
        lines.append(f"Left out, as they fit fewer than two rows: {', '.join(found['left_out'])}.")
    kinds = {one["kind"] for arm in found["arms"] for one in arm["kinds"]}
    if "foreign" in kinds:
        lines.append(
            "foreign puts words of another language around the text; the text itself is not"
            " translated."
        )
    if "long" in kinds:
        lines.append(
            f"A long text has {count(found['long'])} characters. Cut prompts are counted for"
            " language models."
        )
    return lines


def markdown(data: dict[str, Any]) -> list[str]:
    found = data[KEY]
    arms = found["arms"]
    rows = [
        ["as they come", count(found["rows"]), *(score(arm["before"]["value"]) for arm in arms)],
        *(
            [
                f"{kind}: {about(kind)}",
                count(
                    max(
                        arm["kinds"][at]["n"]
                        for arm, at in zip(arms, places, strict=True)
                        if at is not None
                    )
                ),
                *(_cell(arm, at) for arm, at in zip(arms, places, strict=True)),
            ]
            for kind, places in by_kind(found)
        ),
    ]
    blocks = [plain(" ".join(lead(found)), 3000)]
    blocks.append(table(["change, in points", "n", *(plain(arm["name"]) for arm in arms)], rows, 1))
    shown = [
        f"- {one['kind']}, {plain(row['id'])}:"
        f" {plain(row['changed'], 300)} (right: {plain(row['target'], 60)},"
        f" answered: {plain(NOTHING if row['after'] is None else row['after'], 60)})"
        for one in first_arm(found)["kinds"]
        for row in one["examples"][:SHOWN]
    ]
    blocks += (
        [f"Right before, wrong after, {plain(first_arm(found)['name'])}:", "\n".join(shown)]
        if shown
        else []
    )
    return [*blocks, "\n".join(f"- {plain(line, 500)}" for line in limits(found))]


def _cell(arm: dict[str, Any], at: int | None) -> str:
    if at is None:
        return NOTHING
    change = arm["kinds"][at]["change"]
    return f"{points(change['difference'])} ({between(change['low'], change['high'], points)})"
