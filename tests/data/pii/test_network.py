import pytest

from assay.data.pii.network import ips, macs, mails, wallets
from helpers.personal_data import found

HITS = [
    ("write to jo.do+x@mail.acme.co.uk.", "EMAIL", "jo.do+x@mail.acme.co.uk"),
    ("jo.do (at) acme (dot) com", "EMAIL", "jo.do (at) acme (dot) com"),
    ("jo.do@\nacme.com now", "EMAIL", "jo.do@\nacme.com"),
    ("jo.\ndo@acme.com now", "EMAIL", "jo.\ndo@acme.com"),
    ("jo.do@ac=\nme.com now", "EMAIL", "jo.do@ac=\nme.com"),
    ("jo.do@mail.acme.\nco.\nuk now", "EMAIL", "jo.do@mail.acme.\nco.\nuk"),
    ("jo.do@acme．com", "EMAIL", "jo.do@acme．com"),
    ("jо.dо@аcme.com", "EMAIL", "jо.dо@аcme.com"),  # Cyrillic о and а
    ("jo . do @ acme . com on 02", "EMAIL", "jo . do @ acme . com"),
    ("from 203.0.113.7 at", "IP", "203.0.113.7"),
    ("from fe80::1ff:fe23:4567:890a at", "IP", "fe80::1ff:fe23:4567:890a"),
    ("at 00:1A:2b:3c:4d:5e it", "MAC", "00:1A:2b:3c:4d:5e"),
    ("see https://acme.com/u/jo?id=1, ok", "URL", "https://acme.com/u/jo?id=1"),
    ("to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa ok", "WALLET", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
]


def test_found(subtests):
    for text, kind, datum in HITS:
        with subtests.test(repr((text, kind, datum))):
            assert (kind, datum) in found(text)


@pytest.mark.parametrize(
    ("find", "text"),
    [
        (mails, "jo@acme.example jo@example.com jo@localhost jo@acme"),  # RFC 2606; no domain
        (ips, "127.0.0.1 0.0.0.0 240.1.2.3 2001:db8::1 ::1"),  # RFC 1112, RFC 3849, this machine
        (ips, "256.1.1.1 1.2.3.4.5 12:30:05 std::map a::b"),
        (macs, "02:00:00:1a:2b:3c 00:00:00:00:00:00"),
        # A letter of each is another one, so the check sum is wrong.
        (wallets, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"),
    ],
)
def test_what_nobody_owns_and_what_is_no_address_is_left(find, text):
    assert list(find(text)) == []


def test_a_mark_at_the_end_of_a_sentence_is_no_part_of_an_address():
    assert found("See https://acme.com/a, or (www.acme.com/b).") == [
        ("URL", "https://acme.com/a"),
        ("URL", "www.acme.com/b"),
    ]
