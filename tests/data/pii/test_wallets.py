import pytest

from assay.data.pii.wallets import base58check, bech32


@pytest.mark.parametrize(
    "address",
    # The first block's, and an example of the Bitcoin wiki.
    ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"],
)
def test_published_addresses_pass_and_one_wrong_letter_is_noticed(address):
    assert base58check(address)
    for at in range(1, len(address)):
        other = "2" if address[at] != "2" else "3"
        assert not base58check(address[:at] + other + address[at + 1 :])


@pytest.mark.parametrize("address", ["", "1A1zP1eP5QGefi2DMPTfTL5SLmv7Divf0", "1" * 30, "z" * 35])
def test_what_has_another_form_is_no_address(address):
    assert not base58check(address)


@pytest.mark.parametrize(
    ("address", "valid"),
    [
        # The examples of BIP 173 and of BIP 350, good ones and bad ones.
        ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", True),
        ("tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7", True),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", True),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", False),  # check sum
        ("tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sL5k7", False),  # both cases
        ("bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4", False),  # an o
    ],
)
def test_bech32_addresses(address, valid):
    assert bech32(address) is valid
