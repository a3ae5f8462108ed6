"""A third drawing for outside.py: rows that neither of the first two drew, each asked once.

Strategies and recipes were changed after results on the first two drawings had been read. So what
these left of six sets is drawn, where it is enough, and sets that were in no table come beside it.
The list stood before anything was run; nothing is changed after.

Rows      at most MOST to learn from and ASKED to be asked about, none with a text of an earlier
          drawing of the set
Split     the official one where rows of both parts are left (banking77: of its train file alone);
          else at random, whole groups where rows belong together
Left out  sets on which neither side can be above chance: questions of general knowledge, logic
          puzzles, which of two replies is less harmful
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import outside_pieces as pieces
import outside_sets as sets
from outside_second import (
    again,
    banking77_again,
    banking77_without,
    ncbi_devel,
    ncbi_disease_again,
    unseen,
    with_name,
)
from outside_source import Row, Source, drawn
from workloads import DATA

MOST, ASKED = 750, 600
drawing = partial(Source, most=MOST, asked=ASKED)


# --- what two drawings left -----------------------------------------------------------------------


def left(make: Callable[[], Source]) -> Source:
    """The set with the rows that two drawings left, of one pool."""
    first = make()
    pool = unseen([*first.rows, *first.test], first, again(make))
    return replace(first, rows=pool, test=(), val=(), most=MOST, asked=ASKED)


def banking77_left() -> Source:
    return banking77_without(sets.banking77(), banking77_again())


def ncbi_disease_left() -> Source:
    """Train and test as they are split; the official devel rows are asked about too."""
    first, second = pieces.ncbi_disease(), ncbi_disease_again()
    rows, test = (
        unseen(some, first, second) for some in (first.rows, [*first.test, *ncbi_devel()])
    )
    return replace(first, rows=rows, test=test, most=MOST, asked=ASKED)


# --- one label ------------------------------------------------------------------------------------


def spider_schema() -> Source:
    """Which database a question is about; questions of one query stay together. Databases with
    fewer than 15 questions are left out."""
    file = DATA / "spider_dev" / "spider_dev_db_question_query.json"
    read = json.loads(file.read_text(encoding="utf-8"))
    counts = Counter(one["db_id"] for one in read)
    rows = [
        {"text": one["question"], "label": one["db_id"], "query": one["query"]}
        for one in read
        if counts[one["db_id"]] >= 15
    ]
    return drawing("classify", "accuracy", rows, group="query", columns=sets.LABELLED)


def fortunes_kind() -> Source:
    """Which collection a saying, a joke or a quotation comes from, in three languages: at most 120
    of each."""
    rows: list[Row] = []
    for file in sorted((DATA / "fortunes_multilingual").glob("??_*")):
        entries = re.split(r"^%\s*$", file.read_text(encoding="utf-8"), flags=re.M)
        kept = [entry.strip() for entry in entries if 20 <= len(entry.strip()) <= 1000]
        label = file.name.removesuffix(".fortunes")
        if label != "de_asciiart":
            rows += [{"text": text, "label": label} for text in drawn(kept, 120)]
    return drawing("classify", "macro_f1", rows, columns=sets.LABELLED)


def crows_types() -> Source:
    """Which of nine groups of people a stereotype is about."""
    read = table("crows_pairs/crows_pairs_anonymized.csv")
    rows = [{"text": one["sent_more"], "label": one["bias_type"]} for one in read]
    return drawing("classify", "macro_f1", rows, columns=sets.LABELLED)


def xstest() -> Source:
    """Whether a prompt is safe to follow; many that are safe only sound otherwise."""
    read = table("xstest/xstest_prompts.csv")
    rows = [{"text": one["prompt"], "label": one["label"]} for one in read]
    return Source("classify", "macro_f1", rows, columns=sets.LABELLED, most=270, asked=180)


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return [*csv.DictReader(lines)]


# --- several labels, pieces -----------------------------------------------------------------------


def sgd_acts() -> Source:
    """Which dialogue acts an utterance performs; dialogues stay together."""
    rows = [
        {
            "text": turn["utterance"],
            "labels": sorted({act["act"].lower() for frame in frames for act in frame["actions"]}),
            "dialogue": dialogue,
        }
        for dialogue, turn in turns()
        for frames in (turn["frames"],)
    ]
    return drawing("multilabel", "micro_f1", rows, group="dialogue", columns=pieces.MANY)


def sgd_slots() -> Source:
    """What an utterance of either side says of dates, places and names; dialogues stay together."""
    rows = [
        {
            "text": turn["utterance"],
            "entities": [
                pieces.span(slot["slot"], slot["start"], slot["exclusive_end"])
                for frame in turn["frames"]
                for slot in sorted(frame["slots"], key=lambda one: one["start"])
            ],
            "dialogue": dialogue,
        }
        for dialogue, turn in turns()
    ]
    return drawing("extract", "entity_f1", rows, group="dialogue", columns=pieces.PIECES)


def turns() -> Iterator[tuple[str, Row]]:
    """Each utterance of both speakers with its dialogue's id."""
    dialogues = json.loads((DATA / "sgd_dev" / "dialogues_007.json").read_text(encoding="utf-8"))
    for dialogue in dialogues:
        for turn in dialogue["turns"]:
            yield dialogue["dialogue_id"], turn


def e2e_values() -> Source:
    """The values of a meaning representation where they stand in its sentence; sentences of one
    representation stay together."""
    rows = [
        {
            "text": one["ref"],
            "entities": standing(one["ref"], values_of(one["mr"])),
            "mr": one["mr"],
        }
        for one in table("e2e_nlg/devset_first2000.csv")
    ]
    return drawing("extract", "entity_f1", rows, group="mr", columns=pieces.PIECES)


def values_of(meaning: str) -> list[tuple[str, str]]:
    """Attributes and values of `name[Alimentum], area[city centre]`, without yes and no."""
    found = re.findall(r"([^,\[\]]+)\[([^\]]*)\]", meaning)
    return [(name.strip(), value) for name, value in found if value not in ("yes", "no")]


def standing(text: str, values: Sequence[tuple[str, str]]) -> list[Row]:
    """The first place of each value as whole words in any case; the longer a value, the earlier it
    takes its place, and no two overlap."""
    found: list[Row] = []
    for name, value in sorted(values, key=lambda pair: -len(pair[1])):
        places = re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", text, re.I)
        spans = [pieces.span(name, *place.span()) for place in places]
        free = [
            one
            for one in spans
            if all(one["end"] <= other["start"] or other["end"] <= one["start"] for other in found)
        ]
        found += free[:1]
    return sorted(found, key=lambda one: one["start"])


# --- answers --------------------------------------------------------------------------------------


def conala_code() -> Source:
    """A line of Python for what is asked, and no documents; answers to one question of the forum
    stay together."""

    def read(name: str) -> list[Row]:
        return [
            {
                "question": " ".join((one["rewritten_intent"] or one["intent"]).split()),
                "answer": one["snippet"].strip(),
                "page": str(one["question_id"]),
            }
            for one in json.loads((DATA / "conala" / name).read_text(encoding="utf-8"))
        ]

    train, test = read("conala-train.json"), read("conala-test.json")
    return drawing("answer", "token_f1", train, test, group="page", columns=sets.ASKED)


THIRD: tuple[Callable[[], Source], ...] = (
    banking77_left,
    with_name(sets.sms_spam, left, "left"),
    with_name(sets.davidson, left, "left"),
    spider_schema,
    fortunes_kind,
    crows_types,
    xstest,
    with_name(pieces.restaurant_intents, left, "left"),
    sgd_acts,
    with_name(pieces.restaurant, left, "left"),
    ncbi_disease_left,
    sgd_slots,
    e2e_values,
    conala_code,
)
