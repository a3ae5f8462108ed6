"""The part of the report on what a typing error, another case, a lure or a longer text does to the
answers."""

from typing import Any

from assay.audits.robustness.operators import ABOUT, OPERATORS
from assay.audits.robustness.summary import attack_sentence, first_arm, worst
from assay.config.audits.robustness import Kind
from assay.presentation import section_spec as spec
from assay.presentation.json_place import Place
from assay.presentation.number_format import count, fewer_rows
from assay.presentation.plots import forest
from assay.presentation.svg import Dot, Plot

KEY = "robustness"
TITLE = "Robustness"
HOW = "evaluate: {robustness: true}"
SHORT = 2  # rows of a kind in report.md; report.json has all that were kept

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


def blocks(report: Place) -> list[spec.Block]:
    found = report[KEY]
    arm = found["arms"][place(found.value)]
    name = arm.value["name"]
    inside = (_outcomes(arm), _ways(arm))
    summary = f"{name}: answers changed, unreadable, cut, and attacks that worked"
    return [
        *(spec.Paragraph(line) for line in lead(found.value)),
        spec.Figure(plot(report.value)),
        _changes(report),
        spec.Details(summary, inside, printed=True),
        *(_examples(name, kind) for kind in arm["kinds"]),
        spec.Bullets(limits(found.value), "note"),
    ]


def _changes(report: Place) -> spec.Table:
    """Every arm by kind of change."""
    found, arms = report[KEY], list(report[KEY]["arms"])
    names = [arm.value["name"] for arm in arms]
    before = [arm["before"].with_interval("score") for arm in arms]
    rows: list[tuple[spec.Cell, ...]]
    rows = [("as they come", found.number("count", "rows"), *before)]
    for kind, places in by_kind(found.value):
        own = [
            None if at is None else arm["kinds"][at] for arm, at in zip(arms, places, strict=True)
        ]
        n = next(one.number("count", "n") for one in own if one)
        changes = [
            one["change"].with_interval("points", "difference") if one else None for one in own
        ]
        rows.append((spec.Stacked(kind, spec.Tag(about(kind))), n, *changes))
    caption = (
        f"{found.value['metric'].replace('_', ' ').capitalize()} of the questions as they come, and"
        " by how many points each kind of change moves it, with intervals. Each interval holds for"
        " itself; the sentences above take into account how many there are."
    )
    headings = [(spec.Badge(mark(report.value, name)), name) for name in names]
    return spec.Table(caption, ("kind of change", "n", *headings), rows)


def _outcomes(arm: Place) -> spec.Table:
    """What one arm answers to changed questions, by kind."""
    rows = [
        (
            kind.value["kind"],
            kind.number("count", "n"),
            *kind.numbers("score", "before", "after"),
            kind.number("p", "change", "p_holm"),
            kind["changed"].with_interval("score"),
            *kind.numbers("count", "broken", "mended", "unparseable", "cut"),
            kind["attack"].with_interval("score") if kind.value["attack"] else None,
        )
        for kind in arm["kinds"]
    ]
    caption = (
        f"{arm.value['name']}. Broken: right before, wrong after. Mended: the other way round."
        " Attacks that worked: the wrong answer asked for was given, of the rows that did not give"
        " it before."
    )
    columns = ("kind", "n", "before", "after", "p (Holm)", "answers changed", "broken", "mended")
    return spec.Table(caption, (*columns, "unreadable", "cut", "attacks that worked"), rows)


def _ways(arm: Place) -> spec.Table:
    """What one arm answers, by the ways of those kinds that have several."""
    rows = [
        (
            kind.value["kind"],
            way(kind.value["kind"], one.value["way"]),
            one.number("count", "n"),
            *one.numbers("score", "before", "after"),
            one.number("count", "got"),
        )
        for kind in arm["kinds"]
        if len(kind.value["ways"]) > 1
        for one in kind["ways"]
    ]
    caption = (
        f"{arm.value['name']} by the way the question was changed, without intervals: each has some"
        " of the rows only."
    )
    columns = ("kind", "way", "n", "before", "after", "gave the wrong answer asked for")
    return spec.Table(caption, columns, rows, wide=False, printed=False)


def _examples(name: str, kind: Place) -> spec.Details:
    """Rows of a kind that were right as they came, and wrong after."""
    one = kind.value
    items = [
        spec.Item(
            f"{row['id']}. {way(one['kind'], row['way'])}",
            facts=(
                spec.LabelledValue("as it came", row["original"]),
                spec.LabelledValue("changed", row["changed"]),
                spec.LabelledValue("before", row["before"], "right"),
                spec.LabelledValue("after", row["after"], "wrong"),
            ),
        )
        for row in one["examples"]
    ]
    said = (f"{one['kind']}: {len(items)} of ", kind.number("count", "broken"))
    summary = (*said, f" rows that {name} answered rightly before, and wrongly after")
    return spec.Details(summary, (spec.ItemList(items, SHORT),))
