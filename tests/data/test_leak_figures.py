"""Leaks of real sets: figures that were counted by others or can be counted by other means, and
what repair takes."""

import json
from pathlib import Path

import pytest

from assay.core.types import Example, Means, Message
from assay.data.leak_audit import audit, repair
from assay.data.pipeline import run
from assay.data.reading.load import load
from assay.data.split import Split

pytestmark = pytest.mark.real


def repaired(found, train, val, test, kind="classify"):
    """Rows that leak, as the audit found, and rows that repair takes; no leak is left."""
    gone = repair(found.pairs)
    assert not set(gone) & {row.id for row in test}
    split = Split(leaks="repair")
    settings = {
        "official": True,
        "steps": (),
        "split": split,
        "task_kind": kind,
        "seed": 0,
        "means": Means(),
    }
    result = run(train, val, test, tell=lambda event: None, **settings)
    assert not result.after.pairs and len(result.test) == len(test)
    left = [row.id for rows in (train, val) for row in rows if row.id not in gone]
    assert sorted(row.id for rows in (result.train, result.val) for row in rows) == sorted(left)
    return len({row for pair in found.pairs for row in pair.right.ids}), len(gone)


@pytest.mark.nightly
def test_banking77(shared_data):
    folder = shared_data("banking77", whole=True)
    rows = load({"train": [folder / "train.csv"], "test": [folder / "test.csv"]})
    found = audit(rows.train, [], rows.test)
    assert (len(rows.train), len(rows.test)) == (10003, 3080)
    assert (found.counts["exact"]["test~train"], found.conflicting_labels) == (25, 2)
    leaked, gone = repaired(found, rows.train, [], rows.test)
    assert leaked >= 25 and gone <= 2 * leaked


def snips(folder: Path, part: str) -> list[Example]:
    made = []
    for path in sorted(folder.glob(f"{part}_*.json")):
        # some files are Latin-1 in places
        intents = json.loads(path.read_bytes().decode("utf-8", "replace"))
        for intent, rows in intents.items():
            texts = ["".join(piece["text"] for piece in row["data"]) for row in rows]
            made += [
                Example(f"{path.stem}-{n}", (Message("user", t),), intent)
                for n, t in enumerate(texts)
            ]
    return made


def test_snips(shared_data):
    train, test = (
        snips(shared_data("snips_nlu", whole=True), part) for part in ("train", "validate")
    )
    assert (len(train), len(test)) == (2100, 700)
    found = audit(train, [], test)
    assert found.counts["exact"]["test~train"] == 12
    leaked, gone = repaired(found, train, [], test)
    assert leaked >= 12 and gone <= 2 * leaked


@pytest.mark.nightly
def test_docs_issues(shared_data):
    folder = shared_data("docs_issues", whole=True)
    files = {
        "train": "docs_issues_training_first400.jsonl",
        "test": "docs_issues_eval_first250.jsonl",
    }
    columns = {"text": "text", "label": "answer"}
    rows = load({name: [folder / file] for name, file in files.items()}, columns=columns)
    assert (len(rows.train), len(rows.test)) == (400, 250)
    found = audit(rows.train, [], rows.test)
    assert found.counts["exact"]["test~train"] == 2
    leaked, gone = repaired(found, rows.train, [], rows.test)
    assert leaked >= 2 and gone <= 2 * leaked


@pytest.fixture
def geography(shared_data, tmp_path):
    """`geography("question-split", "query")`: the questions of GeoQuery by one of its two splits,
    grouped by the number of their query in the file, or by their SQL."""
    queries = json.loads((shared_data("text2sql_small", whole=True) / "geography.json").read_text())
    assert len(queries) == 246
    names = {"train": "train", "dev": "val", "test": "test"}

    def read(by, group):
        rows = {name: [] for name in names.values()}
        for number, query in enumerate(queries):
            for sentence in query["sentences"]:
                text = sentence["text"]
                for name, value in sentence["variables"].items():
                    text = text.replace(name, value)
                split = (
                    sentence["question-split"] if by == "question-split" else query["query-split"]
                )
                rows[names[split]].append(
                    {"question": text, "sql": query["sql"][0], "query": f"query {number}"}
                )
        for name, some in rows.items():
            (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in some))
        files = {name: [tmp_path / f"{name}.jsonl"] for name in rows}
        return load(
            files, columns={"question": "question", "answer": "sql"}, kind="answer", group=group
        )

    return read


def test_geoquery_by_its_queries(geography):
    question = geography("question-split", "query")
    found = audit(question.train, question.val, question.test)
    assert (found.groups, found.straddling) == (246, 83)
    leaked, gone = repaired(found, question.train, question.val, question.test, "answer")
    assert gone <= 2 * leaked
    query = geography("query-split", "query")
    assert audit(query.train, query.val, query.test).straddling == 0
    # Grouped by the target itself: two of the 246 queries have one SQL, and stand in dev and in
    # train.
    same = geography("query-split", "sql")
    found = audit(same.train, same.val, same.test)
    assert (found.groups, found.straddling, found.counts["group"]["test~train"]) == (245, 1, 0)
    assert repaired(found, same.train, same.val, same.test, "answer")[0] < leaked


@pytest.mark.nightly
def test_presidio_by_template(shared_data):
    folder = shared_data("presidio_pii", whole=True)
    columns = {"text": "full_text", "entities": "spans"}
    rows = load(
        {"data": [folder / "synth_dataset_v2.json"]},
        columns=columns,
        kind="extract",
        group="template_id",
    )
    assert len(rows.train) == 1500 and audit(rows.train, [], []).groups == 209
    # Divided without a thought for the templates, most rows of the test leak; by template none
    # does.
    blind = [rows.train[:1200], rows.train[1200:1350], rows.train[1350:]]
    found = audit(*blind)
    assert found.straddling > 100
    repaired(found, *blind, "extract")
    result = run(
        rows.train,
        [],
        [],
        official=False,
        steps=(),
        split=Split(),
        task_kind="extract",
        seed=0,
        means=Means(),
        tell=lambda event: None,
    )
    assert result.after.groups == 209 and not result.after.straddling and not result.after.pairs
    assert not result.ledger  # nothing had to go


def test_e2e_by_input(shared_data):
    folder = shared_data("e2e_nlg", whole=True)
    columns = {"question": "mr", "answer": "ref"}
    rows = load(
        {"data": [folder / "devset_first2000.csv"]}, columns=columns, kind="answer", group="mr"
    )
    found = audit(rows.train, [], [])
    assert (len(rows.train), found.texts, found.groups) == (2000, 252, 252)
    tested = load(
        {"data": [folder / "testset_w_refs.csv"]}, columns=columns, kind="answer", group="mr"
    )
    assert audit([], [], tested.train).texts == 630
