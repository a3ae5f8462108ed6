"""The part of the report on each arm: a card with its settings, its scores, how it learnt, and its
worst and best rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from assay.core.store import to_json
from assay.presentation import section_spec as spec
from assay.presentation.json_place import Place
from assay.presentation.number_format import score, shorten
from assay.reporting import figures, view
from assay.reporting.report_view import ReportView
from assay.reporting.search_card import ranges_in_words, search_blocks

Pairs = list[tuple[spec.Words, spec.Words]]


def section(seen: ReportView) -> spec.Section:
    return spec.Section("arms", "Strategies", [_card(seen, card) for card in seen.cards])


def _card(seen: ReportView, card: view.Card) -> spec.CardBlock:
    tag = "recommended" if card.name == seen.recommended else "baseline" if card.floor else ""
    rows = (("worst", card.worst), ("best", card.best))
    saved = (f"predictions/{card.name}.jsonl",) if card.is_done else ()
    said = [
        spec.SectionHeading(
            (spec.Badge(card.index), card.name, *((" ", spec.Tag(tag)) if tag else ()))
        ),
        spec.Paragraph(card.note),
        spec.Facts(_facts(seen, card)),
        *_search(seen, card),
        spec.Figure(figures.learning(card, seen.metric_words)),
        *_confidence(seen, card),
        _labels(seen, card),
        spec.Details("Most frequent mistakes", (_confusions(card),)),
        *(
            spec.Details(
                f"{len(some)} {which} rows", (spec.ItemList([_item(row) for row in some]),)
            )
            for which, some in rows
        ),
        *(spec.Paragraph(("All rows: ", spec.Code(file)), "note") for file in saved),
    ]
    return spec.CardBlock(f"arm-{card.index}", said)


def _search(seen: ReportView, card: view.Card) -> list[spec.Block]:
    if not (found := card.data.get("search")):
        return []
    metric = seen.data["task"]["metric"]
    tested = card.data["metrics"][metric]["value"] if card.is_done else None
    return search_blocks(card.index, found, metric.replace("_", " "), tested)


def _facts(seen: ReportView, card: view.Card) -> Pairs:
    one, arm = card.data, seen.arm(card.index)
    kind, own = one["kind"], one["settings"]
    said: Pairs = [("kind", kind)]
    if kind == "search" and {"inner", "ranges"} <= own.keys():
        said = [("kind", f"{own['inner']['kind']}, its settings searched")]
        said.append(("searched", ranges_in_words(own)))
        searched = {one["place"] for one in own["ranges"]}
        own = {k: v for k, v in own["inner"].items() if k != "kind" and k not in searched}
    settings = ", ".join(
        f"{name}: {value if isinstance(value, str) else to_json(value)}"
        for name, value in own.items()
    )
    said.append(("settings", settings or "all as by default"))
    said += _scores(arm, one) if card.is_done else [("state", one["status"])]
    if card.fit:
        said.append(("fit", (spec.Strong(card.fit["word"]), f". {card.fit['text']}")))
    return [*said, *([("parts", view.parts_of(one["cost"]))] if one["cost"]["parts"] else [])]


def _scores(arm: Place, one: dict[str, Any]) -> Pairs:
    """Scores and answers of an arm that has answered."""
    said: Pairs = []
    for name in one["metrics"]:
        value, ends = arm.at("metrics", name).and_interval("score")
        said.append((name.replace("_", " "), (value, " (", ends, ")")))
    if one["seeds"]:
        values = [
            (arm.number("score", "seeds", "values", i),) for i in range(len(one["seeds"]["values"]))
        ]
        deviation = arm.number("score", "seeds", "deviation")
        end = (deviation, ". Scores are their mean; costs are of one fit.")
        said.append(("seeds", (*_join(values), "; standard deviation ", *end)))
    n, unparseable, cut = arm.numbers("count", "n", "unparseable", "truncated")
    said.append(("answers", (n, "; ", unparseable, " unparseable, ", cut, " were cut off")))
    if one["abstained"] or one["refused"]:
        abstained, refused = arm.numbers("count", "abstained", "refused")
        words = (abstained, " say that they do not know; ", refused, " were refused")
        said.append(("no answer", words))
    if one["by"]:
        by = [(f"{name} ", arm.number("count", "by", name)) for name in one["by"]]
        said.append(("answered by", _join(by)))
    return said


def _join(parts: Iterable[tuple[spec.Inline, ...]]) -> tuple[spec.Inline, ...]:
    """With commas between them."""
    return tuple(word for part in parts for word in (", ", *part))[1:]


def _confidence(seen: ReportView, card: view.Card) -> Sequence[spec.Block]:
    """Whether an arm is right as often as it says."""
    told = card.data["calibration"]
    if not told:
        return ()
    place = seen.arm(card.index)["calibration"]
    mean, right = place.numbers("score", "confidence", "right")
    left = (
        (place.number("count", "without"), " answers have no confidence and are left out.")
        if told["without"]
        else ("Every answer has one.",)
    )
    words = ("Its answers say that they are right with a confidence of ", mean, " on average; ")
    return (
        spec.Paragraph((*words, right, " of them are. ", *left)),
        spec.Details("Confidence and right answers", (spec.Figure(figures.reliability(card)),)),
    )


def _labels(seen: ReportView, card: view.Card) -> spec.Details:
    """How an arm does on each label, worst first."""
    labels = list(seen.arm(card.index)["labels"]) if card.data["labels"] else []
    rows = [
        (
            one.value["label"],
            *one.numbers("count", "n", "answered"),
            *one.numbers("score", "precision", "recall", "f1"),
        )
        for one in labels
    ]
    what, caption = (
        "label",
        ("Rows of each label: n with this target, and how many were answered with it."),
    )
    if seen.data["task"]["kind"] == "extract":
        what, caption = "type", ("Pieces of each type: n in the targets, and how many were named.")
    columns = (what, "n", "answered", "precision", "recall", "F1")
    table = spec.Table(caption, columns, rows, wide=False)
    return spec.Details(f"Each {what}, worst first", (table,))


def _confusions(card: view.Card) -> spec.Table:
    rows = [
        (spec.Verbatim(target), spec.Verbatim(answer), spec.FormattedNumber(size, "count"))
        for target, answer, size in card.confusions
    ]
    caption = "Target and answer of the most frequent mistakes."
    return spec.Table(caption, ("target", "answer", "rows"), rows, wide=False)


def _item(row: view.RowView) -> spec.Item:
    """A test row with its answer."""
    word = "right" if row.right else "wrong"
    note = (word if row.score in (0, 1) else score(row.score)) + ", cut off" * row.truncated
    also = f"also: {shorten('; '.join(row.also), 300)}" if row.also else ""
    answer = "unparseable" if row.answer is None else row.answer
    facts = [
        spec.LabelledValue("target", row.target, note=also),
        spec.LabelledValue("answer", answer, word, note),
    ]
    facts += [spec.LabelledValue("as written", shorten(row.raw, 600))] if row.raw else []
    return spec.Item(row.where, (row.question,), facts)
