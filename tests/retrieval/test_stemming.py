"""Stems are those of the Porter stemmer's own word list; the commonest words have none."""

from assay.retrieval.stemming import Stems


def test_english_stems(subtests):
    for word, stem in [
        ("consign", "consign"),
        ("consigned", "consign"),
        ("consigning", "consign"),
        ("consistency", "consist"),
        ("consolatory", "consolatori"),
        ("consolation", "consol"),
        ("knackeries", "knackeri"),
        ("knightly", "knight"),
        ("knots", "knot"),
    ]:
        with subtests.test(repr((word, stem))):
            assert Stems()(word.upper()) == [stem]


def test_other_languages_and_none():
    assert Stems("german")("Die Häuser") == ["die", "haus"]
    assert Stems("none")("The Houses") == ["the", "houses"]
    assert Stems()("x" * 1000) == ["x" * 1000]


def test_common_words_and_plurals():
    assert Stems()("How do the buses pass my boss's class?") == [
        "buse",
        "pass",
        "boss",
        "s",
        "class",
    ]


def test_characters_of_a_script_without_blanks_are_words():
    assert Stems()("退款需要3天。Refunds") == [*"退款需要", "3", "天", "refund"]
