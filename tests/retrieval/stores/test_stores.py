"""What every store of passages promises."""

import math

import numpy as np
import pytest

from assay.core.errors import ResourceError
from assay.core.types import Document
from helpers.problems import problem
from helpers.stored import axes, documents


def test_an_empty_collection_has_nothing(place):
    store = place.open()
    assert len(store) == 0
    assert store.ids() == []
    assert store.passages([]) == []
    assert store.search(axes(0, 1), 5) == [[], []]
    assert [version.number for version in store.versions()] == [store.version]


def test_the_nearest_come_first_with_their_cosines(place):
    # Between (1, 1, 0, 0) and the axes: 1/sqrt(2); between it and (1, 1, 1, 0): 2/sqrt(6). Lengths
    # do not count.
    store = place.open()
    store.put(
        documents("a#1", "b#1", "c#1", "d#1"),
        np.array([[3, 0, 0, 0], [0, 9, 0, 0], [5, 5, 5, 0], [-1, -1, 0, 0]]),
    )
    (found,) = store.search(np.array([[2.0, 2.0, 0, 0]]), 4)
    assert [name for name, _ in found] == ["c#1", "a#1", "b#1", "d#1"]
    assert [score for _, score in found] == pytest.approx(
        [2 / math.sqrt(6), 0.5**0.5, 0.5**0.5, -1], abs=1e-6
    )
    assert store.search(axes(0), 1) == [[("a#1", 1.0)]]


def test_passages_come_back_as_they_were(place):
    odd = [
        Document(
            "fü/ß \"'#1",
            "line\nbreak\r\n\ttab 'quote' \"double\" \\ back; DROP TABLE passages; --",
            "a'b.md:3",
            "",
        ),
        Document("日本語#🎈", "x" * 3_000_000, "", "1999"),
        Document("no-number", "", "", ""),
        Document("a#b#c#12", " \u2028\u200b\ufeff ", "", ""),
        Document("é#1", "composed", "", ""),
        Document("e\u0301#1", "decomposed: another id", "", ""),
        Document("i" * 9000 + "#1", "an id longer than an index of most databases takes", "", ""),
    ]
    fields = [{"lang": "de"}, {"lang": "ja", 'it\'s "odd"\n': "v'\n"}, {}, {}, {}, {}, {}]
    store = place.open()
    store.put(odd, np.ones((7, 4)), fields)
    names = [document.id for document in odd]
    assert store.ids() == sorted(names)
    for again in (store, place.open()):
        assert again.passages(names[::-1]) == odd[::-1]
        assert again.search(axes(0), 9, where={'it\'s "odd"\n': "v'\n"}) == [[(names[1], 0.5)]]
    with pytest.raises(KeyError):
        store.passages(["a#b#c#13"])
    version = store.version
    assert store.drop(["a#b#c", "no-number", "日本語"]) != version
    assert store.ids() == sorted([names[0], *names[4:]])


def test_a_passage_put_again_is_replaced(place):
    store = place.open()
    store.put(documents("a#1", "a#2"), axes(0, 1), [{"lang": "en"}, {"lang": "en"}])
    store.put([Document("a#1", "new")], axes(2), [{"lang": "fr"}])
    assert len(store) == 2
    assert store.passages(["a#1"]) == [Document("a#1", "new")]
    assert store.search(axes(0), 5) == [[("a#1", 0.0), ("a#2", 0.0)]]
    assert store.search(axes(0), 5, where={"lang": "fr"}) == [[("a#1", 0.0)]]


def test_of_an_id_given_twice_the_last_counts(place):
    store = place.open()
    store.put(
        [Document("a#1", "first"), Document("b#1", "other"), Document("a#1", "last")], axes(0, 1, 2)
    )
    assert store.passages(["a#1"]) == [Document("a#1", "last")]
    assert store.search(axes(2), 1) == [[("a#1", 1.0)]]
    assert len(store) == 2


def test_equals_are_ordered_by_id_and_cut_by_id(place):
    # 60 passages with one vector: the first by id, however many of the others the library would
    # give first.
    store = place.open()
    names = [f"d{number:02}#1" for number in range(60)]
    store.put(documents(*names[::-1]), np.ones((60, 4)))
    assert [name for name, _ in store.search(np.ones((1, 4)), 7)[0]] == names[:7]


def test_more_than_there_are_gives_all(place):
    store = place.open()
    store.put(documents("a#1", "b#1"), axes(0, 1))
    assert [name for name, _ in store.search(axes(1), 100)[0]] == ["b#1", "a#1"]


def test_a_vector_of_zeros_is_like_nothing(place):
    store = place.open()
    store.put(documents("a#1", "b#1", "z#1"), np.array([[1, 0, 0, 0], [-1, 0, 0, 0], [0, 0, 0, 0]]))
    assert store.search(axes(0), 3) == [[("a#1", 1.0), ("z#1", 0.0), ("b#1", -1.0)]]
    assert store.search(np.zeros((1, 4)), 3) == [[("a#1", 0.0), ("b#1", 0.0), ("z#1", 0.0)]]


def test_tiny_and_huge_vectors_have_directions(place):
    store = place.open()
    store.put(documents("t#1", "h#1"), np.array([[1e-200, 0, 0, 0], [0, 1e200, 0, 0]]))
    assert store.search(axes(0, 1), 1) == [[("t#1", 1.0)], [("h#1", 1.0)]]


@pytest.mark.parametrize(
    ("passages", "vectors", "fields"),
    [
        (documents("a#1", "b#1"), [[1, 0, 0, 0], [math.nan, 0, 0, 0]], ()),
        (documents("a#1", "b#1"), [[1, 0, 0, 0], [0, math.inf, 0, 0]], ()),
        ([Document("b#1", "nul \0")], [[1, 0, 0, 0]], ()),
        ([Document("b#1", "half \ud800")], [[1, 0, 0, 0]], ()),
        ([Document("b#1", "")], [[1, 0, 0, 0]], [{"lang": "\0"}]),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_is_written(place, passages, vectors, fields):
    store = place.open()
    version = store.put(documents("k#1"), axes(3))
    with problem(ResourceError, "R022", None, "'b#1'"):
        store.put(passages, np.array(vectors), fields)
    assert (store.version, store.ids()) == (version, ["k#1"])


def test_a_search_for_no_vector_is_refused(place):
    with pytest.raises(ResourceError, match="R022"):
        place.open().search(np.array([[math.nan, 0, 0, 0]]), 1)


def test_numbers_of_rows_that_do_not_fit_are_a_slip_of_the_caller(place):
    store = place.open()
    for vectors, fields in ((axes(0), ()), (axes(0, 1, width=5), ()), (axes(0, 1), [{}])):
        with pytest.raises(ValueError):
            store.put(documents("a#1", "b#1"), vectors, fields)
    assert len(store) == 0


# --- filters --------------------------------------------------------------------------------------


def test_only_passages_with_all_these_values_are_found(place):
    store = place.open()
    fields = [
        {"lang": "de", "site": "x"},
        {"lang": "de", "site": "y"},
        {"lang": "en", "site": "x"},
        {},
    ]
    store.put(documents("a#1", "b#1", "c#1", "d#1"), axes(0, 0, 0, 0), fields)
    for where, expected in (
        ({"lang": "de"}, ["a#1", "b#1"]),
        ({"lang": "de", "site": "x"}, ["a#1"]),
        ({"lang": "fr"}, []),
        ({"de": "lang"}, []),
        ({"lang": "d"}, []),
        ({"lang": ""}, []),
        ({"lang": "\0"}, []),
        ({}, ["a#1", "b#1", "c#1", "d#1"]),
    ):
        assert [name for name, _ in store.search(axes(0), 9, where=where)[0]] == expected, where


@pytest.mark.parametrize(
    "value",
    [
        "' OR '1'='1",
        "'; DROP TABLE passages; --",
        "\"}' OR true --",
        "%",
        "_",
        "*",
        "\\",
        "\\'",
        "$1",
        "%s",
        "{}",
        "\n",
    ],
)
def test_a_value_is_never_part_of_a_command(place, value):
    store = place.open()
    store.put(
        documents("plain#1", "odd#1"), axes(0, 0), [{"lang": "en"}, {"lang": value, value: "x"}]
    )
    assert store.search(axes(0), 9, where={"lang": value}) == [[("odd#1", 1.0)]]
    assert store.search(axes(0), 9, where={value: "x"}) == [[("odd#1", 1.0)]]
    assert store.search(axes(0), 9, where={"lang": f"{value}'"}) == [[]]
    store.drop([value])
    assert len(store) == 2
    store.put([Document(f"{value}#1", value)], axes(1))
    store.drop([value])
    assert store.ids() == ["odd#1", "plain#1"]


# --- versions -------------------------------------------------------------------------------------


def test_a_version_is_the_collection_as_it_was(place):
    store = place.open()
    empty = store.version
    first = store.put(documents("a#1", "a#2", "b#1"), axes(0, 1, 2), [{"n": "1"}, {}, {}])
    second = store.put([Document("a#1", "changed")], axes(3))
    third = store.drop(["a"])
    assert empty < first < second < third == store.version
    for again in (store, place.open()):
        assert [again.ids(at=at) for at in (empty, first, second, third)] == [
            [], ["a#1", "a#2", "b#1"], ["a#1", "a#2", "b#1"], ["b#1"],
        ]  # fmt: skip
        assert again.search(axes(0), 1, at=first) == [[("a#1", 1.0)]]
        assert again.search(axes(3), 1, at=second) == [[("a#1", 1.0)]]
        assert again.search(axes(3), 9, at=third) == again.search(axes(3), 9) == [[("b#1", 0.0)]]
        assert again.search(axes(0), 9, at=first, where={"n": "1"}) == [[("a#1", 1.0)]]
        assert again.search(axes(0), 9, at=second, where={"n": "1"}) == [[]]
        assert again.passages(["a#1"], at=first) == documents("a#1")
        assert again.passages(["a#1"], at=second) == [Document("a#1", "changed")]
        with pytest.raises(KeyError):
            again.passages(["a#1"])


def test_what_changes_nothing_makes_no_version(place):
    store = place.open()
    version = store.put(documents("a#1"), axes(0))
    assert (
        store.put([], np.zeros((0, 4))) == store.drop([]) == store.drop(["b", "a#1", ""]) == version
    )
    assert store.version == version


def test_versions_have_times_in_order(place):
    import time

    begun = time.time()
    store = place.open()
    store.put(documents("a#1"), axes(0))
    store.drop(["a"])
    times = [version.time for version in store.versions()]
    assert times == sorted(times)
    assert begun - 5 < times[0] and times[-1] < time.time() + 5
    assert [version.number for version in store.versions()][-1] == store.version


def test_versions_can_be_forgotten(place):
    store = place.open()
    first = store.put(documents("a#1", "a#2"), axes(0, 1))
    second = store.put(documents("b#1"), axes(2))
    third = store.drop(["a"])
    store.forget(second)
    for again in (store, place.open()):
        assert again.ids(at=second) == ["a#1", "a#2", "b#1"]
        assert again.ids(at=third) == again.ids() == ["b#1"]
        assert again.versions()[0].number == second
        with pytest.raises(ResourceError, match=f"R023.*there is no version {first}"):
            again.ids(at=first)
        with pytest.raises(ResourceError, match="R023"):
            again.search(axes(0), 1, at=first)
    with pytest.raises(ResourceError, match="R023"):
        store.ids(at=store.version + 1)
    with pytest.raises(ResourceError, match="R023"):
        store.forget(first)
    store.forget(store.version)
    assert store.ids() == ["b#1"]
    assert store.search(axes(2), 9) == [[("b#1", 1.0)]]


# --- whose vectors --------------------------------------------------------------------------------


@pytest.mark.parametrize(("digest", "width"), [("other", 4), ("digest", 5)])
def test_vectors_of_another_model_are_refused_and_nothing_is_lost(place, digest, width):
    store = place.open()
    version = store.put(documents("a#1"), axes(0))
    with problem(ResourceError, "R020") as refused:
        place.open(digest, width)
    assert refused.value.exit_code == 4
    assert "help:" in str(refused.value)
    assert (store.version, place.open().search(axes(0), 1)) == (version, [[("a#1", 1.0)]])


def test_a_collection_of_ones_own_is_rebuilt_when_asked_for(place):
    store = place.open()
    store.put(documents("a#1"), axes(0))
    if not place.settings.local:
        with pytest.raises(ResourceError, match="R020"):
            place.open("other", 5, rebuild=True)
        return
    again = place.open("other", 5, rebuild=True)
    assert (len(again), again.ids()) == (0, [])
    again.put(documents("b#1"), axes(4, width=5))
    assert place.open("other", 5, rebuild=True).search(axes(4, width=5), 2) == [[("b#1", 1.0)]]


def test_one_sees_what_another_has_written(place):
    first, second = place.open(), place.open()
    first.put(documents("a#1"), axes(0))
    assert second.search(axes(0), 1) == [[("a#1", 1.0)]]
    version = second.drop(["a"])
    assert (first.version, first.ids(), len(first)) == (version, [], 0)
    second.put(documents("b#1"), axes(1))
    assert first.put(documents("c#1"), axes(2)) == second.version
    assert first.passages(["b#1"]) == documents("b#1")


def test_many_passages_are_looked_up_at_once(place):
    store = place.open()
    names = [f"d{number}#1" for number in range(1200)]
    store.put(documents(*names), np.ones((1200, 4)))
    assert store.passages(names[::-1]) == documents(*names[::-1])
