from assay.data.pii.identity_numbers import births, dates
from helpers.personal_data import found

HITS = [
    ("passport number is C01X00T47.", "PASSPORT", "C01X00T47"),
    ("driver's license number is F162823540116", "LICENCE", "F162823540116"),
    ("account number: 12345678", "ACCOUNT", "12345678"),
    ("Kennzeichen B-AB 1234", "PLATE", "B-AB 1234"),
    ("born on 14 March 1970 in", "BIRTH_DATE", "14 March 1970"),
    ("geboren am 12.03.1970", "BIRTH_DATE", "12.03.1970"),
]


def test_found(subtests):
    for text, kind, datum in HITS:
        with subtests.test(repr((text, kind, datum))):
            assert (kind, datum) in found(text)


def test_a_label_and_a_year_or_a_word_is_no_number_of_a_paper():
    assert found("the account of 2024") == []
    assert found("my account in 2024") == []
    assert found("my passport is valid") == []
    assert found("passport number is 000X00T47") == []  # as pseudonyms begin


def test_a_word_between_a_label_and_its_number_is_no_part_of_it():
    assert found("my account is 12345678") == [("ACCOUNT", "12345678")]
    assert found("my passport: AB 1234567") == [("PASSPORT", "AB 1234567")]
    assert found("my passport ab1234567") == [("PASSPORT", "ab1234567")]


def test_a_date_is_one_of_birth_within_sixty_characters_of_the_word():
    def said(text):
        return [text[span.start : span.end] for span in births(text)]

    assert said("born in Oslo, and her son on 14 March 1970, 5 May 1990") == [
        "14 March 1970",
        "5 May 1990",
    ]
    assert said(f"born {'x' * 60} 14 March 1970") == []
    assert said("met on 14 March 1970, born later") == []


def test_dates_in_the_forms_of_four_languages():
    text = "2024-03-14, 14.03.2024, 3/14/24, March 14th, 2024, 14. März 2024, 1er mars 2024"
    text += ", 14 de marzo de 2024, and 1.2.3.4"
    assert [text[span.start : span.end] for span in dates(text)] == [
        "2024-03-14",
        "14.03.2024",
        "3/14/24",
        "March 14th, 2024",
        "14. März 2024",
        "1er mars 2024",
        "14 de marzo de 2024",
    ]
