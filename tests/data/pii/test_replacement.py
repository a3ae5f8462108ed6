"""What stands in place of a datum."""

import re

import pytest

from assay.core.types import Changed, Document, Example, Means, Message
from assay.data.pii import check_digits as checks
from assay.data.pii.replacement import Draw, hash_token, pseudonym
from assay.data.steps.anonymise import Anonymise

DRAW = Draw(b"k" * 32)
MEANS = Means(key=b"k" * 32)
PATTERNS = {"names": "none"}


def row(text, **more):
    return Example("r1", (Message("user", text),), **more)


def text_of(step, text, means=MEANS, name="r1"):
    result = step.one(Example(name, (Message("user", text),)), means)
    return (result.example if isinstance(result, Changed) else result).text


def test_hmac_is_what_the_standard_says():
    # RFC 4231, test case 2: HMAC-SHA256 with key "Jefe".
    import hmac

    digest = hmac.digest(b"Jefe", b"what do ya want for nothing?", "sha256").hex()
    assert digest == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    message = "\x00".join(("", "name", "ann")).encode()
    assert DRAW.number("name", "ann") == int.from_bytes(hmac.digest(b"k" * 32, message, "sha256"))


def test_a_card_keeps_its_issuer_and_cannot_be_charged():
    made = pseudonym("4111 1111 1111 1111", "CARD", DRAW)
    assert re.fullmatch(r"4111 0000 \d{4} \d{4}", made)
    assert not checks.luhn(re.sub(r"\D", "", made))


@pytest.mark.parametrize(
    ("number", "shape"),
    [
        ("+44 20 7946 0958", r"\+44 00 0\d{3} \d{4}"),
        ("(212) 555-0187x12", r"\(000\) \d{3}-\d{4}x\d\d"),
        ("0699 868 88 55", r"0000 \d{3} \d\d \d\d"),
        ("+49 (0)30 1234567", r"\+49 \(0\)00 0\d{6}"),
    ],
)
def test_a_telephone_number_keeps_shape_and_country_and_rings_nowhere(number, shape):
    assert re.fullmatch(shape, pseudonym(number, "PHONE", DRAW))


def test_an_iban_keeps_its_country_and_is_none():
    made = pseudonym("GB82 WEST 1234 5698 7654 32", "IBAN", DRAW)
    assert re.fullmatch(r"GB00 [A-Z]{4} \d{4} \d{4} \d{4} \d\d", made)


def test_a_mail_address_agrees_with_the_name_and_belongs_to_nobody():
    name = pseudonym("Anna Berg", "PERSON", DRAW)
    mail = pseudonym("anna.berg@acme.com", "EMAIL", DRAW)
    first, last = name.split()
    assert re.fullmatch(rf"{first.lower()}\.{last.lower()}@[a-z]+\.example", mail)


def test_one_person_has_one_name_however_it_is_written():
    whole = pseudonym("Anna Berg", "PERSON", DRAW)
    assert pseudonym("ANNA BERG", "PERSON", DRAW) == whole.upper()
    assert pseudonym("Berg", "PERSON", DRAW) == whole.split()[1]
    assert pseudonym("Anna  Berg", "PERSON", DRAW) == whole
    assert pseudonym("Anna Berg", "PERSON", Draw(b"j" * 32)) != whole


def test_a_title_says_a_gender():
    heads = {pseudonym(f"Kim Lee{c}", "PERSON", DRAW, "Mr. ").split()[0] for c in "abcdefghij"}
    assert all(head.endswith(("o", "en", "anko")) for head in heads)
    heads = {pseudonym(f"Kim Lee{c}", "PERSON", DRAW, "Mrs. ").split()[0] for c in "abcdefghij"}
    assert all(head.endswith("a") for head in heads)


def test_dates_move_together():
    from datetime import date

    first, second = (pseudonym(d, "BIRTH_DATE", DRAW) for d in ("1970-03-14", "1980-03-14"))
    moved = [date.fromisoformat(made) for made in (first, second)]
    assert (moved[1] - moved[0]) == date(1980, 3, 14) - date(1970, 3, 14)
    assert 30 <= (date(1970, 3, 14) - moved[0]).days <= 365
    german = pseudonym("14.03.1970", "BIRTH_DATE", DRAW)
    assert german == moved[0].strftime("%d.%m.%Y")
    assert (
        pseudonym("March 14, 1970", "BIRTH_DATE", DRAW) == f"{moved[0]:%B}"
        f" {moved[0].day}, {moved[0].year}"
    )


DATA = [
    "jo.do@acme.com",
    "4111 1111 1111 1111",
    "GB82 WEST 1234 5698 7654 32",
    "+44 20 7946 0958",
    "(212) 555-0187",
    "203.0.113.7",
    "fe80::1ff:fe23:4567:890a",
    "00:1A:2b:3c:4d:5e",
    "https://acme.com/u/jo",
    "SSN 123-45-6789",
    "NHS number 943 476 5919",
    "DNI 12345678Z",
    "passport number is C01X00T47",
    "account number: 12345678",
    "Kennzeichen B-AB 1234",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "zip code is 90210",
    "password: hunter2!x",
    "221 Baker Street",
]


def test_a_second_time_finds_nothing(subtests):
    for put in ["pseudonym", "mask", "numbered", "hash"]:
        for datum in DATA:
            with subtests.test(repr((put, datum))):
                step = Anonymise.model_validate({**PATTERNS, "as": put})
                once = text_of(step, f"so {datum} it is")
                assert once != f"so {datum} it is"
                assert text_of(step, once) == once
                number = datum.rpartition(" ")[2]
                assert number not in once


def test_masks_and_numbers_of_masks():
    text = "jo@acme.com wrote to al@acme.com and jo@acme.com"
    assert (
        text_of(Anonymise.model_validate({**PATTERNS, "as": "mask"}), text)
        == "<EMAIL> wrote to <EMAIL> and"
        " <EMAIL>"
    )
    numbered = text_of(Anonymise.model_validate({**PATTERNS, "as": "numbered"}), text)
    assert numbered == "<EMAIL_1> wrote to <EMAIL_2> and <EMAIL_1>"
    made = hash_token("jo@acme.com", "EMAIL", DRAW)
    assert re.fullmatch(r"<EMAIL:[0-9a-f]{12}>", made)
    assert text_of(Anonymise.model_validate({**PATTERNS, "as": "hash"}), text).startswith(made)


def test_scope_row_gives_each_row_names_of_its_own():
    step = Anonymise.model_validate({**PATTERNS, "scope": "row"})
    one, two = (text_of(step, "jo@acme.com and jo@acme.com", name=name) for name in ("a", "b"))
    assert one.split()[0] == one.split()[2] != two.split()[0]
    corpus = Anonymise.model_validate(PATTERNS)
    assert text_of(corpus, "jo@acme.com", name="a") == text_of(corpus, "jo@acme.com", name="b")


def test_every_field_of_a_row_is_rewritten():
    mail = "jo@acme.com"
    example = Example(
        "r1",
        (Message("system", mail), Message("user", mail)),
        target=mail,
        also=(mail,),
        rejected=mail,
        context=(Document("d", mail),),
        group="jo berg",
        slices=(("who", mail),),
    )
    result = Anonymise.model_validate(PATTERNS).one(example, MEANS)
    assert isinstance(result, Changed) and result.reason == "personal data: EMAIL"
    text = str(result.example)
    assert mail not in text and "jo berg" not in text
    kept = Anonymise.model_validate({**PATTERNS, "targets": False}).one(example, MEANS)
    assert isinstance(kept, Changed)
    assert (kept.example.target, kept.example.also, kept.example.rejected) == (mail, (mail,), mail)


def test_kinds_can_be_left_and_added():
    step = Anonymise.model_validate(
        {**PATTERNS, "leave": ["EMAIL"], "also": ["DATE"], "as": "mask"}
    )
    assert text_of(step, "jo@acme.com on 2024-03-14") == "jo@acme.com on <DATE>"


@pytest.mark.slow
def test_spacy_and_rules_find_names():
    step = Anonymise.model_validate({"as": "mask", "leave": ["PLACE", "ORGANISATION"]})
    text = text_of(
        step,
        "Dear Mr. Okonkwo,\nmy name is Zsófia Kovács-Nagy. I met Okonkwo's wife.\nRegards,\nZsófia",
    )
    assert (
        text == "Dear Mr. <PERSON>,\n"
        "my name is <PERSON>. I met <PERSON>'s wife.\nRegards,\n<PERSON>"
    )


@pytest.mark.slow
def test_many_rows_at_once_give_what_each_gives_alone():
    step = Anonymise()
    rows = [row(f"my name is Anna Berg and I live in Oslo, number {i}") for i in range(130)]
    rows = [Example(f"r{i}", r.messages) for i, r in enumerate(rows)]
    together = list(step.many(rows, MEANS))
    assert [r.example.id for r in together if isinstance(r, Changed)] == [r.id for r in rows]
    assert together[100] == step.one(rows[100], MEANS)
