"""What speaks for a word's tag, by hand; names are the longest that train has."""

from assay.strategies.tagging.word_features import LONGEST, features, names_in, shape


def test_features_by_hand():
    assert [shape(word) for word in ("Oslo", "A1b22", "#", "mRNA", "2026")] == [
        "Xx",
        "X0x00",
        "#",
        "xX",
        "0000",
    ]
    first, second = features(["In", "2026"])
    assert {
        "any",
        "first",
        "0 word in",
        "0 shape Xx",
        "-1 none",
        "1 word 2026",
        "after in 2026",
    } <= set(first)
    assert {"last", "digits 4", "short 0", "2 none", "before in 2026", "-1 ends in"} <= set(second)
    assert all(len(set(own)) == len(own) for own in (first, second))


def test_names_are_the_longest_that_train_has():
    rows = [(["New", "York"], ["B-town", "I-town"]), (["in", "York"], ["O", "B-town"])]
    known = names_in(rows)
    assert known == {"new york": ["town"], "york": ["town"]}
    own = [
        [one for one in word if one.startswith("known")]
        for word in features(["to", "new", "York", "York"], known)
    ]
    assert own == [[], ["known B town"], ["known I town"], ["known B town"]]


def test_a_name_of_two_types_tells_both_and_one_of_too_many_words_is_in_no_list():
    long = ["word"] * (LONGEST + 1)
    rows = [
        (["Jordan"], ["B-town"]),
        (["Jordan"], ["B-person"]),
        (long, ["B-town", *["I-town"] * LONGEST]),
    ]
    assert names_in(rows) == {"jordan": ["person", "town"]}
    (own,) = features(["Jordan"], names_in(rows))
    assert {"known B person", "known B town"} <= set(own)


def test_a_name_of_eight_words_is_known_and_one_of_nine_is_not():
    for count, kept in ((8, True), (9, False)):
        words = [f"w{i}" for i in range(count)]
        known = names_in([(words, ["B-town", *["I-town"] * (count - 1)])])
        assert list(known) == ([" ".join(words)] if kept else [])
        begins = ["known B town" in own for own in features(words, {" ".join(words): ["town"]})]
        assert begins == [kept, *[False] * (count - 1)]
