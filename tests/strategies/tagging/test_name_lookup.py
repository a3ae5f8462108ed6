"""A list of names: what train named at least as often as not, the longest first."""

from assay.strategies.tagging.name_lookup import NameList, lookup_f1
from assay.strategies.tagging.text_words import TextWords


def words(text, *names):
    """Each of `names` is a town where it stands first."""
    spans = [(text.index(name), text.index(name) + len(name), "town") for name in names]
    return TextWords.of(text, spans)


def test_a_word_that_is_a_name_half_of_the_times_is_known_and_one_that_is_less_often_is_not():
    rows = [words("Bath is old", "Bath"), words("a bath"), words("Reading", "Reading")]
    assert NameList.of(rows).kinds == {"bath": "town", "reading": "town"}
    assert NameList.of([*rows, words("reading and reading")]).kinds == {"bath": "town"}


def test_the_type_is_the_one_that_a_name_had_most_often():
    rows = [TextWords.of("Paris", [(0, 5, kind)]) for kind in ("person", "town", "town")]
    assert NameList.of(rows).kinds == {"paris": "town"}


def test_the_longest_name_is_found_in_any_case_and_no_word_twice():
    names = NameList({"new york": "state", "new york city": "town", "city": "word"})
    row = TextWords.of("NEW YORK CITY or New York")
    assert names.find(row) == [((0, 3), "town"), ((4, 6), "state")]
    assert [row.span(place, kind) for place, kind in names.find(row)] == [
        (0, 13, "town"),
        (17, 25, "state"),
    ]


def test_f1_is_that_of_names_looked_up_in_the_other_folds():
    first, second = [words("to Oslo", "Oslo"), words("to Rome", "Rome")], [words("in Oslo", "Oslo")]
    # Oslo is known to both, Rome to none: two of two said are right, two of three wanted are said
    assert lookup_f1([(first, second), (second, first)]) == 2 * 2 / (2 + 3)
