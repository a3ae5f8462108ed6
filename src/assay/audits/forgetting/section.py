"""The part of the report on what trained arms can no longer do."""

from typing import Any

from assay.presentation import section_spec as spec
from assay.presentation.dumbbell_plot import dumbbells
from assay.presentation.json_place import Place
from assay.presentation.number_format import above, below, between, count, format_signed, tenths
from assay.presentation.svg import Dot, Plot

KEY = "forgetting"
TITLE = "Forgetting"
HOW = "evaluate: {forgetting: true}"
CANNOT = "cannot show it"  # of a probe on which the base guesses
SHORT = 5  # items of an arm in report.md


def arms_by_forgetting(data: dict[str, Any]) -> list[tuple[int, str, dict[str, Any]]]:
    """(place among the strategies, name, what was found) of the arms, the one that forgot most
    first."""
    places = {one["name"]: i for i, one in enumerate(data["strategies"])}
    arms = [(places[name], name, one) for name, one in data["forgetting"]["arms"].items()]
    return sorted(
        arms, key=lambda arm: arm[2]["combined"]["difference"] if arm[2]["combined"] else 0.0
    )


def sentences(data: dict[str, Any]) -> list[str]:
    """What was found, the arm that forgot most first."""
    found, arms = data["forgetting"], arms_by_forgetting(data)
    if not arms and not found["failed"]:
        return [
            "No strategy changes the weights of its base, so nothing general can have been"
            " forgotten."
        ]
    return [sentence(name, one, found["level"]) for _, name, one in arms] + failures(found)


def sentence(name: str, one: dict[str, Any], level: float) -> str:
    """What one arm has forgotten: points over all probes, and bits a byte of texts."""
    whole = one["combined"]
    if whole is None:
        said = f"{name}: no probe can show forgetting, as its base only guesses on each"
    else:
        word = "no change that can be told from chance"
        word = (
            "has forgotten"
            if below(whole["high"])
            else "does better"
            if above(whole["low"])
            else word
        )
        bounds = f"{between(whole['low'], whole['high'], tenths)}, {100 * level:g} %"
        sizes = f"{count(whole['n'])} items of {count(whole['probes'])} probes"
        said = (
            f"{name}: {word}, {tenths(whole['difference'])} points on general probes ({bounds};"
            f" {sizes})"
        )
    for probe, values in one["probes"].items():
        if values["unit"] != "share" and values["low"] is not None:
            ends = between(values["low"], values["high"], format_signed)
            said += f"; {probe}: {format_signed(values['difference'])} bits a byte ({ends})"
    return f"{said}."


def summary(data: dict[str, Any], arm: str) -> str:
    """One line of the terminal on the recommended arm; empty where nothing was measured."""
    one = data.get("forgetting", {}).get("arms", {}).get(arm)
    whole = one and one["combined"]
    if not whole:
        return ""
    bounds = between(whole["low"], whole["high"], tenths)
    return f"forgetting: {tenths(whole['difference'])} points on general probes ({bounds})"


def failures(found: dict[str, Any]) -> list[str]:
    return [f"{name} could not be measured: {why}" for name, why in found["failed"].items()]


def chance_sentences(data: dict[str, Any]) -> list[str]:
    """Probes on which a base only guesses, a sentence for each base."""
    out = []
    for base, one in data["forgetting"]["base"].items():
        names = [probe for probe, values in one["probes"].items() if values["at_chance"]]
        if names:
            out.append(
                f"{base} only guesses on {', '.join(names)}: what it does not know it cannot"
                " forget."
            )
    return out


def shares(one: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The probes of right and wrong answers."""
    return [(probe, values) for probe, values in one["probes"].items() if values["unit"] == "share"]


def plot(data: dict[str, Any], place: int, name: str) -> Plot | None:
    """Before and after on each probe of right and wrong answers."""
    one = data["forgetting"]["arms"][name]
    pairs = []
    for probe, values in shares(one):
        low, high = (
            None if values[end] is None else min(1.0, max(0.0, values["before"] + values[end]))
            for end in ("low", "high")
        )
        note = CANNOT if values["chance"] else f"n = {count(values['n'])}"
        pairs.append(
            (probe, values["before"], Dot(probe, place, values["after"], low, high, False, note))
        )
    if not pairs:
        return None
    level = f"{100 * data['forgetting']['level']:g} %"
    return dumbbells(
        f"forgetting-{place}",
        pairs,
        axis="share of right answers",
        title=f"What {name} can do before and after its training",
        about="One row per probe: an open circle for the base, the strategy's mark for its trained"
        " weights.",
        caption="Open circles are the"
        f" base, marks the trained strategy; solid lines the {level} interval of the change.",
    )


def blocks(report: Place) -> list[spec.Block]:
    found = report[KEY]
    items, tokens = found.numbers("count", "items", "tokens")
    spent = (tokens, " tokens in ", found.number("three", "seconds"), " s over all of them.")
    return [
        *(spec.Paragraph(line) for line in sentences(report.value)),
        *(spec.Paragraph(line, "note") for line in chance_sentences(report.value)),
        *(
            block
            for place, name, _ in arms_by_forgetting(report.value)
            for block in _arm(report, place, name)
        ),
        spec.Paragraph((items, " items, the same for every model; ", *spent), "source"),
    ]


def _arm(report: Place, place: int, name: str) -> list[spec.Block]:
    """What one arm has lost and gained."""
    arm, probes = report.at(KEY, "arms", name), report.at(KEY, "arms", name, "probes")
    lost, gained = arm["flips"].numbers("count", "lost", "gained")
    whole: tuple[spec.Inline, ...] = ()
    if arm.value["combined"]:
        change, ends = arm["combined"].and_interval("tenths", "difference")
        whole = ("Over all probes that can show it: ", change, " points (", ends, "). ")
    caption = (
        f"Before: {arm.value['base']}. After: the trained weights, without the strategy's own"
        " prompt. Changes of shares are in points."
    )
    columns = ("probe", "unit", "before", "after", "change", "n")
    flipped = spec.ItemList([_flip(item) for item in arm.value["flipped"]], SHORT, width=600)
    return [
        spec.SectionHeading((spec.Badge(place), name)),
        spec.Paragraph((*whole, lost, " items were lost, ", gained, " gained.")),
        spec.Figure(plot(report.value, place, name)),
        spec.Table(caption, columns, [_probe(probe, probes[probe]) for probe in probes.value]),
        spec.Details("Items that flipped", (flipped,)),
    ]


def _probe(name: str, values: Place) -> spec.TableRow:
    guessed, unit = values.value["chance"], values.value["unit"]
    cells = (
        spec.Stacked(name, spec.Tag(CANNOT)) if guessed else name,
        unit,
        *values.numbers("score", "before", "after"),
        values.with_interval("points" if unit == "share" else "signed", "difference"),
        values.number("count", "n"),
    )
    return spec.TableRow(cells, "absent" if guessed else "")


def _flip(item: dict[str, Any]) -> spec.Item:
    """An item that was answered rightly before or after, and wrongly the other time."""
    lost = item["now"] == "wrong"
    facts = (
        spec.LabelledValue("asked for", item["target"]),
        spec.LabelledValue("before", item["before"], "right" if lost else "wrong"),
        spec.LabelledValue("after", item["after"], "wrong" if lost else "right"),
    )
    return spec.Item(
        f"{item['probe']}, {item['source']}, now {item['now']}", (item["text"],), facts
    )
