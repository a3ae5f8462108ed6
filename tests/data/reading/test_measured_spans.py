"""Marks are recognised by what they cut out of the text, whatever they are called and however deep
they stand."""

import pytest

from assay.data.reading.load import load
from assay.data.reading.measured_spans import measure_spans
from helpers.raw_tables import raw_table
from helpers.toy import write_rows

WHO, WHERE = ("Ann", "Bob", "Clara", "Dmitri"), ("Oslo", "Bergen", "New York", "Quito", "Lagos")
TEXTS = [f"{WHO[n % 4]} went to {WHERE[n % 5]}, by train {n}." for n in range(24)]


def pieces(n):
    """(start, end, type, words) of what a text names."""
    named = (("who", WHO[n % 4]), ("where", WHERE[n % 5]))
    return [(at, at + len(w), kind, w) for kind, w in named for at in [TEXTS[n].index(w)]]


def table(make, texts=TEXTS):
    return raw_table([make(text, pieces(n)) for n, text in enumerate(texts)])


def under_types(some, end):
    return {kind: {words: [[a, b - end]]} for a, b, kind, words in some}


WAYS = {
    "a name that tells nothing": lambda t, some: {
        "content": t,
        "annotation": [{"start": a, "end": b, "label": k} for a, b, k, _ in some],
    },
    "DataTurks: the end is the last one": lambda t, some: {
        "content": t,
        "annotation": [
            {"label": [k], "points": [{"start": a, "end": b - 1, "text": w}]} for a, b, k, w in some
        ],
    },
    "BigBio": lambda t, some: {
        "text": t,
        "entities": [
            {"id": f"T{a}", "type": k, "text": [w], "offsets": [[a, b]]} for a, b, k, w in some
        ],
    },
    "BioC: a length": lambda t, some: {
        "text": t,
        "annotations": [
            {"infons": {"type": k}, "text": w, "locations": [{"offset": a, "length": b - a}]}
            for a, b, k, w in some
        ],
    },
    "CLUENER: words as names": lambda t, some: {"text": t, "label": under_types(some, 1)},
    "types as names": lambda t, some: {"text": t, "m": {k: [[a, b]] for a, b, k, _ in some}},
    "lists in step": lambda t, some: {
        "text": t,
        "marks": {
            "start": [one[0] for one in some],
            "end": [one[1] for one in some],
            "type": [one[2] for one in some],
        },
    },
    "records": lambda t, some: {"doc": t, "gold": [[w, a, b, k] for a, b, k, w in some]},
    "the type first": lambda t, some: {"doc": t, "gold": [[k, a, b] for a, b, k, _ in some]},
    "bounds as text": lambda t, some: {
        "text": t,
        "found": [{"at": f"{a}-{b}", "kind": k, "surface": w} for a, b, k, w in some],
    },
    "counted from 1": lambda t, some: {
        "text": t,
        "found": [{"a": a + 1, "b": b, "kind": k, "surface": w} for a, b, k, w in some],
    },
    "a start and the words": lambda t, some: {
        "text": t,
        "found": [{"at": a, "kind": k, "surface": w} for a, b, k, w in some],
    },
    "a nought that was left out, in an object": lambda t, some: {
        "doc": {"text": t},
        "labels": [
            {"slot": k, "valueSpan": ({"startIndex": a} if a else {}) | {"endIndex": b}}
            for a, b, k, _ in some
        ],
    },
    "in an object": lambda t, some: {
        "doc": {"body": t, "lang": "en"},
        "ann": [{"from": str(a), "to": str(b), "tag": k} for a, b, k, _ in some],
    },
}


@pytest.mark.parametrize("way", WAYS)
def test_marks_in_any_form_are_spans_of_their_text(way):
    found = measure_spans(table(WAYS[way]), set())
    assert found.roles["entities"] == "entities"
    for n, raw in enumerate(found.rows):
        assert raw.fields[found.roles["text"]] == TEXTS[n]
        spans = {(one["start"], one["end"], one["label"]) for one in raw.fields["entities"]}
        assert spans == {one[:3] for one in pieces(n)}


def opinion(text, some):
    (a, b, _, who), (c, d, _, where) = some
    return {
        "text": text,
        "opinions": [
            {
                "Source": [[], []],
                "Target": [[who], [f"{a}:{b}"]],
                "Expression": [[where], [f"{c}:{d}"]],
                "Polarity": "good" if len(where) > 5 else "bad",
            }
        ],
    }


def test_several_bounds_of_one_mark_have_their_names_beside_its_type():
    found = measure_spans(table(opinion), set())
    labels = [[one["label"] for one in raw.fields["entities"]] for raw in found.rows]
    assert labels[0] == ["Target bad", "Expression bad"]
    assert labels[1] == ["Target good", "Expression good"]


def test_what_a_mark_says_beside_its_type_is_told():
    def make(t, some):
        more = {"sure": "yes" if len(t) % 2 else "no"}
        return {"t": t, "m": [{"start": a, "end": b, "label": k, **more} for a, b, k, _ in some]}

    assert any("sure was left out" in note for note in measure_spans(table(make), set()).notes)


def words_of(text, some):
    words = text.split()
    found = []
    for a, b, kind, _ in some:
        first, last = len(text[:a].split()), len(text[:b].split())
        found.append((first, last, kind))
    return words, found


def test_bounds_count_words_where_the_text_is_in_words():
    def make(t, some):
        words, found = words_of(t, some)
        return {
            "tokens": words,
            "entities": [{"type": k, "start": a, "end": b} for a, b, k in found],
        }

    found = measure_spans(table(make), set())
    assert found.rows[2].fields["entities"] == [
        {"start": 0, "end": 5, "label": "who"},
        {"start": 14, "end": 23, "label": "where"},  # "New York," is two words
    ]


def test_places_of_words_in_a_row_need_no_words_beside_them():
    def make(t, some):
        _, found = words_of(t, some)
        return {"text": t, "records": [[[*range(a, b)], k] for a, b, k in found]}

    found = measure_spans(table(make), set())
    assert [one["label"] for one in found.rows[2].fields["entities"]] == ["who", "where"]


def test_a_mark_whose_bounds_are_wrong_is_taken_where_its_words_stand_and_counted():
    given = table(WAYS["records"])
    given.rows[3].fields["gold"][0][1:3] = [7, 13]
    given.rows[4].fields["gold"][0][0] = "Nobody"
    found = measure_spans(given, set())
    assert found.rows[3].fields["entities"][0] == {"start": 0, "end": 6, "label": "who"}
    assert [one["label"] for one in found.rows[4].fields["entities"]] == ["where"]
    assert any("1 marks of 'gold' stand elsewhere" in note for note in found.notes)
    assert any("1 marks of 'gold' do not fit" in note for note in found.notes)


@pytest.mark.parametrize(
    "make",
    [
        lambda t, some: {"t": t, "result": [{"word": w, "type": k} for *_, k, w in some]},
        lambda t, some: {"t": t, "result": [[w, k, "NULL"] for *_, k, w in some]},
        lambda t, some: {"t": t, "result": {f"T{a}": [k, w] for a, _, k, w in some}},
    ],
)
def test_words_without_bounds_are_taken_where_they_stand(make):
    found = measure_spans(table(make), set())
    for n, raw in enumerate(found.rows):
        spans = {(one["start"], one["end"], one["label"]) for one in raw.fields["entities"]}
        assert spans == {one[:3] for one in pieces(n)}


def test_both_ends_of_a_relation_are_pieces():
    def make(t, some):
        who, where = (one[3] for one in some)
        return {"t": t, "triples": [[who, "went to" if len(where) > 4 else "was in", where]]}

    found = measure_spans(table(make), set())
    labels = [one["label"] for one in found.rows[0].fields["entities"]]
    assert labels == ["was in (1)", "was in (2)"]


def test_bounds_below_nought_name_no_place():
    def make(t, some):
        _, found = words_of(t, some)
        none = [["-1,-1", "how"]] if t == TEXTS[1] else []
        return {"text": t, "records": [[f"{a},{b}", k] for a, b, k in found] + none}

    found = measure_spans(table(make), set())
    assert len(found.rows[1].fields["entities"]) == 2
    assert any("1 marks of 'records' name no place" in note for note in found.notes)


def test_marks_without_a_type_are_called_by_their_field_where_nothing_else_is_a_target():
    def make(t, some, **more):
        return {"t": t, "aspects": [{"a": a, "b": b, "term": w} for a, b, _, w in some], **more}

    found = measure_spans(table(make), set())
    assert {one["label"] for one in found.rows[0].fields["entities"]} == {"aspects"}
    for more in ({"label": "good"}, {"why": "it says so in the text"}):
        given = table(lambda t, some, more=more: make(t, some, **more))
        assert measure_spans(given, set()) is given


def plain(t, some):
    return {"text": t, "spans": [{"start": a, "end": b, "label": k} for a, b, k, _ in some]}


def tokens(t, _some):
    words, at = [], 0
    for word in t.split():
        at = t.index(word, at)
        words.append({"text": word, "start": at, "end": at + len(word), "pos": word[:1]})
        at += len(word)
    return {"text": t, "tokens": words}


@pytest.mark.parametrize(
    "make",
    [
        plain,  # read as they are
        tokens,  # each word, and no pieces
        lambda t, some: {  # the answers of a question
            "question": "who?",
            "context": t,
            "answers": [{"text": w, "start": a, "end": b, "type": k} for a, b, k, w in some],
        },
        lambda t, some: {
            "text": t,
            "qas": [{"query": "who?", "kind": k, "answers": [[w, a, b]]} for a, b, k, w in some],
        },
        lambda t, _: {"text": t, "pictures": [{"kind": "png", "size": [640, 48]}]},
        lambda t, _: {"text": t, "votes": [{"kind": "up", "by": [3]}, {"kind": "no", "by": [1]}]},
        lambda t, _: {"messages": [{"role": "user", "content": t}, {"role": "assistant"}]},
        lambda t, _: {"text": t, "clips": [{"label": "a", "start": 3, "end": 6}]},  # seconds
        lambda t, some: {"text": t, "clusters": [[[a, b]] for a, b, *_ in some]},  # no type
        lambda t, some: {  # options of which one is right
            "text": t,
            "options": [{"text": w, "label": "AB"[n]} for n, (*_, w) in enumerate(some)],
            "answer": "A",
        },
        lambda t, _: {"text": t, "about": [{"name": "travel", "type": "topic"}]},  # not in it
        lambda t, some: {  # a call
            "text": t,
            "calls": [{"name": k, "arguments": {"what": w}} for *_, k, w in some],
        },
        lambda t, some: {"text": t, "entities": [{"text": w, "type": k} for *_, k, w in some]},
        lambda t, some: {"text": t, "about": [{"word": w} for *_, w in some]},  # no type
        lambda t, _: {"text": t, "marks": []},
        lambda t, _: {"text": t, "marks": None},
    ],
)
def test_other_fields_stay(make):
    given = table(make)
    assert measure_spans(given, set()) is given


def test_a_field_that_the_project_names_stays():
    given = table(WAYS["records"])
    assert measure_spans(given, {"gold"}) is given


def test_a_file_is_read_as_extract(tmp_path):
    rows = [WAYS["records"](text, pieces(n)) for n, text in enumerate(TEXTS)]
    write_rows(tmp_path / "d.jsonl", rows)
    loaded = load({"data": ["d.jsonl"]}, base=tmp_path)
    assert (loaded.kind, loaded.train[2].target) == ("extract", "who: Clara | where: New York")
