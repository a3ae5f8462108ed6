"""What stands in place of a datum: a pseudonym, a mask, a numbered mask or a hash.

How          HMAC-SHA256 (RFC 2104) of the datum in its plain form, with a key: the same datum gives
             the same pseudonym wherever the key is the same, and without the key no list of guesses
             can be tried
Forms kept   telephone: shape, country code, then 000, which no network gives out; card: issuer's
             first four digits, then 0000 and a wrong check digit; IBAN: country, check digits 00;
             e-mail: its parts, below .example; dates: all moved by one number of days; other
             numbers: shape, first three places 0 or X
Never        a pseudonym that is somebody else's: none of these numbers, names and addresses can be
             given out
"""

import hmac
import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from assay.data.pii import check_digits, fake_names
from assay.data.pii.date_shift import shift_date
from assay.data.pii.name_words import PARTICLES, TITLES
from assay.data.pii.normalised import fold
from assay.data.pii.phones import national_start

As = Literal["pseudonym", "mask", "numbered", "hash"]
_NAMES = ("PERSON", "PLACE", "ORGANISATION")
_MALE = frozenset("mr herr herrn señor sr monsieur signor don sir lord father uncle".split())
_FEMALE = frozenset(
    "mrs ms miss frau señora sra srta madame mme mlle signora lady sister aunt doña madam".split()
)


@dataclass(frozen=True)
class Draw:
    """A keyed source of numbers: the same text and purpose give the same one. `salt` is the row's,
    for scope `row`."""

    key: bytes
    salt: str = ""

    def number(self, purpose: str, text: str) -> int:
        message = "\x00".join((self.salt, purpose, text)).encode()
        return int.from_bytes(hmac.digest(self.key, message, "sha256"))


def plain(text: str, kind: str) -> str:
    """The form in which two writings of one datum are equal."""
    text = unicodedata.normalize("NFKC", fold(text).text).casefold()
    if kind in _NAMES or kind in ("ADDRESS", "BIRTH_DATE", "DATE"):
        return " ".join(text.split())
    if kind == "PHONE":
        return re.sub(r"[^\d+x]", "", text)
    return re.sub(
        r"[\s]" if kind in ("EMAIL", "URL", "SECRET", "IP", "MAC", "WALLET") else r"[\W_]", "", text
    )


def hash_token(text: str, kind: str, draw: Draw) -> str:
    return f"<{kind}:{draw.number('hash ' + kind, plain(text, kind)) % 16**12:012x}>"


def pseudonym(text: str, kind: str, draw: Draw, before: str = "") -> str:
    """Args: before: what stands before the datum; a title there says a gender."""
    if kind == "PERSON":
        return _person(text, draw, before)
    if kind == "PLACE":
        return _like(fake_names.surname(draw.number("place", plain(text, kind))), text)
    if kind == "ORGANISATION":
        number = draw.number("company", plain(text, kind))
        return _like(
            f"{fake_names.surname(number)} {fake_names.sort_of_company(number >> 64)}", text
        )
    if kind == "EMAIL":
        return _mail(text, draw)
    if kind == "URL":
        scheme = re.match(r"\w+://", text)
        return (
            f"{scheme[0] if scheme else ''}"
            f"{fake_names.surname(draw.number('host', plain(text, kind))).lower()}.example"
        )
    if kind == "ADDRESS":
        return _address(text, draw)
    if kind in ("BIRTH_DATE", "DATE"):
        return shift_date(text, timedelta(days=30 + draw.number("days", "") % 336)) or f"<{kind}>"
    if kind in ("SECRET", "WALLET"):
        return f"<{kind}>"
    return _number(text, kind, draw)


def _person(text: str, draw: Draw, before: str) -> str:
    """Word by word, so that a first name or surname alone gives the same as within the whole name.
    The last word is the surname; a word alone is taken for one."""
    title = re.search(r"([^\W\d_]+)\.?\s*$", before)
    gender = (
        "m"
        if title and title[1].casefold() in _MALE
        else "f"
        if title and title[1].casefold() in _FEMALE
        else ""
    )
    parts = re.split(r"(\s+|(?<=\w)-(?=\w))", text)
    count = sum(1 for p in parts if re.search(r"\w{2}", p) and p.casefold() not in PARTICLES)
    out, seen = [], 0
    for part in parts:
        bare = part.strip(".,'’\"")
        if (
            not re.search(r"\w", bare)
            or part.casefold() in PARTICLES
            or bare.casefold() in TITLES.split()
        ):
            out.append(
                part if not re.search(r"\w", bare) or bare.casefold() in TITLES.split() else ""
            )
            continue
        if len(bare) == 1:
            number = draw.number("name", plain(bare, "PERSON"))
            out.append(chr(65 + number % 26) + ("." if part.endswith(".") else ""))
            continue
        seen += 1
        first = seen < count and count > 1
        out.append(_like(_first(bare, draw, gender) if first else _surname(bare, draw), bare))
    return re.sub(r"[^\S\n]{2,}", " ", "".join(out)).strip()


def _first(word: str, draw: Draw, gender: str) -> str:
    word = plain(word, "PERSON")
    return fake_names.first_name(
        draw.number("name", word), gender or ("f" if word.endswith(("a", "ie", "e")) else "m")
    )


def _surname(word: str, draw: Draw) -> str:
    return fake_names.surname(draw.number("name", plain(word, "PERSON")))


def _like(made: str, text: str) -> str:
    """In the case of the text."""
    letters = [c for c in text if c.isalpha()]
    if len(letters) > 1 and all(c.isupper() for c in letters):
        return made.upper()
    return made.lower() if letters and all(c.islower() for c in letters) else made


def _mail(text: str, draw: Draw) -> str:
    flat = re.sub(r"\s|>", "", fold(text).text)
    flat = re.sub(r"[(\[{]at[)\]}]", "@", flat, flags=re.IGNORECASE)
    local, _, domain = flat.partition("@")
    parts = re.split(r"([._+-]|\d+)", local)
    words = sum(1 for p in parts if re.search(r"[^\W\d_]{2}", p))
    made, seen = "", 0
    for part in parts:
        if not re.search(r"[^\W\d_]{2}", part):
            made += _digits(part, draw)
            continue
        seen += 1
        made += (_first(part, draw, "") if seen == 1 < words else _surname(part, draw)).lower()
    host = fake_names.surname(draw.number("domain", domain.casefold())).lower()
    return f"{made or 'x'}@{host}.example"


def _digits(text: str, draw: Draw) -> str:
    number = draw.number("digits", text)
    out = ""
    for letter in text:
        number, digit = divmod(number, 10)
        out += str(digit) if letter.isdigit() else letter
    return out


def _address(text: str, draw: Draw) -> str:
    """`6750 Hill Road Apt. 8` -> numbers drawn, and one made-up word for the name; words for the
    kind of place stay."""
    number = draw.number("street", plain(text, "ADDRESS"))
    name = fake_names.surname(number)
    if not re.search(
        r"[^\W\d_]{3}",
        re.sub(
            r"(?i)\b(?:apt|apartment|suite|ste|flat|unit|room|floor|box|psc|apo|fpo|dpo)\b",
            "",
            text,
        ),
    ):
        return (
            _redraw_characters(text, number, first="")
            if not re.search(r"(?i)apo|fpo|dpo|box", text)
            else f"{name} {number % 900 + 1}"
        )
    return f"{number % 90 + 1} {_like(name, text)} {'road' if text.islower() else 'Road'}"


def _number(text: str, kind: str, draw: Draw) -> str:
    flat = fold(text).text
    number = draw.number(kind, plain(text, kind))
    if kind == "PHONE":
        digits = re.sub(r"\D", "", re.split(r"[xXeEdD,]", flat)[0])
        at = national_start(digits, "+" in flat[:2])
        return _redraw_characters(flat, number, keep=at, first="000", letters=False)
    if kind == "CARD":
        made = _redraw_characters(flat, number, keep=4, first="0000")
        digits = re.sub(r"\D", "", made)
        if not check_digits.luhn(digits):
            return made
        last = max(i for i, c in enumerate(made) if c.isdigit())
        return made[:last] + str((int(made[last]) + 1) % 10) + made[last + 1 :]
    if kind == "IBAN":
        return _redraw_characters(flat, number, keep=2, first="00")
    if kind == "IP":
        return _ip(flat, number)
    if kind == "MAC":
        return _redraw_characters(flat, number, first="020000", hexadecimal=True)
    return _redraw_characters(flat, number, first="000")


def _ip(text: str, number: int) -> str:
    if ":" in text:
        return "2001:db8:" + ":".join(f"{number >> 16 * i & 0xFFFF:x}" for i in range(6))
    return f"{240 + number % 16}." + ".".join(str(number >> 8 * i & 255) for i in range(1, 4))


def _redraw_characters(
    text: str,
    number: int,
    keep: int = 0,
    first: str = "000",
    hexadecimal: bool = False,
    letters: bool = True,
) -> str:
    """Letters and digits drawn anew in their places: the first `keep` stay, then comes `first` (X
    for a letter)."""
    out, seen = [], 0
    for letter in text:
        if not letter.isalnum() or not (letters or letter.isdigit()):
            out.append(letter)
            continue
        seen += 1
        if seen <= keep:
            out.append(letter)
            continue
        place = seen - keep - 1
        base = 16 if hexadecimal else 10 if letter.isdigit() else 26
        number, drawn = divmod(number, base)
        if place < len(first):
            out.append("X" if letter.isalpha() and not hexadecimal else first[place])
        elif hexadecimal:
            out.append(f"{drawn:x}".upper() if text.isupper() else f"{drawn:x}")
        elif letter.isdigit():
            out.append(str(drawn))
        else:
            out.append(chr((65 if letter.isupper() else 97) + drawn))
    return "".join(out)
