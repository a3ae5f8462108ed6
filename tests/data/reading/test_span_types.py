from assay.data.reading.span_places import places
from assay.data.reading.span_types import Annotation, types_of


def annotations(values, kinds=("named",)):
    return [Annotation(v, [p for p in places(v) if p.form[0] in kinds]) for v in values]


def types(values, **more):
    found = annotations(values, **more)
    told = types_of(found)
    return [told.of(one.places[0]) for one in found], told


def test_the_type_has_a_name_that_says_so():
    values = [{"start": 1, "end": 2, "by": "ab"[n % 2], "label": "XYZ"[n % 3]} for n in range(12)]
    found, told = types(values)
    assert found[:3] == ["X", "Y", "Z"] and told.left == ("by",)


def test_else_it_is_what_comes_again_and_is_not_the_words():
    values = [
        {"start": 1, "end": 2, "said": f"word {n}", "way": "XYZ"[n % 3], "note": f"n {n}"}
        for n in range(12)
    ]
    assert types(values)[0][:3] == ["X", "Y", "Z"]


def test_all_that_comes_again_of_a_record_whose_bounds_are_numbered():
    values = [["1,2", "FOOD" if n % 2 else "ROOM", "2", "5,6"] for n in range(9)]
    found = annotations(values, kinds=("alone",))
    told = types_of(found)
    assert [told.of(place) for place in found[0].places] == ["ROOM (1)", "ROOM (2)"]
    assert told.of(found[1].places[0]) == "FOOD (1)"


def test_each_part_of_an_annotation_has_its_own_type():
    values = [
        {
            "event": "SALE" if n % 2 else "MOVE",
            "trigger": {"start": 1, "end": 2},
            "arguments": [{"start": 3, "end": 5, "role": one} for one in ("who", "where")],
        }
        for n in range(12)
    ]
    found = annotations(values, kinds=("alone", "named"))
    told = types_of(found)
    assert [told.of(place) for place in found[1].places] == [
        "trigger SALE",
        "arguments who",
        "arguments where",
    ]


def test_a_type_has_no_colon():
    values = [{"start": 1, "end": 2, "label": "a:b"}, {"start": 1, "end": 2, "label": "c"}]
    assert types(values)[0] == ["a b", "c"]


def test_nothing_tells_the_type():
    assert not types([{"start": n, "end": n + 2, "id": f"T{n}"} for n in range(40)])[1].tells
    assert not types_of([]).tells
