"""The part of the report on what people say of the answers."""

from typing import Any

from assay.presentation.number_format import above, below, between, count, score

KEY = "people"
TITLE = "People"
HOW = "assay review --out rate.csv"
NAMES = (
    ("first", "first preferred"),
    ("second", "second preferred"),
    ("tie", "tie"),
    ("bad", "both bad"),
)


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


def markdown(data: dict[str, Any]) -> list[str]:
    """Blocks for report.md."""
    found, blocks = data[KEY], []
    for duel in found["duels"]:
        rate = duel["win_rate"]
        blocks.append(sentence(duel))
        bounds = f"{score(rate['value'])} ({between(rate['low'], rate['high'])})"
        counts = ", ".join(f"{words} {count(duel['counts'][key])}" for key, words in NAMES)
        blocks.append(f"Win rate of {duel['first']}, ties as half: {bounds}. Ratings: {counts}.")
        blocks += trust(duel, found["known"])
    return blocks
