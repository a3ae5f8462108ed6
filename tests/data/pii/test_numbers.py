from helpers.personal_data import found

HITS = [
    ("pay with 4111 1111 1111 1111 please", "CARD", "4111 1111 1111 1111"),
    ("pay with 4111-1111\n1111-1111 please", "CARD", "4111-1111\n1111-1111"),
    ("pay with ４１１１１１１１１１１１１１１１", "CARD", "４１１１１１１１１１１１１１１１"),
    ("amex 3782 822463 10005.", "CARD", "3782 822463 10005"),
    ("my card 41 111111 1111 1111 ok", "CARD", "41 111111 1111 1111"),
    ("my card 584528792610 expires", "CARD", "584528792610"),
    ("GB82 WEST 1234 5698 7654 32", "IBAN", "GB82 WEST 1234 5698 7654 32"),
    ("iban de89370400440532013000.", "IBAN", "de89370400440532013000"),
    ("DE89 3704 0044\n0532 0130 00", "IBAN", "DE89 3704 0044\n0532 0130 00"),
    ("SSN 123-45-6789", "SSN", "123-45-6789"),
    ("my ssn is 123456789", "SSN", "123456789"),
    ("NHS number 943 476 5919", "NATIONAL_ID", "943 476 5919"),
    ("Steuer-ID 86 095 742 719", "NATIONAL_ID", "86 095 742 719"),
    ("DNI 12345678-Z", "NATIONAL_ID", "12345678-Z"),
    ("hetu 131052-308T", "NATIONAL_ID", "131052-308T"),
    ("CPF 111.444.777-35", "NATIONAL_ID", "111.444.777-35"),
    ("NIR 2 55 08 14 168 025 38", "NATIONAL_ID", "2 55 08 14 168 025 38"),
    ("Rijksregisternummer 85.07.30-033.28", "NATIONAL_ID", "85.07.30-033.28"),
    ("AHV 756.9217.0769.85", "NATIONAL_ID", "756.9217.0769.85"),
    ("BSN 111222333", "NATIONAL_ID", "111222333"),
    ("PESEL 44051401359", "NATIONAL_ID", "44051401359"),
    ("personnummer 811218-9876", "NATIONAL_ID", "811218-9876"),
    ("NIF 123456789", "NATIONAL_ID", "123456789"),
    ("SIN 046 454 286", "NATIONAL_ID", "046 454 286"),
    ("codice MRTMTT25D09F205Z", "NATIONAL_ID", "MRTMTT25D09F205Z"),
    ("NI AB 12 34 56 C", "NATIONAL_ID", "AB 12 34 56 C"),
]


def test_found(subtests):
    for text, kind, datum in HITS:
        with subtests.test(repr((text, kind, datum))):
            assert (kind, datum) in found(text)


def test_a_number_whose_check_says_little_needs_a_word_or_its_grouping():
    # One in eleven numbers of nine digits passes the check of a Dutch BSN.
    assert found("it is 111222333 now") == []
    assert found("their burgerservicenummer 111222333") == [("NATIONAL_ID", "111222333")]
    # As the NHS prints it, and run together.
    assert found("so 943 476 5919 it is") == [("NATIONAL_ID", "943 476 5919")]
    assert found("so 9434765919 it is") == []


def test_a_number_goes_on_over_a_line_end_and_not_into_the_next_word():
    assert found("DE89 3704 0044\n> 0532 0130 00 is it") == [
        ("IBAN", "DE89 3704 0044\n> 0532 0130 00")
    ]
    assert found("4111 1111 1111 1111a") == []


def test_zeros_at_the_beginning_are_a_pseudonym():
    assert found("SSN 000-45-6789") == []
    assert found("NHS number 000 000 0000") == []


def test_a_card_in_odd_groups_or_of_a_loose_brand_needs_a_word():
    assert found("my order 41 111111 1111 1111 ok") == [] == found("it is 584528792610")
    assert found("visa 41 111111 1111 1111 ok") == [("CARD", "41 111111 1111 1111")]
