"""The part of the report on how long each arm takes until it answers by a change, and what it
loses."""

from typing import Any

from assay.presentation import section_spec as spec
from assay.presentation.json_place import Place
from assay.presentation.number_format import between, count, duration, one_line, points
from assay.presentation.svg import Plot
from assay.presentation.timeline_plot import timeline

KEY = "update_drill"
TITLE = "Updates"
HOW = "evaluate: {update_drill: true}"
WAYS = {
    "edited": "prompt edited",
    "reindexed": "documents indexed",
    "refitted": "fitted anew",
    "retrained": "trained anew",
    "continued": "trained on",
}
NAMES = {
    "facts": "Facts changed",
    "documents": "Documents added",
    "label": "A label added",
    "topic": "A topic withdrawn",
}
DID = ("got", "became", "came", "", "was")
WOULD = ("would get", "would become", "would come", "would be ", "would be")
FEW = 30  # questions under which a score says little


def sentence(found: dict[str, Any]) -> str:
    """What the section says first: of each change, who took it in fastest, and who needed
    longest."""
    return " ".join(verdict(change) for change in found["changes"])


def verdict(change: dict[str, Any]) -> str:
    """One change in a sentence."""
    taken = [arm for arm in change["arms"] if arm["cost"]["first_right"] is not None]
    name = NAMES[change["kind"]]
    if not taken:
        return f"{name}: {'; '.join(_not_taken(change)) or 'no strategy could be changed'}."
    ordered = sorted(taken, key=lambda arm: arm["cost"]["first_right"])
    said = [
        f"{_who(ordered[0])} took it in"
        f" {duration(ordered[0]['cost']['first_right'])}{_what(ordered[0], change)}"
    ]
    if len(ordered) > 1:
        last = ordered[-1]
        said.append(
            f"{_who(last)} needed {duration(last['cost']['first_right'])}{_what(last, change)}"
        )
    said += _not_taken(change)
    few = f" With {count(change['rows']['changed'])} questions the shares are rough." * _few(change)
    return f"{name}: {'; '.join(said)}.{few}"


def _not_taken(change: dict[str, Any]) -> list[str]:
    """The arms that did not take the change in, and those for which it changes nothing."""
    late = [arm for arm in change["arms"] if arm["cost"]["first_right"] is None]
    never, nothing = (
        ", ".join(_who(arm) for arm in late if bool(arm["changed"]["open"]) is some)
        for some in (True, False)
    )
    before = "gave none of these answers before" if change["ends"] else "answered by it before"
    said = "goes on as before" if change["ends"] else "gave no right answer"
    return [f"{never} {said}"] * bool(never) + [f"{nothing} {before}"] * bool(nothing)


def _few(change: dict[str, Any]) -> bool:
    return change["rows"]["changed"] < FEW


def _who(arm: dict[str, Any]) -> str:
    return f"{arm['name']} ({WAYS[arm['way']]})"


def _what(arm: dict[str, Any], change: dict[str, Any]) -> str:
    """How many it answers by the change, and what it lost or gained elsewhere."""
    changed = arm["changed"]
    done = "no longer gives the old answer to" if change["ends"] else "answers by it"
    told = f", {done} {count(changed['taken'])} of {count(changed['open'])} questions"
    apart = arm["unchanged"]
    if not apart:
        return told
    size, bounds = apart["difference"], between(apart["low"], apart["high"], points)
    if apart["low"] is None or apart["low"] <= 0 <= apart["high"]:  # None: no score has moved
        return f"{told}, with no sure change elsewhere ({points(size)} points, {bounds})"
    word = "lost" if size < 0 else "gained"
    return f"{told} and {word} {points(abs(size)).lstrip('+')} points elsewhere ({bounds})"


def change_sentence(change: dict[str, Any], *, ahead: bool = False) -> str:
    """What was changed, in words, with the first few. ahead: what would be."""
    got, became, came, were, was = WOULD if ahead else DID
    shown, rows = change["shown"], change["rows"]
    if change["kind"] == "facts":
        first = "; ".join(
            f"{s['document']}: {one_line(s['old'], 30)} {became} {one_line(s['new'], 30)}"
            for s in shown[:3]
        )
        what = f"{_pages(len(shown))} {got} another value ({first})"
    elif "label" in shown[0]:
        name = one_line(shown[0]["label"], 40)
        examples = (
            f"{came} with {count(rows['new'])} examples"
            if change["kind"] == "label"
            else f"{was} taken out"
        )
        what = f"the label {name} {examples}"
    else:
        names = ", ".join(one_line(s["document"], 40) for s in shown[:3])
        what = f"{_pages(len(shown))} {were}{'withdrawn' if change['ends'] else 'added'} ({names})"
    right = "no longer answered as before" if change["ends"] else "answered by the change"
    new = (
        f"; {count(rows['new'])} training rows come with it"
        if rows["new"] and change["kind"] != "label"
        else ""
    )
    return (
        f"{what[0].upper()}{what[1:]}{new}. {count(rows['changed'])} test"
        f" rows must then be {right}, and {count(rows['unchanged'])} others must stay as they are."
    )


def _pages(number: int) -> str:
    return "one document" if number == 1 else f"{count(number)} documents"


def how(found: dict[str, Any]) -> str:
    level = f"{100 * found['level']:g} %"
    people = (
        "A person's minutes are not measured; those in the table are the project's own."
        if by_hand(found)
        else "A person's minutes are not measured and not counted (evaluate.update_drill.minutes)."
    )
    return (
        "Times are of the machine, from the start of a process, with loading the model,"
        f" to the first right answer. {people} Intervals are at {level}; each change was made once."
    )


def plot(change: dict[str, Any], places: dict[str, int]) -> Plot | None:
    """When each arm gave its first right answer."""
    arms = sorted(
        change["arms"],
        key=lambda arm: (arm["cost"]["first_right"] is None, arm["cost"]["first_right"] or 0),
    )
    if not arms:
        return None
    rows = [
        (
            _who(arm),
            places.get(arm["name"], 0),
            arm["cost"]["first_right"],
            arm["cost"]["first_answer"],
            _note(arm),
        )
        for arm in arms
    ]
    name = NAMES[change["kind"]]
    return timeline(
        f"update-{change['kind']}",
        rows,
        title=f"{name}: time to the first right answer",
        about=f"One row for each strategy and way. {verdict(change)}",
        caption=f"{name}: lines from the first answer to the first right one.",
        header=("strategy", "first answer", "first right answer", "questions"),
    )


def _note(arm: dict[str, Any]) -> str:
    changed = arm["changed"]
    if not changed["open"]:
        return "nothing to change"
    return (
        f"{count(changed['taken'])} of {count(changed['open'])}"
        if changed["taken"]
        else "no right answer"
    )


def by_hand(found: dict[str, Any]) -> bool:
    """Whether the project says what a person needs."""
    return any(arm["minutes"] is not None for change in found["changes"] for arm in change["arms"])


def places(data: dict[str, Any]) -> dict[str, int]:
    return {one["name"]: i for i, one in enumerate(data["strategies"])}


def blocks(report: Place) -> list[spec.Block]:
    found = report[KEY]
    at = places(report.value)
    return [
        spec.Paragraph(sentence(found.value)),
        spec.Paragraph(how(found.value), "note"),
        *(block for change in found["changes"] for block in _change(found.value, change, at)),
        spec.SectionHeading("Not done"),
        spec.Bullets(missing(found.value)),
    ]


def _change(found: dict[str, Any], change: Place, at: dict[str, int]) -> list[spec.Block]:
    """One change: what it was, when each arm answered by it, what each lost."""
    one, arms, hand = change.value, list(change["arms"]), by_hand(found)
    name, measure = NAMES[one["kind"]], found["metric"].replace("_", " ")
    if one["ends"]:
        measure = "the share of the changed questions that no longer get the old answer"
    caption = (
        f"{name}: seconds of the machine, and {measure} before and after; the same of the questions"
        " that must stay."
    )
    columns = ("strategy", "update s", "first right s", *(["person min"] if hand else []))
    scores = ("changed: before", "after", "others: before", "after", "points", "lost, gained")
    questions = [block for arm in one["arms"] for block in _questions(arm, one["ends"])]
    return [
        spec.SectionHeading(name),
        spec.Paragraph(change_sentence(one)),
        spec.Figure(plot(one, at)),
        spec.Table(caption, (*columns, *scores), [_row(arm, at, hand) for arm in arms]),
        spec.Details("Where the seconds go", (_seconds(arms),)),
        spec.Details("Changed questions, before and after", questions),
    ]


def _row(arm: Place, at: dict[str, int], hand: bool) -> tuple[spec.Cell, ...]:
    name, apart = arm.value["name"], arm["unchanged"]
    others: list[spec.Cell] = [None] * 4
    if apart.value:
        lost, gained = apart.numbers("count", "lost", "gained")
        others = [*apart.numbers("score", "before", "after")]
        others += [apart.with_interval("points", "difference"), (lost, ", ", gained)]
    return (
        spec.Stacked((spec.Badge(at[name]), name), spec.Tag(WAYS[arm.value["way"]])),
        *arm["cost"].numbers("three", "update", "first_right"),
        *([arm.number("three", "minutes")] if hand else []),
        arm.number("score", "changed", "before", "value"),
        arm.at("changed", "after").with_interval("score"),
        *others,
    )


def _seconds(arms: list[Place]) -> spec.Table:
    steps = ("start", "load", "update", "first_answer")
    rows = [
        (arm.value["name"], WAYS[arm.value["way"]], *arm["cost"].numbers("three", *steps))
        for arm in arms
    ]
    caption = (
        "Seconds since the change. Loading is part of a fit, and told apart only where nothing is"
        " fitted."
    )
    columns = ("strategy", "way", "process starts", "strategy loads", "update", "first answer at")
    return spec.Table(caption, columns, rows, wide=False)


def _questions(arm: dict[str, Any], ends: bool) -> list[spec.Block]:
    """Changed questions with an arm's answers before and after."""
    items = [
        spec.Item(
            "",
            (row["question"],),
            (
                spec.LabelledValue("no longer" if ends else "wanted", row["target"]),
                spec.LabelledValue("before", row["before"]),
                spec.LabelledValue("after", row["after"]),
            ),
        )
        for row in arm["shown"]
    ]
    head = spec.SectionHeading(f"{arm['name']}, {WAYS[arm['way']]}", 4)
    return [head, spec.ItemList(items, width=300)]


def missing(found: dict[str, Any]) -> list[str]:
    """Changes that could not be made, and arms that were not changed, a sentence each."""
    said = [f"{NAMES[one['kind']]}: not done, as {one['why']}." for one in found["cannot"]]
    return said + [
        f"{NAMES[one['kind']]}, {one['arm']} ({WAYS[one['way']]}): not done, as {one['why']}."
        for one in found["left_out"]
    ]
