"""The public sets of outside.py in the shapes that a data file has: which rows, which split, which
metric.

What it is for   assay and the recipes outside learn from the same rows, choose on the same and are
                 judged on the same
Rows             drawn with the seed before anything is looked at: at most MOST to learn from, TEST
                 to be judged on
Split            the official one where there is one; else by the group where rows belong together
Metric           the one that the set's paper reports, or the kind's own
Watch out        rows that stand in train and test are taken out of train later, by assay's own
                 curation (outside.py)
"""

from __future__ import annotations

import csv
import json
import random
import re
import tarfile
from collections.abc import Callable

from ir_sets import IrSet, coffee, covid, cranfield
from outside_pieces import (
    ncbi_disease,
    presidio_types,
    restaurant,
    restaurant_intents,
    sec_filings,
    snips_rows,
    snips_slots,
)
from outside_source import SEED, Row, Source, drawn
from workloads import DATA

CANDIDATES = 20  # of a ranked query: the first ones of BM25 over the whole collection

# --- classify -------------------------------------------------------------------------------------

LABELLED = {"text": "text", "label": "label"}


def banking77() -> Source:
    """Ten rows of each of 77 intents to learn from, three to choose on, all 3,080 official test
    rows."""

    def read(name: str) -> list[Row]:
        with (DATA / "banking77" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            return [
                {"text": row["text"], "label": row["category"]} for row in csv.DictReader(lines)
            ]

    by_label: dict[str, list[Row]] = {}
    for row in drawn(read("train"), len(read("train"))):
        by_label.setdefault(row["label"], []).append(row)
    train = [row for label in sorted(by_label) for row in by_label[label][:10]]
    val = [row for label in sorted(by_label) for row in by_label[label][10:13]]
    return Source(
        "classify", "accuracy", train, read("test"), columns=LABELLED, val=val, asked=3080
    )


def sms_spam() -> Source:
    lines = (DATA / "sms_spam" / "SMSSpamCollection").read_text(encoding="utf-8").splitlines()[1:]
    pairs = [line.split("\t", 1) for line in lines if "\t" in line]
    return Source(
        "classify",
        "macro_f1",
        [{"text": text, "label": label} for label, text in pairs],
        columns=LABELLED,
    )


def snips() -> Source:
    train, test = (snips_rows(name) for name in ("train", "validate"))
    rows = [
        [{"text": row["text"], "label": row["intent"]} for row in some] for some in (train, test)
    ]
    return Source("classify", "accuracy", *rows, columns=LABELLED, most=210)


def davidson() -> Source:
    names = {"0": "hate", "1": "offensive", "2": "neither"}
    with (DATA / "davidson_hate" / "labeled_data_first6000.csv").open(
        encoding="utf-8", newline=""
    ) as lines:
        rows = [
            {"text": row["tweet"], "label": names[row["class"]]} for row in csv.DictReader(lines)
        ]
    return Source("classify", "macro_f1", rows, columns=LABELLED, asked=1000)


def docs_issues() -> Source:
    def read(name: str) -> list[Row]:
        lines = (
            (DATA / "docs_issues" / f"docs_issues_{name}.jsonl")
            .read_text(encoding="utf-8")
            .splitlines()
        )
        rows = [json.loads(line) for line in lines]
        labels = {"accept": "documentation", "reject": "other"}
        return [
            {"text": row["text"], "label": labels[row["answer"]]}
            for row in rows
            if row["answer"] in labels
        ]

    return Source(
        "classify", "accuracy", read("training_first400"), read("eval_first250"), columns=LABELLED
    )


def hatecheck() -> Source:
    """Templates stay together, so that a test row is no train row with another identity."""
    with (DATA / "hatecheck" / "test_suite_cases.csv").open(encoding="utf-8", newline="") as lines:
        read = [*csv.DictReader(lines)]
    rows = [
        {"text": r["test_case"].strip(), "label": r["label_gold"], "template": r["templ_id"]}
        for r in read
    ]
    return Source("classify", "macro_f1", rows, group="template", columns=LABELLED)


def pubmedqa() -> Source:
    """Yes, no or maybe to the question of an abstract, with the abstract; the official 500 test
    rows."""
    rows = json.loads((DATA / "pubmedqa" / "ori_pqal.json").read_text(encoding="utf-8"))
    test = json.loads((DATA / "pubmedqa" / "test_ground_truth.json").read_text(encoding="utf-8"))

    def row(one: Row) -> Row:
        return {
            "text": one["QUESTION"],
            "context": " ".join(one["CONTEXTS"]),
            "label": one["final_decision"],
        }

    columns = {**LABELLED, "context": "context"}
    parts = [
        [row(one) for name, one in rows.items() if (name in test) == asked]
        for asked in (False, True)
    ]
    return Source("classify", "macro_f1", *parts, columns=columns)


# --- choose, answer, number -----------------------------------------------------------------------

CHOICES = {"question": "question", "choices": "choices", "answer": "answer"}
ASKED = {"question": "question", "answer": "answer"}


def piqa() -> Source:
    lines = (DATA / "piqa_valid" / "valid.jsonl").read_text(encoding="utf-8").splitlines()
    right = (DATA / "piqa_valid" / "valid-labels.lst").read_text().split()
    rows = []
    for line, label in zip(lines, right, strict=True):
        one = json.loads(line)
        rows.append(
            {
                "question": one["goal"],
                "choices": [one["sol1"], one["sol2"]],
                "answer": "AB"[int(label)],
            }
        )
    return Source("choose", "accuracy", rows, columns=CHOICES)


def mmlu() -> Source:
    """The five development rows of each subject to learn from."""

    def read(name: str) -> list[Row]:
        with (DATA / "mmlu_sample" / name).open(encoding="utf-8", newline="") as lines:
            return [
                {
                    "question": r["question"],
                    "choices": [r[f"choice{i}"] for i in range(4)],
                    "answer": "ABCD"[int(n)],
                }
                for r in csv.DictReader(lines)
                for n in (r["answer"],)
            ]

    dev, test = read("mmlu_dev285.csv"), read("mmlu_test_sample1140.csv")
    return Source("choose", "accuracy", dev, test, columns=CHOICES)


def xquad() -> Source:
    """English questions, each with its paragraph."""
    return paragraphs_asked("xquad.en.json")


def paragraphs_asked(file: str) -> Source:
    """Questions of a file of xquad, each with its paragraph; articles stay together."""
    articles = json.loads((DATA / "xquad" / file).read_text(encoding="utf-8"))["data"]
    rows = [
        {
            "question": qa["question"],
            "context": p["context"],
            "answer": qa["answers"][0]["text"],
            "article": str(n),
        }
        for n, article in enumerate(articles)
        for p in article["paragraphs"]
        for qa in p["qas"]
    ]
    return Source(
        "answer",
        "token_f1",
        rows,
        group="article",
        columns={**ASKED, "context": "context"},
        asked=500,
    )


def medquad() -> Source:
    return health_pages("6_NINDS_QA.tar")


def health_pages(archive: str) -> Source:
    """Questions about diseases with answers from health pages, and no documents; pages stay
    together."""
    rows = []
    with tarfile.open(DATA / "medquad" / archive) as tar:
        for name in sorted(name for name in tar.getnames() if name.endswith(".xml")):
            page = tar.extractfile(name)
            assert page is not None, "a file of the archive"
            text = page.read().decode("utf-8", "replace")
            for q, a in re.findall(
                r"<Question[^>]*>(.*?)</Question>\s*<Answer>(.*?)</Answer>", text, re.S
            ):
                if a.strip():
                    rows.append(
                        {
                            "question": " ".join(q.split()),
                            "answer": " ".join(a.split()),
                            "page": name,
                        }
                    )
    return Source("answer", "token_f1", rows, group="page", columns=ASKED)


def gsm8k() -> Source:
    def read(name: str) -> list[Row]:
        return [
            json.loads(line)
            for line in (DATA / "gsm8k" / name).read_text(encoding="utf-8").splitlines()
        ]

    return Source(
        "number", "numeric_match", read("train_first1000.jsonl"), read("test.jsonl"), columns=ASKED
    )


def covid_answers() -> Source:
    return answered(covid(DATA / "covid_faq"))


def coffee_answers() -> Source:
    return answered(coffee(DATA / "coffee_stackexchange"))


# --- summarise and rank ---------------------------------------------------------------------------


def scitldr() -> Source:
    def read(name: str) -> list[Row]:
        lines = (DATA / "scitldr" / name).read_text(encoding="utf-8").splitlines()
        return [
            {"document": " ".join(r["source"]), "summary": r["target"]}
            for r in map(json.loads, lines)
        ]

    columns = {"text": "document", "answer": "summary"}
    return Source(
        "summarise", "rouge_l", read("train_first500.jsonl"), read("test.jsonl"), columns=columns
    )


def cranfield_rank() -> Source:
    return ranked(cranfield(DATA / "cranfield"))


def coffee_rank() -> Source:
    return ranked(coffee(DATA / "coffee_stackexchange"))


def answered(known: IrSet) -> Source:
    """Questions whose answer is the text of one of the documents."""
    texts = {passage.id.rpartition("#")[0]: passage.text for passage in known.passages}
    names = {name: f"{name}.txt" for name in texts}
    rows = [
        {
            "question": asked.text,
            "answer": texts[asked.found_in[0]],
            "found_in": names[asked.found_in[0]],
        }
        for asked in known.questions
    ]
    documents = {names[name]: text for name, text in texts.items()}
    return Source(
        "answer", "token_f1", rows, columns={**ASKED, "found_in": "found_in"}, documents=documents
    )


def ranked(known: IrSet) -> Source:
    """Each query with the first texts that BM25 finds in the whole collection, in a drawn order,
    graded 1 where judged relevant. Queries none of whose first texts is relevant are left out."""
    import bm25s

    texts = [passage.text for passage in known.passages]
    index = bm25s.BM25()
    index.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)
    draw, rows = random.Random(SEED), []
    for asked in known.questions:
        words = bm25s.tokenize([asked.text], stopwords="en", show_progress=False)
        places, _ = index.retrieve(words, k=CANDIDATES, show_progress=False)
        first = draw.sample(places[0].tolist(), CANDIDATES)
        grades = [int(known.passages[place].id in known.relevant(asked)) for place in first]
        if any(grades):
            rows.append(
                {
                    "query": asked.text,
                    "candidates": [texts[place] for place in first],
                    "grades": grades,
                }
            )
    columns = {"text": "query", "candidates": "candidates", "grades": "grades"}
    return Source("rank", "ndcg", rows, columns=columns, asked=len(rows) // 2)


SETS: tuple[Callable[[], Source], ...] = (
    banking77,
    sms_spam,
    snips,
    davidson,
    docs_issues,
    hatecheck,
    pubmedqa,
    restaurant_intents,
    presidio_types,
    restaurant,
    snips_slots,
    ncbi_disease,
    sec_filings,
    piqa,
    mmlu,
    xquad,
    medquad,
    gsm8k,
    covid_answers,
    coffee_answers,
    scitldr,
    cranfield_rank,
    coffee_rank,
)
