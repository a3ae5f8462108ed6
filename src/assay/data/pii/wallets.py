"""Check sums of crypto wallets: base58check (Bitcoin wiki) and bech32, bech32m (BIP 173, BIP
350)."""

import hashlib

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def base58check(text: str) -> bool:
    """25 bytes of which the last four are the head of the double SHA-256 of the others."""
    if not 26 <= len(text) <= 35 or any(letter not in _BASE58 for letter in text):
        return False
    value = 0
    for letter in text:
        value = value * 58 + _BASE58.index(letter)
    if value >> 200:
        return False
    data = value.to_bytes(25)
    return hashlib.sha256(hashlib.sha256(data[:21]).digest()).digest()[:4] == data[21:]


def bech32(text: str) -> bool:
    if text not in (text.lower(), text.upper()) or not 14 <= len(text) <= 90:
        return False
    prefix, one, data = text.lower().rpartition("1")
    if not one or not prefix or any(letter not in _BECH32 for letter in data):
        return False
    values = (
        [ord(c) >> 5 for c in prefix]
        + [0]
        + [ord(c) & 31 for c in prefix]
        + [_BECH32.index(c) for c in data]
    )
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i in range(5):
            check ^= _GENERATOR[i] if top >> i & 1 else 0
    return check in (1, 0x2BC830A3)
