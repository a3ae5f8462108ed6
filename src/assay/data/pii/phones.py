"""Telephone numbers: international ones by country code, North American ones by form, others by a
word nearby.

Left alone   national numbers that begin with 000: no network gives them out, and pseudonyms are
             made so
"""

import re
from collections.abc import Iterator

from assay.data.pii.context import ContextWords
from assay.data.pii.spans import Span, outside

# ITU E.164 country codes of one and two digits; all others have three.
_TWO = {
    20,
    27,
    28,
    *range(30, 35),
    36,
    39,
    40,
    41,
    43,
    44,
    45,
    46,
    47,
    48,
    49,
    *range(51, 59),
    *range(60, 67),
}
_TWO |= {81, 82, 84, 86, *range(90, 96), 98}
_EXTENSION = r"(?:[ ,]{0,2}(?:x|ext\.?|extension|durchwahl)[ .:]?\d{1,6})?"
_NUMBER = re.compile(
    r"(?<![\w.+@/-])(?:\+|\(\+)?[(]{0,2}\d("
    r"?:[ ().\-/\t]{0,3}\d){5,17}" + _EXTENSION + r"(?!\w|[.,]\d|[-/]\d)",
    re.IGNORECASE,
)
_PLUS = re.compile(
    r"(?<![\w+])\(?\+\d(?:[ ().\-/\t]{0,3}(?:\r?\n[ \t>]{0,8})?\d){6,14}" + _EXTENSION + r"(?!\w)",
    re.IGNORECASE,
)
_NANP = re.compile(
    r"(?:\+?1[ .-]?)?(?:\(\d{3}\)[ ]{0,2}|\d{3}[ .\-/])\d{3}[ .-]\d{4}" + _EXTENSION,
    re.IGNORECASE,
)
_WORDS = ContextWords(
    *"phone phones telephone"
    " tel mobile cell cellphone fax facsimile call calls called calling ring dial sms text reach"
    " whatsapp hotline desk pager beeper voicemail direct office helpline contact-number telefon"
    " telefonnummer handy mobil mobilnummer rufnummer anrufen rufen ruf durchwahl telefono teléfono"
    " móvil movil llame llamar llama téléphone téléphoner portable appelez appeler gsm".split(),
    "call me at",
    "answering at",
    "registered",
    "messages to",
    "missed",
    "number is",
    before=32,
)
_AFTER = ContextWords(
    "office",
    "fax",
    "mobile",
    "cell",
    "desk",
    "home",
    "phone",
    "work",
    "direct",
    "tel",
    before=0,
    after=14,
)
_OTHER = ContextWords(
    *"order invoice account"
    " iban isbn issn ticket case ref reference po card ssn social meter contract"
    " deal zip version serial model nr konto vin routing licence license passport policy".split(),
    before=22,
)
_DATE = re.compile(
    r"(?:\d{1,2}[./-]\d{1,2}[./-](?:\d{2}|\d{4})|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})(?![./-]?\d)"
)
_PAIRS = re.compile(r"\d{2}([ .-])\d{2}(?:\1\d{2}){2,3}")  # as in France, Belgium, the north


# Of North American form, with a line end inside; and an office's own short numbers.
_SPLIT = re.compile(r"(?<![\w.-])\(?\d{3}\)?[ ]?-?[ ]?\n-?[ ]?\d{3}[ ]?[-.][ ]?\d{4}(?!\w)")
_INNER = re.compile(
    r"(?<!\w)(?:x|ext\.?|extension|durchwahl)[ .:]{0,3}(?P<value>\d{3,6})(?!\w)", re.IGNORECASE
)


def national_start(digits: str, plus: bool) -> int:
    """Where the national number begins in the digits of a telephone number, after country code and
    trunk 0."""
    at = 0
    if plus or (digits[:2] == "00" and digits[2:3] != "0"):
        at = 0 if plus else 2
        at += (
            1
            if digits[at : at + 1] in ("1", "7")
            else 2
            if int(digits[at : at + 2] or 0) in _TWO
            else 3
        )
        return at + (digits[at : at + 1] == "0" and digits[at : at + 3] != "000")
    if len(digits) == 11 and digits[0] == "1":
        return 1
    return 1 if digits[0] == "0" and (digits[1:2] != "0" or digits[1:4] == "000") else 0


def phones(text: str) -> Iterator[Span]:
    for found in _PLUS.finditer(text):
        if _real(found[0]):
            yield Span(*found.span(), "PHONE", 2)
    for pattern, part in ((_SPLIT, 0), (_INNER, "value")):
        for found in pattern.finditer(text):
            if not found[part].startswith(("000", "(000")):
                yield Span(*found.span(part), "PHONE", 1)
    nobodys: list[tuple[int, int]] = []
    for found in _NUMBER.finditer(text):
        start, end = found.span()
        if _is_nobodys(found[0]):
            nobodys.append((start, end))
        elif _real(found[0]) and _likely(text, start, end, found[0]):
            yield Span(start, end, "PHONE", 2 if found[0][0] in "+(" else 1)
    short = []
    for found in re.finditer(r"(?<![\w.-])\d{3}[ .-]\d{4}(?![\w-]|\.\d)", text):
        named = _WORDS.near(text, *found.span()) or _AFTER.near(text, *found.span())
        if named and _real(found[0]):
            short.append(Span(*found.span(), "PHONE", 1))
    # The end of a pseudonym, (000) 555-0187, is no number by itself.
    yield from outside(short, nobodys)


def _digits(written: str) -> str:
    return re.sub(r"\D", "", re.split(r"[xXeEdD,]", written)[0])


def _is_nobodys(written: str) -> bool:
    digits = _digits(written)
    return digits[national_start(digits, "+" in written[:2]) :][:3] == "000"


def _real(written: str) -> bool:
    digits = _digits(written)
    return 6 <= len(digits) <= 16 and len(set(digits)) > 1 and not _is_nobodys(written)


def _likely(text: str, start: int, end: int, written: str) -> bool:
    digits = re.sub(r"\D", "", written)
    if _DATE.match(written) and not written.startswith("+"):
        return False
    if written.startswith(("+", "(+")) or (digits.startswith("00") and 10 <= len(digits) <= 16):
        return len(digits) >= 8
    if _WORDS.near(text, start, end) or _AFTER.near(text, start, end):
        return True
    if _OTHER.near(text, start, end):
        return False
    if _NANP.fullmatch(written):
        return True
    if _PAIRS.fullmatch(written):
        return True
    groups = len(re.findall(r"\d+", written))
    return (
        digits[0] == "0" and 9 <= len(digits) <= 12 and 2 <= groups <= 6 and "." not in written[:3]
    )
