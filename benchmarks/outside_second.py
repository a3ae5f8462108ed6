"""A second drawing for outside.py: rows that neither side had seen when its recipes and strategies
were chosen, and each asked once.

The first drawing named contestants: some entered after a recipe outside was seen to be best on its
test rows (docs/which-way.md lists them). So every set whose files hold 300 rows or more that the
first drawing left is drawn again from these, and sets that were not in the table at all come beside
them. The list stood before anything was run; nothing is changed after.

Rows      at most MOST to learn from and ASKED to be asked about, none with a text of the first
          drawing. Where too few are left to learn from (mmlu, gsm8k, scitldr) those to learn from
          are the first drawing's, those to be asked about are not
Split     as in the first drawing; at random where only the rows of one official part are left
"""

from __future__ import annotations

import csv
import json
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import outside_pieces as pieces
import outside_sets as sets
from ir_sets import covid
from outside_rows import parts_of
from outside_source import Row, Source, drawn
from workloads import DATA

MOST, ASKED = 750, 800


def again(make: Callable[[], Source]) -> Source:
    """The set with the rows that its first drawing left, of one pool."""
    source = make()
    pool = unseen([*source.rows, *source.test], source)
    return replace(source, rows=pool, test=(), val=(), most=MOST, asked=ASKED)


def asked_again(make: Callable[[], Source]) -> Source:
    """The set with the same rows to learn from and others to be asked about."""
    source = make()
    return replace(source, test=unseen(source.test, source), asked=ASKED)


def unseen(rows: Sequence[Row], *before: Source) -> list[Row]:
    """Those of `rows` whose text is none of a row that earlier drawings of the set used."""
    columns = before[0].columns
    fields = [columns[name] for name in ("text", "question") if name in columns]

    def text(row: Row) -> str:
        return json.dumps([row[name] for name in fields])

    seen = {text(row) for source in before for some in parts_of(source).values() for row in some}
    return [row for row in rows if text(row) not in seen]


def banking77_again() -> Source:
    """Ten rows of each of 77 intents to learn from and three to choose on, as before; asked about
    are other rows of the official train file, for all official test rows were asked about."""
    return banking77_without(sets.banking77())


def banking77_without(*before: Source) -> Source:
    """The rows of the official train file that earlier drawings left; an intent that has too few
    gives what it has."""
    with (DATA / "banking77" / "train.csv").open(encoding="utf-8", newline="") as lines:
        rows = [{"text": row["text"], "label": row["category"]} for row in csv.DictReader(lines)]
    left = unseen(rows, *before)
    by_label: dict[str, list[Row]] = {}
    for row in drawn(left, len(left)):
        by_label.setdefault(row["label"], []).append(row)
    train, val, test = (
        [row for label in sorted(by_label) for row in by_label[label][part]]
        for part in (slice(10), slice(10, 13), slice(13, None))
    )
    columns = sets.LABELLED
    return Source("classify", "accuracy", train, test, columns=columns, val=val, asked=3080)


def scitldr_again() -> Source:
    """The official dev rows are asked about."""
    lines = (DATA / "scitldr" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [
        {"document": " ".join(one["source"]), "summary": one["target"]}
        for one in map(json.loads, lines)
    ]
    return replace(sets.scitldr(), test=rows, asked=ASKED)


def ncbi_disease_again() -> Source:
    """Train and test as they are split; the official devel rows are asked about too."""

    source = pieces.ncbi_disease()
    rows, test = (unseen(some, source) for some in (source.rows, [*source.test, *ncbi_devel()]))
    return replace(source, rows=rows, test=test, most=MOST, asked=ASKED)


def ncbi_devel() -> list[Row]:
    lines = (DATA / "ncbi_disease_ner" / "devel.tsv").read_text(encoding="utf-8").split("\n")
    return pieces.sentences([line.split("\t") for line in lines])


# --- sets that were not in the first table --------------------------------------------------------


def enron_spam() -> Source:
    """700 mails, spam or not."""
    rows = []
    with tarfile.open(DATA / "enron1_sample" / "enron1_sample_400ham_300spam.tar") as tar:
        for name in sorted(name for name in tar.getnames() if name.endswith(".txt")):
            mail = tar.extractfile(name)
            assert mail is not None, "a file of the archive"
            label = "spam" if "spam" in name.split("/")[-1] else "ham"
            rows.append({"text": mail.read().decode("utf-8", "replace"), "label": label})
    return Source("classify", "macro_f1", rows, columns=sets.LABELLED, most=400, asked=300)


def medquad_cdc() -> Source:
    """Other health pages than those of medquad."""
    return sets.health_pages("9_CDC_QA.tar")


def xquad_german() -> Source:
    """The questions in German, on German paragraphs."""
    return sets.paragraphs_asked("xquad.de.json")


def covid_rank() -> Source:
    return sets.ranked(covid(DATA / "covid_faq"))


def with_name(
    make: Callable[[], Source], way: Callable[..., Source], end: str = "again"
) -> Callable[[], Source]:
    """A function of its own name, for a set's name is its function's."""
    made = partial(way, make)
    made.__name__ = f"{make.__name__}_{end}"  # type: ignore[attr-defined]
    return made


SECOND: tuple[Callable[[], Source], ...] = (
    banking77_again,
    with_name(sets.sms_spam, again),
    with_name(sets.snips, again),
    with_name(sets.davidson, again),
    with_name(sets.hatecheck, again),
    enron_spam,
    with_name(pieces.restaurant_intents, again),
    with_name(pieces.restaurant, again),
    with_name(pieces.snips_slots, again),
    ncbi_disease_again,
    with_name(sets.mmlu, asked_again),
    xquad_german,
    medquad_cdc,
    with_name(sets.gsm8k, asked_again),
    scitldr_again,
    covid_rank,
)
