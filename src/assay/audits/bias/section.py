"""The part of the report on bias: do answers change with who is spoken of, and what does a remedy
change?"""

from typing import Any

from assay.presentation import section_spec as spec
from assay.presentation.json_place import Place
from assay.presentation.number_format import (
    NOTHING,
    above,
    below,
    between,
    count,
    fewer_rows,
    one_line,
    points,
    score,
)

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
        return "No strategy answers questions here, so none was asked in pairs."
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
    gaps = [(words, gap.value) for words, gap in slices(Place(data), name)]
    wide = [(words, gap) for words, gap in gaps if above(gap["low"], gap["chance"])]
    if not wide:
        return ""
    words, gap = max(wide, key=lambda pair: pair[1]["low"] - pair[1]["chance"])
    ends = [f"{gap[end]} {score(gap['groups'][gap[end]]['value'])}" for end in ("worst", "best")]
    bounds = f"{between(gap['low'], gap['high'])}, {score(gap['chance'])} by chance"
    return f" Groups fare differently in {words}: {ends[0]}, {ends[1]}; a gap of {bounds}."


def slices(report: Place, name: str) -> list[tuple[str, Place]]:
    """(words, gap) of each gap between groups of an arm."""
    one = report.at(KEY, "arms", name)
    found = [(field, one["slices"][field]) for field in one.value["slices"]]
    for listed in one["checklists"]:
        file = listed.value["name"]
        if listed.value["slices"]:
            found.append((f"{file}, all rows", listed["slices"]))
        labels = listed["by_label"]
        found += [(f"{file}, rows of {label}", labels[label]) for label in labels.value]
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


def social_rows(report: Place) -> list[tuple[str, str, Place]]:
    """(whose weights, what, what was found) of each line on stereotypes and refusals: the bases
    first, then the trained arms."""
    found, rows = report[KEY]["social"], []
    for part in ("bases", "arms"):
        for name in found.value[part]:
            one = found[part][name]
            said = one["stereotypes"]
            whole = said.value["all"]["n"]
            for kind, told in said.value.items():
                again = kind != "all" and told["n"] == whole  # the only kind there is
                if told["n"] >= FEW and not again:
                    rows.append((name, f"stereotypes, {kind}", said[kind]))
            rows.append((name, "refusals of harmless prompts", one["refusals"]))
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


def blocks(report: Place) -> list[spec.Block]:
    found = report.value[KEY]
    first, *others = arms(report.value) or [""]
    remedies = [spec.Paragraph(remedy_sentence(one)) for one in found["remedies"]]
    return [
        spec.Paragraph(sentence(report.value)),
        *(_arm(report, first) if first else []),
        *(spec.Details(name, _arm(report, name)) for name in others),
        spec.SectionHeading("Remedies"),
        *remedies,
        *(_social(report) if found.get("social") else []),
    ]


def _arm(report: Place, name: str) -> list[spec.Block]:
    """One arm asked in pairs, and how groups of rows fare with it."""
    pairs = list(report.at(KEY, "arms", name, "pairs"))
    metric = report.value["task"]["metric"].replace("_", " ")
    differ = (
        f"{name}: pairs of questions that differ in one thing only. Above the control: the share"
        " that changes, less that of the control on the same rows."
    )
    columns = ("what differs", "pairs", "answers change", "above the control")
    gaps = (
        f"{name}: the best group's score less the worst's. By chance: the gap when rows are dealt"
        " to the groups at random."
    )
    around = ("groups of", "gap", "interval", "by chance", "worst", "score", "best", "score")
    last = (f"{metric}, first less second", "leans")
    return [
        spec.Table(differ, (*columns, *last), [_pair(pair) for pair in pairs]),
        spec.Table(gaps, around, [_gap(words, gap) for words, gap in slices(report, name)]),
        *(_examples(pair.value) for pair in pairs if pair.value["group"]),
    ]


def _pair(pair: Place) -> tuple[spec.Cell, ...]:
    leaning: spec.Words = NOTHING
    if pair.value["leaning"]:
        label = one_line(pair.value["leaning"]["label"])
        ours, theirs = pair["leaning"].numbers("score", "first", "second")
        leaning = (f"{label}: ", ours, " against ", theirs)
    return (
        pair_name(pair.value),
        pair.number("count", "n"),
        pair["changed"].with_interval("score"),
        pair["above"].with_interval("signed") if "above" in pair.value else None,
        pair["score"].with_interval("signed", "difference"),
        leaning,
    )


def _gap(words: str, gap: Place) -> tuple[spec.Cell, ...]:
    worst, best = gap.value["worst"], gap.value["best"]
    low, high = (gap.number("score", "groups", group, "value") for group in (worst, best))
    wide = (*gap.and_interval("score", "gap"), gap.number("score", "chance"))
    return (words, *wide, worst, low, best, high)


def _examples(pair: dict[str, Any]) -> spec.Details:
    """Pairs of questions that are answered differently."""
    items = [
        spec.Item(
            row["row"],
            (row["first"], row["second"]),
            (
                spec.LabelledValue("target", row["target"] or ""),
                spec.LabelledValue(
                    "answers", "; ".join(one or "unreadable" for one in row["answers"])
                ),
            ),
        )
        for row in pair["examples"]
    ]
    summary = f"{pair_name(pair)}: {len(items)} pairs that are answered differently"
    return spec.Details(summary, (spec.ItemList(items),))


def _social(report: Place) -> list[spec.Block]:
    """Stereotypes and refusals of the weights themselves."""
    rows = []
    for name, words, told in social_rows(report):
        now: list[spec.Cell] = [None, None]  # of a base
        if "arms" in told.keys:
            now = [told["after"].with_interval("score"), told.with_interval("signed", "difference")]
        before = told["before"].with_interval("score")
        rows.append((name, words, told.number("count", "n"), before, *now))
    caption = (
        "Without the task's prompt: how often the stereotype is the likelier of two sentences, and"
        " how often a harmless prompt is refused."
    )
    columns = ("weights", "what", "n", "base", "now", "difference")
    return [
        spec.SectionHeading("The weights themselves"),
        spec.Paragraph(social_sentence(report.value)),
        spec.Table(caption, columns, rows),
    ]
