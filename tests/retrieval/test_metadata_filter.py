"""Passages by the fields of their documents: only those are found, whatever finds them; what is
wrong says so."""

from dataclasses import replace

import pytest

from assay.config import make_strategy
from assay.config.complaints import SettingsError
from assay.core.errors import DataError
from assay.core.types import Document, Example, Message
from assay.retrieval.metadata_filter import PassageFields, document_fields, row_fields
from assay.retrieval.retriever import Finder, Looking, Tools
from assay.strategies.baselines.majority import Majority
from assay.strategies.retrieval.library import Library
from assay.strategies.retrieval.rag import Rag
from assay.strategies.retrieval.retrieval_aware import RetrievalAware
from helpers.letters import Letters


def passage(name, text, **fields):
    return Document(name, text, fields=tuple(sorted(fields.items())))


PASSAGES = [
    passage("a#1", "the battery lasts ten hours", product="phone", lang="en"),
    passage("b#1", "the battery lasts two days", product="watch", lang="en"),
    passage("c#1", "battery and charger are sold apart", product="phone", lang="de"),
    passage("d#1", "the battery is not covered"),
]
WAYS = [
    {"find": "bm25"},
    {"find": "bm25", "rewrite": "feedback"},
    {"find": "dense"},
    {"find": "hybrid"},
    pytest.param({"find": "hybrid", "store": {"kind": "lancedb"}}, marks=pytest.mark.slow),
]


def finder(shelf, where, way):
    if way.get("store"):
        pytest.importorskip("lancedb")
    return Finder(
        Looking(where=where, top=4, per_source=4, **way), PASSAGES, Tools(Letters(), shelf=shelf)
    )


def asked(text="how long does the battery last", **fields):
    return Example(
        "q", (Message("user", text),), slices=tuple(sorted(fields.items())), source="asked.csv:2"
    )


def ids(one, question):
    return sorted(name for name, _ in one.rank([question])[0])


@pytest.mark.parametrize("way", WAYS)
def test_only_passages_with_these_fields_are_found(way, tmp_path):
    assert ids(finder(tmp_path, {"product": "phone"}, way), asked()) == ["a#1", "c#1"]
    assert ids(finder(tmp_path, {"product": "phone", "lang": "de"}, way), asked()) == ["c#1"]
    assert ids(finder(tmp_path, {"product": "radio"}, way), asked()) == []
    assert ids(finder(tmp_path, {}, way), asked()) == ["a#1", "b#1", "c#1", "d#1"]


@pytest.mark.parametrize("way", WAYS)
def test_each_question_looks_where_its_own_field_says(way, tmp_path):
    one = finder(tmp_path, {"product": "{device}", "lang": "en"}, way)
    questions = [
        asked(device="watch"),
        asked(device="phone"),
        asked(device="watch"),
        asked(device="radio"),
    ]
    assert [[name for name, _ in found] for found in one.rank(questions)] == [
        ["b#1"],
        ["a#1"],
        ["b#1"],
        [],
    ]


@pytest.mark.parametrize("way", WAYS)
def test_what_a_filter_leaves_keeps_its_scores_and_follows_changes(way, tmp_path):
    every, some = (
        dict(finder(tmp_path, where, way).rank([asked()])[0]) for where in ({}, {"lang": "en"})
    )
    # ranks, and words of the first passages, are of what is left
    if way["find"] != "hybrid" and "rewrite" not in way:
        assert some == {name: pytest.approx(every[name]) for name in ("a#1", "b#1")}
    new = [passage("b#1", "the battery lasts three days", product="watch", lang="fr")]
    assert ids(finder(tmp_path, {"lang": "en"}, way).replace_documents(new, ["b"]), asked()) == [
        "a#1"
    ]
    assert ids(finder(tmp_path, {"lang": "fr"}, way).replace_documents(new, ["b"]), asked()) == [
        "b#1"
    ]


@pytest.mark.parametrize("question", ["how long?", asked(), asked(product="phone")])
def test_a_question_without_the_field_is_refused(question, tmp_path):
    with pytest.raises(DataError) as caught:
        finder(tmp_path, {"product": "{device}"}, {}).find([question])
    (problem,) = caught.value.problems
    assert (problem.code, "no field 'device'" in problem.text, "slices" in problem.help) == (
        "D113",
        True,
        True,
    )
    assert problem.place == ("" if isinstance(question, str) else "asked.csv:2")


def complaint(where):
    with pytest.raises(SettingsError) as caught:
        make_strategy({"kind": "rag", "where": where, "inner": {"kind": "majority"}}, {})
    (one,) = caught.value.complaints
    return one.code, ".".join(map(str, one.place))


@pytest.mark.parametrize(
    ("where", "code", "place"),
    [
        ({"lang": ""}, "C091", "where"),
        ({"": "en"}, "C091", "where"),
        ({"lang": "{a} {b}"}, "C091", "where"),
        ({"lang": "{}"}, "C091", "where"),
        ({"lang": "e" * 81}, "C091", "where"),
        ({"lang": ["en"]}, "C072", "where.lang"),
        ("en", "C072", "where"),
    ],
)
def test_what_is_no_filter_is_refused_with_its_place(where, code, place):
    assert complaint(where) == (code, place)


def test_numbers_and_switches_are_their_text():
    arm = make_strategy(
        {"kind": "rag", "where": {"year": 2024, "public": True}, "inner": {"kind": "majority"}}, {}
    )
    assert dict(arm)["where"] == {"year": "2024", "public": "true"}
    strong = {"kind": arm.kind, **arm.non_defaults()}
    arm = make_strategy({"kind": "router", "cheap": {"kind": "majority"}, "strong": strong}, {})
    assert (document_fields([arm]), row_fields([arm])) == (("public", "year"), ())
    assert row_fields([Rag(inner=Majority(), where={"a": "{b}", "c": "d"})]) == ("b",)


@pytest.fixture
def given(lesson):
    """A lesson whose documents and rows have a colour's kind: warm or cold."""
    plain = lesson("answer")
    kinds = {
        d.id: "warm" if "red" in d.text or "yellow" in d.text else "cold" for d in plain.documents
    }
    documents = tuple(replace(d, fields=(("kind", kinds[d.id]),)) for d in plain.documents)
    rows = {
        split: tuple(
            replace(e, slices=(("side", "warm" if e.target in ("red", "yellow") else "cold"),))
            for e in rows
        )
        for split, rows in (("train", plain.train), ("val", plain.val))
    }
    return replace(plain, documents=documents, **rows)


@pytest.mark.parametrize("kind", [Rag, RetrievalAware])
def test_a_fit_teaches_with_what_the_filter_leaves_and_reads_it_back(kind, given, tmp_path):
    taught = []

    def watch(inner, lesson):
        taught.extend(lesson.train)
        return inner.fit(lesson)

    arm = kind(inner=Majority(), top=2, where={"kind": "{side}"}).fit(replace(given, fit=watch))
    of = {d.id: dict(d.fields)["kind"] for d in given.documents}
    assert taught and all(
        {of[p.id.partition("#")[0]] for p in e.context} <= {dict(e.slices)["side"]} for e in taught
    )
    arm.save(tmp_path)
    again = arm.settings.restore(tmp_path, given) if (tmp_path / "inner").exists() else arm
    question = given.val[0].question
    assert again.answer([question])[0].passages == arm.answer([question])[0].passages != ()
    library = Library(arm, tmp_path / "log.jsonl")
    side = dict(question.slices)["side"]
    moon = Document("moon.md", f"{question.text} The moon is silver.", fields=(("kind", side),))
    library.put([moon])
    assert "moon.md#1" in Library(arm, library.log).arm().answer([question])[0].passages
    library.put([replace(moon, fields=(("kind", "neither"),))])
    assert "moon.md#1" not in Library(arm, library.log).arm().answer([question])[0].passages


def test_a_filter_that_leaves_nothing_is_an_error_and_one_that_does_for_some_rows_a_note(given):
    with pytest.raises(DataError) as caught:
        Rag(inner=Majority(), where={"kind": "hot"}).fit(given)
    (problem,) = caught.value.problems
    assert (problem.code, problem.help) == ("D112", "there are: kind: cold, warm")
    told = []
    odd = replace(given.train[0], slices=(("side", "none"),))
    means = replace(given.means, tell=told.append)
    Rag(inner=Majority(), where={"kind": "{side}"}).fit(
        replace(given, train=(odd, *given.train[1:]), means=means)
    )
    assert [(e["code"], e["count"]) for e in told if e["event"] == "warning"] == [("D112", 1)]


def test_equal_filters_are_one():
    fields = PassageFields(PASSAGES)
    assert fields.among({"lang": "en", "product": "phone"}) is fields.among(
        {"product": "phone", "lang": "en"}
    )
