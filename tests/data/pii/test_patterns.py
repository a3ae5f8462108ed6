"""What each pattern finds, exactly, and what it leaves."""

from assay.data.pii.recognise import find_by_pattern
from assay.data.pii.spans import drop_overlaps
from assay.data.steps.anonymise import Anonymise


def found(text):
    return [
        (span.kind, text[span.start : span.end])
        for span in drop_overlaps(find_by_pattern(text, Anonymise().kinds))
    ]


HITS = [
    ("write to jo.do+x@mail.acme.co.uk.", "EMAIL", "jo.do+x@mail.acme.co.uk"),
    ("jo.do (at) acme (dot) com", "EMAIL", "jo.do (at) acme (dot) com"),
    ("jo.do@\nacme.com now", "EMAIL", "jo.do@\nacme.com"),
    ("jo.\ndo@acme.com now", "EMAIL", "jo.\ndo@acme.com"),
    ("jo.do@ac=\nme.com now", "EMAIL", "jo.do@ac=\nme.com"),
    ("jo.do@acme．com", "EMAIL", "jo.do@acme．com"),
    ("jо.dо@аcme.com", "EMAIL", "jо.dо@аcme.com"),  # Cyrillic о and а
    ("jo . do @ acme . com on 02", "EMAIL", "jo . do @ acme . com"),
    ("pay with 4111 1111 1111 1111 please", "CARD", "4111 1111 1111 1111"),
    ("pay with 4111-1111\n1111-1111 please", "CARD", "4111-1111\n1111-1111"),
    ("pay with ４１１１１１１１１１１１１１１１", "CARD", "４１１１１１１１１１１１１１１１"),
    ("amex 3782 822463 10005.", "CARD", "3782 822463 10005"),
    ("my card 584528792610 expires", "CARD", "584528792610"),
    ("GB82 WEST 1234 5698 7654 32", "IBAN", "GB82 WEST 1234 5698 7654 32"),
    ("iban de89370400440532013000.", "IBAN", "de89370400440532013000"),
    ("DE89 3704 0044\n0532 0130 00", "IBAN", "DE89 3704 0044\n0532 0130 00"),
    ("call +44 20 7946 0958 now", "PHONE", "+44 20 7946 0958"),
    ("call +49 (0)30 1234567 now", "PHONE", "+49 (0)30 1234567"),
    ("(212) 555-0187 is mine", "PHONE", "(212) 555-0187"),
    ("212-555-0187x12 is mine", "PHONE", "212-555-0187x12"),
    ("Tel.: 030/1234567", "PHONE", "030/1234567"),
    ("06 12 34 56 78", "PHONE", "06 12 34 56 78"),
    ("phone ( 405 ) 552 - 4665 .", "PHONE", "405 ) 552 - 4665"),
    ("from 203.0.113.7 at", "IP", "203.0.113.7"),
    ("from fe80::1ff:fe23:4567:890a at", "IP", "fe80::1ff:fe23:4567:890a"),
    ("at 00:1A:2b:3c:4d:5e it", "MAC", "00:1A:2b:3c:4d:5e"),
    ("see https://acme.com/u/jo?id=1, ok", "URL", "https://acme.com/u/jo?id=1"),
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
    ("passport number is C01X00T47.", "PASSPORT", "C01X00T47"),
    ("driver's license number is F162823540116", "LICENCE", "F162823540116"),
    ("account number: 12345678", "ACCOUNT", "12345678"),
    ("Kennzeichen B-AB 1234", "PLATE", "B-AB 1234"),
    ("to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa ok", "WALLET", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    ("born on 14 March 1970 in", "BIRTH_DATE", "14 March 1970"),
    ("geboren am 12.03.1970", "BIRTH_DATE", "12.03.1970"),
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


SECRETS = [
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9,
    "hf_" + "aB3d" * 9,
    "sk-proj-" + "aB3d" * 8,
    "xoxb-123456789012-abcdefABCDEF",
    "AIza" + "aB3-_" * 7,
    "npm_" + "aB3d" * 9,
    "glpat-" + "aB3d" * 5,
]


def test_tokens_are_secrets(subtests):
    for token in SECRETS:
        with subtests.test(repr(token)):
            assert found(f"use {token} for it") == [("SECRET", token)]


def test_a_key_block_is_one_secret_also_without_its_end():
    block = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n"
    assert found(f"{block}-----END RSA PRIVATE KEY-----") == [
        ("SECRET", f"{block}-----END RSA PRIVATE KEY-----")
    ]
    assert found(block) == [("SECRET", block)]


LEFT = [
    "version 1.2.3.4.5 of 2024",
    "order 4111111111111112",  # wrong check digit
    "between 2019 2020 2021 2022 and 12:30:05",
    "it costs 1,234,567.89 in all",
    "mail jo@acme.example or see https://acme.example/x",
    "from 127.0.0.1 and 2001:db8::1",
    "2024-03-14 and 14/03/2024",
    "chapter 10 verse 12, page 221",
    "the password is required",
    "a b c 1 2 3",
    "",
]


def test_left_alone(subtests):
    for text in LEFT:
        with subtests.test(repr(text)):
            assert found(text) == []


def test_kinds_that_are_not_wanted_are_not_looked_for():
    assert find_by_pattern("jo@acme.com 203.0.113.7", frozenset({"IP"}))[0].kind == "IP"
    assert len(find_by_pattern("jo@acme.com 203.0.113.7", frozenset({"IP"}))) == 1
