from assay.audits.forgetting.constraints import CHECKS, STOCK, chance, fault, passes_checks
from helpers.lines import named

# (check, value, answers that keep to it, answers that do not)
CASES = [
    ("lower_case", None, ["all of it, 2 lines"], ["One capital", "", "123"]),
    ("upper_case", None, ["STOP NOW!"], ["STOP now", "", "..."]),
    ("without", ",", ["no such mark"], ["one, two", " "]),
    ("no_digits", None, ["seven"], ["7", ""]),
    (
        "bullets",
        3,
        ["- a\n- b\n- c", "Here:\n* a\n* b\n* c"],
        ["- a\n- b", "- a\n- b\n- c\n- d", "-a\n-b\n-c"],
    ),
    ("numbered", 2, ["1. a\n2. b", "1) a\n2) b"], ["1. a", "1. a\n2. b\n3. c"]),
    ("paragraphs", 2, ["one\n\ntwo", "one\n \n\ntwo\n"], ["one\ntwo", "a\n\nb\n\nc"]),
    (
        "sentences",
        2,
        ["One. Two!", 'He said: "Yes." Then he left.'],
        ["One.", "One. Two. Three.", "no end"],
    ),
    ("at_most_words", 3, ["one two three"], ["one two three four", "", "..."]),
    ("at_least_words", 3, ["one two-fold it's"], ["one two"]),
    ("exactly_words", 2, ["Good day."], ["Good", "a good day"]),
    ("at_most_lines", 1, ["one line\n"], ["one\ntwo", ""]),
    ("starts_with", "In my view", ["in my view, yes"], ["Well, in my view"]),
    (
        "ends_with",
        "station",
        ["to the Station.", 'the "station"'],
        ["station house", "the stations"],
    ),
    ("contains", "key", ["the Key fits"], ["the monkey"]),
    ("exactly_once", "salt", ["a little salt"], ["salt and salt", "salty"]),
    ("at_least_twice", "tree", ["tree by tree"], ["a tree", "trees, trees"]),
    ("at_least_three_times", "apple", ["apple, apple, apple"], ["apple apple"]),
    (
        "json",
        ["a", "b"],
        ['{"b": 1, "a": 2}', '```json\n{"a": 1, "b": []}\n```'],
        ['{"a": 1}', "[]", "a: 1", ""],
    ),
    ("quoted", None, ['"Hello there."'], ['He said "hello"', "hello"]),
    ("question", None, ["Why?"], ["Why? Because."]),
    ("capitals", 2, ["STOP and GO"], ["STOP I A"]),
    ("one_of", ["yes", "no"], ["Yes.", " no"], ["maybe", "yes, no"]),
]


def test_a_check_is_passed_by_what_keeps_to_it_alone(subtests):
    for name, value, good, bad in CASES:
        with subtests.test(repr((name, value, good, bad))):
            check = {"check": name} if value is None else {"check": name, "value": value}
            assert fault(check) == ""
            assert [passes_checks(text, [check]) for text in good] == [True] * len(good)
            assert [passes_checks(text, [check]) for text in bad] == [False] * len(bad)


def test_every_check_has_a_case_and_all_checks_must_hold():
    assert {case[0] for case in CASES} == set(CHECKS)
    both = [{"check": "lower_case"}, {"check": "at_least_words", "value": 3}]
    assert (
        passes_checks("one two three", both)
        and not passes_checks("one two", both)
        and not passes_checks("One two three", both)
    )
    # "no comma" holds for the stock answers that have none: the label, the word and the list.
    assert (
        chance([{"check": "without", "value": ","}])
        == sum("," not in text for text in STOCK) / len(STOCK)
        == 0.5
    )
    assert chance(both) == 0


def test_a_check_that_cannot_be_is_said():
    assert named(fault({"check": "bulets", "value": 3}), "'bulets'", "'bullets'")
    assert "of the kind int" in fault({"check": "bullets", "value": "3"})
    assert "takes no value" in fault({"check": "quoted", "value": 1})
    assert "list of texts" in fault({"check": "json", "value": [1]})
    assert "object with a name" in fault("bullets")
