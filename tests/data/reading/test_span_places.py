from assay.data.reading.span_places import annotations_in, is_bounds, is_length, places


def bounds(value, kind):
    return {(one.first, one.last, one.words) for one in places(value) if one.form[0] == kind}


def test_every_pair_that_may_be_bounds_is_found_with_the_words_beside_it():
    value = {"label": "X", "points": [{"start": 3, "end": 6, "text": "Oslo"}]}
    assert (3, 6, "Oslo") in bounds(value, "numbers")
    assert bounds(value, "named") == {(3, 6, "")}
    assert bounds([["Oslo", "Bergen"], ["3:7", "9:15"]], "beside") >= {
        (3, 7, "Oslo"),
        (9, 15, "Bergen"),
    }
    assert (3, 7, "Oslo") in bounds({"Oslo": [[3, 7]]}, "key")
    assert bounds([[4, 5, 6], "X"], "run") == {(4, 6, "")}


def test_bounds_of_two_things_are_not_mixed():
    value = {"aspect_start": 1, "aspect_end": 4, "opinion_start": 9, "opinion_end": 12}
    found = [one for one in places(value) if one.form[0] == "named"]
    assert [(one.first, one.last, one.path) for one in found] == [
        (1, 4, ("aspect",)),
        (9, 12, ("opinion",)),
    ]


def test_a_start_that_is_not_there_is_nought():
    assert bounds({"endIndex": 4, "slot": "x"}, "named") == {(0, 4, "")}
    assert bounds({"slot": "x", "count": 4}, "named") == set()


def test_numbers_that_are_no_places_in_a_row_are_outside_of_every_text():
    assert all(last > 1 << 30 for _, last, _ in bounds([[5, 3, 9], "X"], "run"))


def test_a_length_is_told_by_its_name():
    assert is_length(("named", "offset", "length")) and is_length(("named", "from", "len"))
    assert not is_length(("named", "start", "end")) and not is_length(("named", 0, 1))


def test_annotations_of_a_field():
    assert annotations_in({"start": [0, 5], "type": ["a", "b"]}) == [
        {"start": 0, "type": "a"},
        {"start": 5, "type": "b"},
    ]
    assert annotations_in({"T1": {"start": 0}, "T2": {"start": 5}}) == [{"start": 0}, {"start": 5}]
    for other in ({"start": [0, 5], "type": ["a"]}, {"a": [[0, 5]], "b": [[7, 9]]}):
        assert annotations_in(other) == [other]
    assert annotations_in([1]) == [1] and annotations_in("x") == annotations_in(None) == []


def test_a_place_knows_what_it_stands_in():
    value = {"label": "X", "points": [{"start": 3, "end": 6, "by": "me"}]}
    (place,) = [one for one in places(value) if one.form[0] == "named"]
    assert place.around == (value["points"][0], value["points"], value)


def test_pairs_of_numbers_as_text():
    assert all(map(is_bounds, ("3:7", "3,7", "[3, 7]", "3-7", "3 7", "-1,-1", "3..7")))
    assert not any(map(is_bounds, ("3", "a:b", "1:2:3", "", "3.7")))
