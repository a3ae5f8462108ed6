"""The part of the report on what people say of the answers."""

from typing import Any

from assay.presentation import section_spec as spec
from assay.presentation.json_place import Place
from assay.presentation.number_format import above, below, count, score

KEY = "people"
TITLE = "People"
HOW = "assay review --out rate.csv"
NAMES = (
    ("first", "first preferred"),
    ("second", "second preferred"),
    ("tie", "tie"),
    ("bad", "both bad"),
)
NOTES = 20  # of what people wrote


def sentence(duel: dict[str, Any]) -> str:
    """Who is preferred, how surely, by how many."""
    rate = duel["win_rate"]
    people = "One person" if duel["reviewers"] == 1 else f"{duel['reviewers']:,} people"
    head = f"{people} rated, blind, {duel['pairs']:,} rows that the two answer differently"
    if above(rate["low"], 0.5) or below(rate["high"], 0.5):
        ahead, behind = (duel["first"], duel["second"])[:: 1 if above(rate["low"], 0.5) else -1]
        told = f"{ahead} is preferred to {behind}"
    else:
        more = max(0, (duel["needed"] or 0) - duel["pairs"])
        told = f"neither {duel['first']} nor {duel['second']} is preferred beyond chance"
        told += (
            f"; {more:,} more rows would give an interval of 5 points either way" if more else ""
        )
    return f"{head}: {told}."


def trust(duel: dict[str, Any], known: dict[str, dict[str, int]]) -> list[str]:
    """How far the ratings can be trusted, a sentence each."""
    said = []
    same, twice = duel["consistent"]["same"], duel["consistent"]["n"]
    if twice:
        said.append(
            f"Of {twice:,} ratings of pairs that came again with their sides changed, {same:,}"
            " were the same."
        )
    place = duel["position"]
    if place["p"] is not None:
        word = (
            "more than chance would give" if place["p"] < 0.05 else "no more than chance would give"
        )
        side = "A" if place["a"] >= place["b"] else "B"
        said.append(
            f"A was preferred {place['a']:,} times and B {place['b']:,} times: a liking for"
            f" {side}, {word}."
        )
    right, shown = (sum(one[key] for one in known.values()) for key in ("right", "n"))
    if shown:
        said.append(f"Of {shown:,} pairs whose better answer is known, {right:,} were rated so.")
    agreed = duel["agreement"]
    if agreed and agreed["alpha"].get("nominal"):
        alpha = agreed["alpha"]["nominal"]
        said.append(
            f"Several people rated {agreed['rows']:,} of the pairs; Krippendorff's alpha"
            f" {score(alpha['value'])}."
        )
    return said


def blocks(report: Place) -> list[spec.Block]:
    found = report[KEY]
    notes = [
        spec.Item(
            f"{one['row']}: A {one['arms'][0]}, B {one['arms'][1]}, rated {one['choice']}",
            (one["note"],),
        )
        for one in found.value["notes"][:NOTES]
    ]
    duels = [_duel(duel, found.value["known"]) for duel in found["duels"]]
    written = spec.Details("What people wrote", (spec.ItemList(notes),))
    return [*(block for duel in duels for block in duel), written]


def _duel(duel: Place, known: dict[str, dict[str, int]]) -> list[spec.Block]:
    """Two arms whose answers were held against each other."""
    one, keys = duel.value, [key for key, _ in NAMES]
    first, pairs = one["first"], duel.number("count", "pairs")
    counts = duel["counts"].numbers("count", *keys)
    rows: list[tuple[spec.Cell, ...]]
    rows = [(f"{first}, all pairs", pairs, *duel["win_rate"].and_interval("score"), *counts)]
    if one["decided"]:
        pairs, rate = duel.number("count", "decided", "n"), duel["decided"].and_interval("score")
        rows.append((f"{first}, without ties", pairs, *rate, *(None for _ in keys)))
    caption = (
        f"How often the answer of {first} (first) was preferred to that of {one['second']}"
        " (second). Ties, and pairs of which both are bad, count half."
    )
    columns = ("ratings of", "pairs", "win rate", "interval", *(words for _, words in NAMES))
    reasons = ", ".join(f"{word} {count(n)}" for word, n in one["reasons"].items())
    return [
        spec.Paragraph(sentence(one)),
        spec.Table(caption, columns, rows),
        *(spec.Paragraph(line) for line in trust(one, known)),
        spec.Paragraph(f"Reasons given: {reasons}." if reasons else ""),
    ]
