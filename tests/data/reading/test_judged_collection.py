from pathlib import Path, PurePath

import pytest

from assay.data.reading.judged_collection import (
    join_judgements,
    judgement_files,
    names_judgements,
)
from assay.data.reading.load import load
from helpers.archives import zipped
from helpers.raw_tables import raw_table

TOPICS = ("lake", "bread", "train", "fox", "bridge", "map", "museum", "flour", "boat", "clock")
CORPUS = [
    {"_id": f"{n}", "title": t.title(), "text": f"About a {t}."} for n, t in enumerate(TOPICS)
]
CORPUS += [{"_id": f"{n}", "title": "", "text": f"Other matter {n}."} for n in range(10, 40)]
QUERIES = [{"_id": f"{n}", "text": f"the old {topic}"} for n, topic in enumerate(TOPICS)]
JUDGED = [{"query-id": f"{n}", "corpus-id": f"{n}", "score": 2} for n in range(10)]


def join(judged=JUDGED, queries=QUERIES, corpus=CORPUS):
    tables = [
        raw_table(corpus, "corpus.jsonl"),
        raw_table(queries, "queries.jsonl"),
        raw_table(judged, "qrels/test.tsv"),
    ]
    return [table for _, _, table in join_judgements([("train", Path(t.place), t) for t in tables])]


def grades(raw):
    return dict(zip(raw.fields["candidates"], raw.fields["grades"], strict=True))


def test_a_query_has_its_judged_documents_and_others_to_twenty():
    (table,) = join()
    assert table.roles == {"text": "text", "candidates": "candidates", "grades": "grades"}
    assert len(table.rows) == 10 and table.rows[3].fields["text"] == "the old fox"
    for raw in table.rows:
        assert len(grades(raw)) == 20 and sum(grades(raw).values()) == 2
    assert grades(table.rows[3])["Fox\nAbout a fox."] == 2
    assert any("190 documents that nobody judged" in note for note in table.notes)


@pytest.mark.parametrize(
    "judged",
    [
        [{"qid": f"{n}", "iter": "0", "docno": f"{n}", "rel": 1} for n in range(10)],
        [{"field1": n, "field2": 0, "field3": n, "field4": 1} for n in range(10)],
        [{"doc_id": n, "query_id": n} for n in range(10)],
        [{"document": f"{n}", "topic": f"{n}", "grade": "1.0"} for n in range(10)],
    ],
)
def test_judgements_under_other_names(judged):
    (table,) = join(judged)
    assert grades(table.rows[0])["Lake\nAbout a lake."] == 1


def test_below_zero_is_not_relevant_and_what_is_not_there_is_counted():
    judged = [*JUDGED, {"query-id": "1", "corpus-id": "2", "score": -1}]
    judged += [{"query-id": "1", "corpus-id": "gone", "score": 1}]
    (table,) = join(judged)
    assert grades(table.rows[1])["Train\nAbout a train."] == 0
    assert any(note.startswith("D206") and "1 row of no document" in note for note in table.notes)


def test_queries_of_several_files_have_their_own_judgements():
    tables = [
        ("train", raw_table(CORPUS, "corpus.tsv")),
        ("train", raw_table(QUERIES[:6], "queries.train.tsv")),
        ("val", raw_table(QUERIES[6:], "queries.dev.tsv")),
        ("train", raw_table(JUDGED[:6], "qrels.train.tsv")),
        ("val", raw_table(JUDGED[6:], "qrels.dev.tsv")),
        ("test", raw_table([{"_id": f"x{n}", "text": f"q {n}"} for n in range(4)], "eval.tsv")),
    ]
    made = join_judgements([(split, Path(table.place), table) for split, table in tables])
    assert [(split, len(table.rows)) for split, _, table in made] == [("train", 6), ("val", 4)]


@pytest.mark.parametrize(
    "judged",
    [
        [{"query-id": f"a{n}", "corpus-id": f"{n}", "score": 1} for n in range(10)],  # no query
        [{"query-id": f"{n}", "corpus-id": f"{n}", "text": "a few words"} for n in range(10)],
        [{"query-id": f"{n}"} for n in range(10)],
        [],
    ],
)
def test_other_files_stay_as_they_are(judged):
    assert len(join(judged)) == 3


def test_files_are_those_of_a_collection_by_the_name_of_its_judgements():
    def files(*names):
        found = judgement_files([*map(PurePath, names)])
        return {split: [*map(str, some)] for split, some in found.items()}

    corpus = ("c/corpus.jsonl", "c/queries.jsonl")
    assert files(*corpus, "c/qrels/test.tsv") == {"data": [*corpus, "c/qrels/test.tsv"]}
    assert files(*corpus, "c/qrels/train.tsv.gz", "c/qrels/test.tsv") == {
        "train": ["c/qrels/train.tsv.gz", *corpus],
        "test": ["c/qrels/test.tsv"],
    }
    assert files(*corpus) == {} == files("a.csv", "qrels.tsv")
    assert names_judgements("cranqrel.txt") and names_judgements("judgements")
    assert names_judgements("qrels.dev.small") and not names_judgements("misjudgements")


def test_a_folder_and_an_archive_are_read(tmp_path):
    (tmp_path / "set" / "judgements").mkdir(parents=True)
    docs = "docno,body\n" + "".join(f"{d['_id']},{d['text']}\n" for d in CORPUS)
    asked = "qid,question\n" + "".join(f"{q['_id']},{q['text']}\n" for q in QUERIES)
    judged = "".join(f"{n} 0 {n} 1\n" for n in range(10))
    parts = {"docs.csv": docs, "topics.csv": asked, "judgements/all.qrels": judged}
    for name, text in parts.items():
        (tmp_path / "set" / name).write_text(text)
    loaded = load({"data": [tmp_path / "set"]}, base=tmp_path)
    assert loaded.kind == "rank" and len(loaded.train) == 10
    assert loaded.train[4].messages[-1].content == "the old bridge"
    archive = zipped(
        tmp_path / "set.zip",
        [("docs.csv", docs), ("topics.csv", asked), ("qrels/all.tsv", judged)],
    )
    assert len(load({"data": [archive]}, base=tmp_path).train) == 10


def test_pairs_with_a_class_stay_pairs(tmp_path):
    from assay.data.reading.load import load

    text = "the {} number {} says something".format
    for name, mark in (("arguments", "arg"), ("points", "kp")):
        rows = [f"{mark}{i},{text(name, i)}" for i in range(8)]
        (tmp_path / f"{name}.csv").write_text("\n".join([f"{mark}_id,{mark}", *rows]) + "\n")
    rows = [f"arg{i},kp{k},{int(i == k)}" for i in range(8) for k in (i, (i + 1) % 8)]
    (tmp_path / "labels.csv").write_text("\n".join(["arg_id,kp_id,label", *rows]) + "\n")
    loaded = load({"data": [tmp_path]}, base=tmp_path)
    assert loaded.columns == {"text": "arg", "text_pair": "kp", "label": "label"}
    assert len(loaded.train) == 16
