"""Check digits of cards, accounts and national numbers. Each function takes the number without
spaces and marks.

Sources    ISO/IEC 7812-1 annex B (Luhn); ISO 13616 and ISO 7064 (IBAN, mod 97-10; mod 11,10 of the
           German tax number); the issuing offices' own descriptions for the national numbers, named
           beside each
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date

# ISO 13616 registry: length of the whole IBAN by country.
_LENGTHS = (
    "AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BI:27 BR:29 BY:28 CH:21 CR:22"
    " CY:28 CZ:24 DE:22 DJ:27 DK:18 DO:28 EE:20 EG:29 ES:24 FI:18 FK:18 FO:18 FR:27 GB:22 GE:22"
    " GI:23 GL:18 GR:27 GT:28 HN:28 HR:21 HU:28 IE:22 IL:23 IQ:23 IS:26 IT:27 JO:30 KW:30 KZ:20"
    " LB:28 LC:32 LI:21 LT:20 LU:20 LV:21 LY:25 MC:27 MD:24 ME:22 MK:19 MN:20 MR:27 MT:31 MU:30"
    " NI:28 NL:18 NO:15 OM:23 PK:24 PL:28 PS:29 PT:25 QA:29 RO:24 RS:22 RU:33 SA:24 SC:31 SD:18"
    " SE:24 SI:19 SK:24 SM:27 SO:23 ST:25 SV:28 TL:23 TN:24 TR:26 UA:29 VA:22 VG:24 XK:20 YE:30"
)
IBAN_LENGTH: dict[str, int] = {pair[:2]: int(pair[3:]) for pair in _LENGTHS.split()}


def _digits(number: str) -> list[int]:
    return [int(digit) for digit in number]


def _sum(number: str, weights: Sequence[int]) -> int:
    return sum(int(d) * w for d, w in zip(number, weights, strict=False))


def luhn(number: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(_digits(number))):
        total += sum(divmod(digit * 2, 10)) if place % 2 else digit
    return total % 10 == 0


def card(number: str) -> bool:
    """12 to 19 digits that an issuer gives out, with the right check digit."""
    return issuer(number) != "" and luhn(number)


def issuer(number: str) -> str:
    """The brand by leading digits and length (ISO/IEC 7812 ranges as the brands publish them), or
    ""."""
    n, four = len(number), int(number[:4] or 0)
    if number[:1] == "4" and n in (13, 16, 19):
        return "visa"
    if n == 16 and (5100 <= four <= 5599 or 2221 <= four <= 2720):
        return "mastercard"
    if n == 15 and number[:2] in ("34", "37"):
        return "amex"
    if n in (14, 16) and (
        3000 <= four <= 3059 or number[:4] == "3095" or number[:2] in ("36", "38", "39")
    ):
        return "diners"
    if 16 <= n <= 19 and (
        number[:4] == "6011" or number[:2] in ("64", "65") or 6221 <= four <= 6229
    ):
        return "discover"
    if (16 <= n <= 19 and 3528 <= four <= 3589) or (n == 15 and number[:4] in ("1800", "2131")):
        return "jcb"
    if 16 <= n <= 19 and number[:2] == "62":
        return "unionpay"
    if 12 <= n <= 19 and (number[:2] in ("50", "56", "57", "58") or number[:1] == "6"):
        return "maestro"
    return ""


def mod97(text: str) -> int:
    """ISO 7064 mod 97-10 of letters and digits, a letter standing for 10 to 35."""
    return int("".join(str(int(letter, 36)) for letter in text)) % 97


def iban(number: str) -> bool:
    country = number[:2]
    return (
        IBAN_LENGTH.get(country) == len(number)
        and number[2:4].isdigit()
        and mod97(number[4:] + number[:4]) == 1
    )


def ssn(number: str) -> bool:
    """US: areas 000, 666 and, but for taxpayer numbers, 9xx are not given out; no group 00, no
    serial 0000."""
    area, group = number[:3], int(number[3:5])
    if area in ("000", "666") or group == 0 or number[5:] == "0000":
        return False
    return area < "900" or 50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 99


def nhs(number: str) -> bool:
    """UK health number (NHS data dictionary): weights 10 to 2, 11 less the rest; a check of 10 is
    not given out."""
    check = 11 - _sum(number, range(10, 1, -1)) % 11
    return check != 10 and check % 11 == int(number[9])


def steuer_id(number: str) -> bool:
    """German tax number (ISO 7064 mod 11,10): one of the first ten digits stands twice or thrice,
    none is first 0."""
    counts = Counter(number[:10])
    if (
        number[0] == "0"
        or max(counts.values()) not in (2, 3)
        or sum(c > 1 for c in counts.values()) != 1
    ):
        return False
    product = 10
    for digit in _digits(number[:10]):
        product = ((digit + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(number[10])


def dni(number: str) -> bool:
    """Spanish DNI and NIE: the letter is the number mod 23."""
    digits = number[:8].translate(str.maketrans("XYZ", "012"))
    return digits.isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23] == number[8]


_ODD: dict[str, int] = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        [
            1,
            0,
            5,
            7,
            9,
            13,
            15,
            17,
            19,
            21,
            1,
            0,
            5,
            7,
            9,
            13,
            15,
            17,
            19,
            21,
            2,
            4,
            18,
            20,
            11,
            3,
            6,
            8,
            12,
            14,
            16,
        ]
        + [10, 22, 25, 24, 23],
        strict=True,
    )
)


def codice_fiscale(number: str) -> bool:
    """Italian fiscal code (decree of 23 December 1976): odd places by table, even ones by value,
    mod 26."""
    even = {**{str(i): i for i in range(10)}, **{chr(65 + i): i for i in range(26)}}
    total = sum(_ODD[c] if place % 2 == 0 else even[c] for place, c in enumerate(number[:15]))
    return chr(65 + total % 26) == number[15]


def nir(number: str) -> bool:
    """French social security number (INSEE): 97 less the first 13 digits mod 97; Corsica's 2A is
    19, 2B is 18."""
    body = number[:13].replace("2A", "19").replace("2B", "18")
    return body.isdigit() and 97 - int(body) % 97 == int(number[13:])


def pesel(number: str) -> bool:
    """Polish number: a date of birth with the century in the month, weights 1 3 7 9."""
    month, day = int(number[2:4]) % 20, int(number[4:6])
    dated = 1 <= month <= 12 and 1 <= day <= 31
    return dated and (10 - _sum(number[:10], (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10) % 10 == int(
        number[10]
    )


def bsn(number: str) -> bool:
    """Dutch citizen number: the eleven test, last weight -1."""
    return number != "0" * 9 and _sum(number, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def personnummer(number: str) -> bool:
    """Swedish number, ten digits: a date, then Luhn."""
    return _is_date(number[:6], "ymd", 60) and luhn(number)


def hetu(number: str) -> bool:
    """Finnish code DDMMYYCNNNX: the nine digits mod 31."""
    digits = number[:6] + number[7:10]
    good = digits.isdigit() and "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(digits) % 31] == number[10]
    return good and _is_date(number[:6], "dmy")


def rijksregister(number: str) -> bool:
    """Belgian number: 97 less the first nine digits mod 97, with a 2 before them for those born
    from 2000 on."""
    body, check = number[:9], int(number[9:])
    return any(97 - int(first + body) % 97 == check for first in ("", "2"))


def ahv(number: str) -> bool:
    """Swiss number 756...: the check digit of EAN-13."""
    return number[:3] == "756" and (10 - _sum(number[:12], (1, 3) * 6) % 10) % 10 == int(number[12])


def cpf(number: str) -> bool:
    """Brazilian number: two check digits mod 11."""
    if len(set(number)) == 1:
        return False
    for length in (9, 10):
        check = _sum(number[:length], range(length + 1, 1, -1)) * 10 % 11 % 10
        if check != int(number[length]):
            return False
    return True


def nif(number: str) -> bool:
    """Portuguese tax number: weights 9 to 2, mod 11."""
    check = 11 - _sum(number[:8], range(9, 1, -1)) % 11
    return (0 if check > 9 else check) == int(number[8])


def _dihedral(a: int, b: int) -> int:
    """The product in the group of the pentagon's ten symmetries."""
    if a < 5:
        return (a + b) % 5 if b < 5 else (a + b - 5) % 5 + 5
    return (a - b) % 5 + 5 if b < 5 else (a - b) % 5


def verhoeff(number: str) -> bool:
    """Indian Aadhaar number (Verhoeff 1969, Error Detecting Decimal Codes)."""
    moved = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
    check = 0
    for place, digit in enumerate(reversed(_digits(number))):
        for _ in range(place % 8):
            digit = moved[digit]
        check = _dihedral(check, digit)
    return check == 0


def cpr(number: str) -> bool:
    """Danish number: a date in front. Its check digit is no longer kept to, so the date is all
    there is."""
    return _is_date(number[:6], "dmy")


def _is_date(six: str, order: str, day_plus: int = 0) -> bool:
    parts = dict(zip(order, (int(six[:2]), int(six[2:4]), int(six[4:])), strict=True))
    day = parts["d"] - day_plus if parts["d"] > 60 and day_plus else parts["d"]
    try:
        date(2000 + parts["y"], parts["m"], day)
    except ValueError:
        return False
    return True
