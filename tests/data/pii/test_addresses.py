from helpers.personal_data import found

HITS = [
    ("at 221 Baker Street today", "ADDRESS", "221 Baker Street"),
    ("wohnt Hauptstraße 12 dort", "ADDRESS", "Hauptstraße 12"),
    ("12 rue de la Paix", "ADDRESS", "12 rue de la Paix"),
    ("Calle Mayor 5", "ADDRESS", "Calle Mayor 5"),
    ("P.O. Box 123", "ADDRESS", "P.O. Box 123"),
    ("in SW1A 1AA, London", "POSTCODE", "SW1A 1AA"),
    ("zip code is 90210", "POSTCODE", "90210"),
]


def test_found(subtests):
    for text, kind, datum in HITS:
        with subtests.test(repr((text, kind, datum))):
            assert (kind, datum) in found(text)


def test_a_number_below_a_street_is_its_postcode():
    assert found("14 Harrow Road\nSydney 2000\nAustralia") == [
        ("ADDRESS", "14 Harrow Road"),
        ("POSTCODE", "2000"),
    ]
    assert found("in Sydney 2000") == []


def test_a_street_in_small_letters_needs_a_word_of_living_near_it():
    assert found("I live at 2 abbey road now") == [("ADDRESS", "2 abbey road")]
    assert found("they sold 2 old road bikes") == []
    assert found("it is a 10 minutes walk") == []
