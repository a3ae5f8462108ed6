"""The part of the report on how long each arm takes until it answers by a change, and what it
loses."""

from typing import Any

from assay.presentation.markdown_table import plain, table
from assay.presentation.number_format import (
    NOTHING,
    between,
    count,
    duration,
    one_line,
    points,
    score,
    three,
)
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
        return f"{name}: {'; '.join(_not_taken(change)) or 'no arm could be changed'}."
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


def change_sentence(change: dict[str, Any]) -> str:
    """What was changed, in words, with the first few."""
    shown, rows = change["shown"], change["rows"]
    if change["kind"] == "facts":
        first = "; ".join(
            f"{s['document']}: {one_line(s['old'], 30)} became {one_line(s['new'], 30)}"
            for s in shown[:3]
        )
        what = f"{_pages(len(shown))} got another value ({first})"
    elif "label" in shown[0]:
        name = one_line(shown[0]["label"], 40)
        examples = (
            f"came with {count(rows['new'])} examples"
            if change["kind"] == "label"
            else "was taken out"
        )
        what = f"the label {name} {examples}"
    else:
        names = ", ".join(one_line(s["document"], 40) for s in shown[:3])
        what = f"{_pages(len(shown))} {'withdrawn' if change['ends'] else 'added'} ({names})"
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
        about=f"One row for each arm and way. {verdict(change)}",
        caption=f"{name}: lines from the first answer to the first right one.",
        header=("arm", "first answer", "first right answer", "questions"),
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


def markdown(data: dict[str, Any]) -> list[str]:
    found = data[KEY]
    blocks = [plain(sentence(found), 3000), plain(how(found), 1000)]
    header = [
        "arm",
        "way",
        "s to first right",
        "changed: before",
        "after",
        "elsewhere: before",
        "after",
        "difference",
    ]
    for change in found["changes"]:
        rows = [[plain(arm["name"]), WAYS[arm["way"]], *_cells(arm)] for arm in change["arms"]]
        blocks += [
            f"### {NAMES[change['kind']]}",
            plain(change_sentence(change), 1000),
            *([table(header, rows)] if rows else []),
        ]
    gone = [plain(line, 500) for line in missing(found)]
    return blocks + (["\n".join(f"- {line}" for line in gone)] if gone else [])


def _cells(arm: dict[str, Any]) -> list[str]:
    changed, apart = arm["changed"], arm["unchanged"]
    cells = [
        three(arm["cost"]["first_right"]),
        score(changed["before"]["value"]),
        score(changed["after"]["value"]),
    ]
    if not apart:
        return [*cells, NOTHING, NOTHING, NOTHING]
    bounds = between(apart["low"], apart["high"], points)
    return [
        *cells,
        score(apart["before"]),
        score(apart["after"]),
        f"{points(apart['difference'])} ({bounds})",
    ]


def missing(found: dict[str, Any]) -> list[str]:
    """Changes that could not be made, and arms that were not changed, a sentence each."""
    said = [f"{NAMES[one['kind']]}: not done, as {one['why']}." for one in found["cannot"]]
    return said + [
        f"{NAMES[one['kind']]}, {one['arm']} ({WAYS[one['way']]}): not done, as {one['why']}."
        for one in found["left_out"]
    ]
