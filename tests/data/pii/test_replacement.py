"""What stands in place of a datum."""

import re

import pytest

from assay.data.pii import check_digits
from assay.data.pii.replacement import Draw, hash_token, pseudonym

DRAW = Draw(b"k" * 32)


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
    assert not check_digits.luhn(re.sub(r"\D", "", made))


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


def test_a_hash_says_the_kind_and_is_the_same_however_the_datum_is_written():
    made = hash_token("jo@acme.com", "EMAIL", DRAW)
    assert re.fullmatch(r"<EMAIL:[0-9a-f]{12}>", made)
    assert hash_token("Jo@ACME.com", "EMAIL", DRAW) == made
    assert hash_token("jo@acme.com", "EMAIL", Draw(b"j" * 32)) != made


def test_an_initial_stays_an_initial_and_the_names_around_it_are_replaced_too():
    made = pseudonym("Peter J. Miller", "PERSON", DRAW)
    assert re.fullmatch(r"[A-Z]\w+ [A-Z]\. [A-Z]\w+", made)
    assert "Peter" not in made and "Miller" not in made
