"""Documents in place: what is added is found by the next answer, what is dropped is not, earlier
versions stay."""

from dataclasses import replace

import pytest

from assay.core.errors import DataError
from assay.core.types import Document, Example, Message
from assay.strategies.baselines.majority import Majority
from assay.strategies.retrieval.library import Library
from assay.strategies.retrieval.rag import Rag

MOON = Document("moon.md", "The moon is silver.", "moon.md", "2026-05-01")


@pytest.fixture(params=["bm25", "hybrid", pytest.param("lancedb", marks=pytest.mark.slow)])
def library(request, lesson, tmp_path):
    settings = {"find": request.param}
    if request.param == "lancedb":
        pytest.importorskip("lancedb")
        settings = {"find": "hybrid", "store": {"kind": "lancedb"}}
    return Library(
        Rag(inner=Majority(), top=2, **settings).fit(lesson("answer")), tmp_path / "updates.jsonl"
    )


def found(library, text, at=None):
    question = Example("q", (Message("user", text),))
    return list(library.arm(at).answer([question])[0].passages)


def test_a_document_is_read_once_it_is_put_and_no_more_once_it_is_dropped(library):
    assert "moon.md#1" not in found(library, "What colour is the moon?")
    assert library.put([MOON]) == 1
    assert found(library, "What colour is the moon?")[0] == "moon.md#1"
    assert library.put([replace(MOON, text="The moon is made of cheese.")]) == 2
    passage = library.arm().finder.passages[-1]
    assert (passage.id, passage.text, passage.date) == (
        "moon.md#1",
        "The moon is made of cheese.",
        "2026-05-01",
    )
    assert library.drop(["moon.md", "about-sky"]) == 3
    assert "moon.md#1" not in found(library, "What colour is the moon?")
    assert "about-sky" not in library.ids()


def test_earlier_versions_can_be_asked(library):
    library.put([MOON])
    library.drop(["moon.md"])
    assert found(library, "What colour is the moon?", at=1)[0] == "moon.md#1"
    assert "moon.md#1" not in found(library, "What colour is the moon?", at=0)
    assert [(v.version, v.put, v.dropped, v.documents) for v in library.versions()] == [
        (0, tuple(library.ids(0)), (), 6),
        (1, ("moon.md",), (), 7),
        (2, (), ("moon.md",), 6),
    ]
    assert [bool(v.time) for v in library.versions()] == [False, True, True]
    with pytest.raises(DataError) as caught:
        library.arm(3)
    assert caught.value.problems[0].code == "D110"


def test_changes_are_there_in_the_next_process_and_a_torn_line_is_not(library):
    library.put([MOON])
    with library.log.open("ab") as file:
        file.write(b'{"time": "20')
    again = Library(library.arm(0), library.log)
    assert again.version == 1
    question = "What colour is the moon?"
    assert found(again, question) == found(library, question)
    assert again.drop(["moon.md"]) == 2


@pytest.mark.slow
def test_it_finds_what_an_arm_fitted_on_the_same_documents_finds(library, lesson):
    given = lesson("answer")
    library.put([MOON])
    library.drop(["about-coal"])
    documents = (*(d for d in given.documents if d.id != "about-coal"), MOON)
    fresh = library.arm(0).settings.fit(replace(given, documents=documents))
    for text in ("What colour is the moon?", "the sky", "coal and snow"):
        assert library.arm().finder.rank([text]) == [
            [(name, pytest.approx(score, abs=1e-5)) for name, score in row]
            for row in fresh.finder.rank([text])
        ]


def test_only_new_passages_get_vectors(lesson, tmp_path):
    told = []
    given = lesson("answer", shelf=tmp_path / "shelf")
    arm = Rag(inner=Majority(), find="dense").fit(given)
    library = Library(arm, tmp_path / "log.jsonl")
    encoding = arm.finder.tools.encoding
    assert encoding is not None
    plain = encoding.vectors

    def counted(texts, **settings):
        told.append(len(texts))
        return plain(texts, **settings)

    encoding.vectors = counted
    library.put([MOON])
    assert told == [1]
    # A later fit on edited documents reads the shelf.
    edited = (*given.documents[1:], MOON, Document("sun.md", "The sun is yellow."))
    told.clear()
    from assay.retrieval.dense import encode_with_cache
    from assay.strategies.retrieval.rag import cut

    passages = cut(arm.settings, edited, encoding, None)
    encode_with_cache([p.text for p in passages], encoding, tmp_path / "shelf", None)
    assert told == [1]


def test_all_documents_may_go(library):
    library.drop(library.ids())
    assert library.ids() == [] and found(library, "the sky") == []
    library.put([MOON])
    assert library.ids() == ["moon.md"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda library: library.put([MOON, MOON]), "D107"),
        (lambda library: library.put([Document("empty", " \n# only a heading")]), "D108"),
        (lambda library: library.put([]), "D108"),
        (lambda library: library.drop(["about-sky", "about-sk"]), "D109"),
    ],
)
def test_what_is_refused_changes_nothing(library, change, code):
    before = library.ids()
    with pytest.raises(DataError) as caught:
        change(library)
    assert [problem.code for problem in caught.value.problems] == [code]
    assert library.ids() == before and not library.log.exists()


@pytest.mark.slow
def test_all_changes_together_are_one_in_the_next_process(library):
    for number in range(6):
        library.put([replace(MOON, id=f"moon-{number % 3}.md", text=f"Moon {number} is silver.")])
    library.drop(["moon-1.md", "about-sky"])
    library.put([replace(MOON, id="moon-1.md", text="Moon 1 is back.")])
    again = Library(library.arm(0), library.log)
    for version in (8, 3, 7, 0):
        mine, theirs = (one.arm(version).finder for one in (library, again))
        assert theirs.passages == mine.passages
        ranked = [one.rank(["silver moon", "the sky"]) for one in (mine, theirs)]
        assert [[name for name, _ in row] for row in ranked[0]] == [
            [name for name, _ in row] for row in ranked[1]
        ]
    assert again.versions() == library.versions() and again.ids() == library.ids()
