"""Public sets of texts with named pieces in them, and with the pieces' types as several labels."""

from __future__ import annotations

import json
from collections.abc import Sequence

from outside_source import Row, Source
from workloads import DATA

MANY = {"text": "text", "labels": "labels"}
PIECES = {"text": "text", "entities": "entities"}


def restaurant_intents() -> Source:
    """Which slots a sentence fills: none, one or several."""
    return sets_of(restaurant())


def restaurant() -> Source:
    def read(name: str) -> list[Row]:
        rows = []
        for one in json.loads((DATA / "restaurant8k_slots" / name).read_text(encoding="utf-8")):
            spans = [(label["slot"], label["valueSpan"]) for label in one.get("labels", ())]
            found = [
                span(slot, value.get("startIndex", 0), value["endIndex"]) for slot, value in spans
            ]
            rows.append({"text": one["userInput"]["text"], "entities": found})
        return rows

    return Source("extract", "entity_f1", read("train_3.json"), read("test.json"), columns=PIECES)


def presidio_types() -> Source:
    """Which kinds of personal data a sentence holds; templates stay together."""
    rows = json.loads((DATA / "presidio_pii" / "synth_dataset_v2.json").read_text(encoding="utf-8"))
    kept = []
    for one in rows:
        found = [
            span(s["entity_type"].lower(), s["start_position"], s["end_position"])
            for s in one["spans"]
        ]
        kept.append(
            {"text": one["full_text"], "entities": found, "template": str(one["template_id"])}
        )
    return sets_of(
        Source("extract", "entity_f1", kept, group="template", columns=PIECES, asked=400)
    )


def ncbi_disease() -> Source:
    def read(name: str) -> list[Row]:
        lines = (DATA / "ncbi_disease_ner" / name).read_text(encoding="utf-8").split("\n")
        return sentences([line.split("\t") for line in lines])

    return Source("extract", "entity_f1", read("train.tsv"), read("test.tsv"), columns=PIECES)


def sec_filings() -> Source:
    """Four types; the tags of the files have no B, so names side by side are one piece."""

    def read(name: str) -> list[Row]:
        lines = (DATA / "sec_filings_ner" / name).read_text(encoding="utf-8").split("\n")
        cells = [line.split() for line in lines if not line.startswith("-DOCSTART-")]
        return sentences([[one[0], one[-1]] if len(one) > 1 else [] for one in cells])

    return Source("extract", "entity_f1", read("FIN5.txt"), read("FIN3.txt"), columns=PIECES)


def snips_slots() -> Source:
    parts = [
        [{"text": r["text"], "entities": r["entities"]} for r in snips_rows(n)]
        for n in ("train", "validate")
    ]
    return Source("extract", "entity_f1", *parts, columns=PIECES)


def span(label: str, start: int, end: int) -> Row:
    return {"start": start, "end": end, "label": label}


def sets_of(source: Source) -> Source:
    """The types of a row's pieces as its labels."""

    def row(one: Row) -> Row:
        labels = sorted({found["label"] for found in one["entities"]})
        return {
            **{name: value for name, value in one.items() if name != "entities"},
            "labels": labels,
        }

    parts = [[row(one) for one in some] for some in (source.rows, source.test)]
    return Source(
        "multilabel", "micro_f1", *parts, group=source.group, columns=MANY, asked=source.asked
    )


def snips_rows(split: str) -> list[Row]:
    rows = []
    for file in sorted((DATA / "snips_nlu").glob(f"{split}_*.json")):
        intent = file.stem.partition("_")[2]
        for one in json.loads(file.read_text(encoding="utf-8"))[intent]:
            text, found = "", []
            for part in one["data"]:
                if "entity" in part:
                    found.append(span(part["entity"], len(text), len(text) + len(part["text"])))
                text += part["text"]
            rows.append({"text": text, "intent": intent, "entities": trimmed(text, found)})
    return rows


def trimmed(text: str, found: Sequence[Row]) -> list[Row]:
    """Pieces without the white space around them; those of nothing else are none."""
    kept = []
    for one in found:
        part = text[one["start"] : one["end"]]
        start = one["start"] + len(part) - len(part.lstrip())
        if part.strip():
            kept.append(span(one["label"], start, start + len(part.strip())))
    return kept


def sentences(lines: Sequence[Sequence[str]]) -> list[Row]:
    """Words with their tags, a line each, sentences apart by empty lines; words are joined by
    spaces."""
    rows: list[Row] = []
    words: list[tuple[str, str]] = []
    for cells in (*lines, []):
        if len(cells) >= 2:
            words.append((cells[0], cells[1].strip()))
        elif words:
            rows.append(tagged(words))
            words = []
    return rows


def tagged(words: Sequence[tuple[str, str]]) -> Row:
    text, found, before = "", [], "O"
    for word, tag in words:
        start = len(text) + bool(text)
        text = f"{text} {word}".strip()
        begun = tag[0] == "B" or tag[1:] != before[1:] or before == "O"
        if tag != "O" and begun:
            found.append(span(tag[2:], start, len(text)))
        elif tag != "O":
            found[-1]["end"] = len(text)
        before = tag
    return {"text": text, "entities": found}
