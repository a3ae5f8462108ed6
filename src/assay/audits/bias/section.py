"""The part of the report on bias: do answers change with who is spoken of, and what does a remedy
change?"""

from typing import Any

from assay.presentation.number_format import above, below, between, count, fewer_rows, points, score

KEY = "bias"
TITLE = "Bias"
HOW = "evaluate: {bias: true}"
FEW = 30
SOURCES = {
    "text": "words of the question swapped",
    "frame": "a sentence on who asks",
    "control": "another weekday",
}


def arms(data: dict[str, Any]) -> list[str]:
    """Those asked, the recommended one first."""
    winner = data["verdict"]["recommended"]
    return sorted(data[KEY]["arms"], key=lambda name: name != winner)


def pair_name(pair: dict[str, Any]) -> str:
    """A row of the table of pairs."""
    return (
        f"{pair['group']}, {SOURCES[pair['source']]}"
        if pair["group"]
        else f"control: {SOURCES['control']}"
    )


def sentence(data: dict[str, Any]) -> str:
    """What was found for the arm that matters most."""
    if not data[KEY]["arms"]:
        return "No arm answers questions here, so none was asked in pairs."
    name = arms(data)[0]
    pairs = data[KEY]["arms"][name]["pairs"]
    frames = [one for one in pairs if one.get("above") and one["n"] >= FEW]
    sure = [one for one in frames if above(one["above"]["low"])]
    inside = [one for one in pairs if one["source"] == "text" and one["n"] >= FEW]
    few = [one["group"] for one in pairs if one["source"] == "text" and one["n"] < FEW]
    if sure:
        worst = max(sure, key=lambda one: one["above"]["value"])
        more = points(worst["above"]["value"]).lstrip("+")
        told = (
            f"{name} answers {score(worst['changed']['value'])} of {count(worst['n'])} questions"
            f" differently when who asks changes ({worst['group']}), {more} points more than when"
            f" a weekday does ({between(worst['above']['low'], worst['above']['high'], points)})."
        )
    elif frames:
        asked = count(frames[0]["n"])
        told = (
            f"Who asks changes no more answers of {name} than another weekday does, on {asked}"
            " questions."
        )
    else:
        told = (
            f"Fewer than {FEW} questions could be asked in pairs: too few to say anything of"
            f" {name}."
        )
    if inside:
        most = max(inside, key=lambda one: one["changed"]["value"])
        told += (
            f" With the words of {most['group']}"
            f" in a question swapped, {score(most['changed']['value'])} of {count(most['n'])}"
            f" answers change ({between(most['changed']['low'], most['changed']['high'])})."
        )
    told += f" Too few test rows speak of {', '.join(few)} to say more." if few else ""
    return " ".join([told + _widest(data, name), *fewer_rows(data[KEY], KEY)])


def _widest(data: dict[str, Any], name: str) -> str:
    """The widest gap between groups that is surely wider than chance would make it."""
    wide = [
        (words, gap) for _, words, gap in slices(data, name) if above(gap["low"], gap["chance"])
    ]
    if not wide:
        return ""
    words, gap = max(wide, key=lambda pair: pair[1]["low"] - pair[1]["chance"])
    ends = [f"{gap[end]} {score(gap['groups'][gap[end]]['value'])}" for end in ("worst", "best")]
    bounds = f"{between(gap['low'], gap['high'])}, {score(gap['chance'])} by chance"
    return f" Groups fare differently in {words}: {ends[0]}, {ends[1]}; a gap of {bounds}."


def slices(
    data: dict[str, Any], name: str
) -> list[tuple[tuple[str | int, ...], str, dict[str, Any]]]:
    """(keys in report.json, words, gap) of each gap between groups."""
    one, at = data[KEY]["arms"][name], (KEY, "arms", name)
    found: list[tuple[tuple[str | int, ...], str, dict[str, Any]]] = [
        ((*at, "slices", field), field, gap) for field, gap in one["slices"].items()
    ]
    for number, listed in enumerate(one["checklists"]):
        if listed["slices"]:
            found.append(
                (
                    (*at, "checklists", number, "slices"),
                    f"{listed['name']}, all rows",
                    listed["slices"],
                )
            )
        for label, gap in listed["by_label"].items():
            found.append(
                (
                    (*at, "checklists", number, "by_label", label),
                    f"{listed['name']}, rows of {label}",
                    gap,
                )
            )
    return found


def remedy_sentence(one: dict[str, Any]) -> str:
    """What a remedy changed, and its price."""
    if one["arm"] is None:
        return f"{one['remedy']}: no training row speaks of these groups, so it makes none."
    gap, price = one["gap"], one["price"]
    word = (
        "lowers"
        if below(gap["high"])
        else "raises"
        if above(gap["low"])
        else "does not surely change"
    )
    cost = (
        "at a price"
        if below(price["high"])
        else "with a gain"
        if above(price["low"])
        else "at no sure price"
    )
    made = "texts read first" if one["remedy"] == "adapter" else "rows made"
    return (
        f"{one['remedy']} ({count(one['made'])} {made}) {word} the share"
        f" of changed answers of {one['arm']}: {score(gap['before'])} to {score(gap['after'])}"
        f" ({between(gap['low'], gap['high'], points)} points), {cost} in the task's"
        f" metric: {points(price['difference'])} ({between(price['low'], price['high'], points)})."
    )


def social_rows(data: dict[str, Any]) -> list[tuple[str, tuple[str | int, ...], str, int]]:
    """(whose weights, keys in report.json, what, n) of each line on stereotypes and refusals: the
    bases first, then the trained arms."""
    found = data[KEY].get("social")
    rows: list[tuple[str, tuple[str | int, ...], str, int]] = []
    for part in ("bases", "arms") if found else ():
        for name, one in found[part].items():
            at = (KEY, "social", part, name)
            said = one["stereotypes"]
            for kind, told in said.items():
                again = kind != "all" and told["n"] == said["all"]["n"]  # the only kind there is
                if told["n"] >= FEW and not again:
                    rows.append(
                        (name, (*at, "stereotypes", kind), f"stereotypes, {kind}", told["n"])
                    )
            rows.append(
                (name, (*at, "refusals"), "refusals of harmless prompts", one["refusals"]["n"])
            )
    return rows


def social_sentence(data: dict[str, Any]) -> str:
    """Whether the base leans, and whether training has changed that."""
    found = data[KEY]["social"]
    said = []
    for name, one in found["bases"].items():
        told = one["stereotypes"]["all"]
        word = _leaning(told["after"])
        bounds = (
            f"{score(told['after']['value'])},"
            f" {between(told['after']['low'], told['after']['high'])}"
        )
        said.append(f"{name} {word} ({bounds} of {count(told['n'])} pairs; 0.5 is no leaning).")
    for name, one in found["arms"].items():
        told = one["stereotypes"]["all"]
        word = (
            "more"
            if above(told["low"])
            else "less"
            if below(told["high"])
            else "no surely different"
        )
        bounds = (
            f"{points(told['difference'])} points, {between(told['low'], told['high'], points)}"
        )
        said.append(f"Trained, {name} has {word} leaning than its base ({bounds}).")
    return " ".join(said)


def _leaning(share: dict[str, Any]) -> str:
    if above(share["low"], 0.5):
        return "finds the stereotype the likelier sentence"
    return (
        "finds the stereotype the less likely sentence"
        if below(share["high"], 0.5)
        else "has no sure leaning"
    )


def markdown(data: dict[str, Any]) -> list[str]:
    """Blocks for report.md."""
    lines = [f"- {remedy_sentence(one)}" for one in data[KEY]["remedies"]]
    social = [social_sentence(data)] if data[KEY].get("social") else []
    return [sentence(data), *(["\n".join(lines)] if lines else []), *social]
