"""Numbers that have no form of their own and are known by the word before them, and dates of birth.

Passport, driving licence, bank account, number plate, other personal numbers: `Label: value` and
"my ... is ..." in English, German, Spanish and French. Left alone: values whose first three letters
and digits are 0 or X, which pseudonyms have.
"""

import re
from collections.abc import Iterator

from assay.data.pii.spans import Span

_LINK = (
    r"(?:['’]s)?(?:\s(?:is|was"
    r"|are|ist|lautet|es|est|number|numbers|no|nr|nummer|num|id|code|reads|has|of|the|de|n°|nº))*"
)
_BETWEEN = (
    r"(?:[ \t]?(?:no\.?|nr\.?|num(?:ber|"
    r"mer|ero)?|n[°ºo]\.?|#))?" + _LINK + r"[\s:=#.?\-–>\"'(]{0,6}"
)
_VALUE = (
    # a small word and a blank before the digits is no part of them: "in 2024"
    r"(?P<value>(?-i:[A-Z]{0,4}[-./ ]?|[A-Za-z]{0,4}[-./]?)\d[A-Za-z0-9]*(?:[-./"
    r" ]?[A-Za-z0-9]*\d[A-Za-z0-9]*){0,6})(?![\w@])"
)


def _label(*words: str) -> re.Pattern[str]:
    joined = "|".join(sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![^\W_])(?:{joined}){_BETWEEN}{_VALUE}", re.IGNORECASE)


# kind -> fewest and most letters and digits, label
_KINDS: dict[str, tuple[int, int, re.Pattern[str]]] = {
    "PASSPORT": (
        6, 12,
        _label("passport", "reisepass", "reisepassnummer", "passnummer", "pasaporte", "passeport",
        "passaporto"),
    ),
    "LICENCE": (
        5,
        18,
        _label(
            "driver'?s?'? licen[cs]e", "driving licen[cs]e", "licen[cs]e number", "dl",
            "führerschein",
            "führerscheinnummer", "permiso de conducir", "carnet de conducir", "permis de conduire",
        ),
    ),
    "ACCOUNT": (
        6,
        20,
        _label(
            "bank account", "account number", "account", "acct", "a/c", "kontonummer", "konto",
            "cuenta",
            "número de cuenta", "numéro de compte", "compte", "routing", "routing number",
            "sort code", "aba", "blz",
            "bankleitzahl",
        ),
    ),
    "PLATE": (
        4,
        9,
        _label(
            "licen[cs]e plate", "number plate", "plates?", "registration plate",
            "vehicle registration", "kennzeichen",
            "nummernschild", "matrícula", "matricula", "plaque", "immatriculation",
            "plaque d'immatriculation", "reg",
        ),
    ),
    "NATIONAL_ID": (
        6,
        16,
        _label(
            "nhs", "nhs number", "national id", "national insurance", "ni number", "id card",
            "identity card",
            "personalausweis", "personalausweisnummer", "ausweisnummer",
            "steuer-?id", "steuernummer", "dni", "nie", "nif",
            "numéro de sécurité sociale",
            "sécurité sociale", "número de la seguridad social", "codice fiscale", "pesel",
            "personnummer", "bsn", "cpf", "aadhaar", "sozialversicherungsnummer", "tax id",
            "taxpayer id", "medicare",
            "patient id", "mrn", "medical record",
        ),
    ),
    "CARD": (
        12, 19,
        _label("card", "credit card", "debit card", "cc", "kreditkarte", "karte", "tarjeta",
        "carte bancaire"),
    ),
    "SSN": (9, 9, _label("ssn", "social security", "social security number")),
}  # fmt: skip
_PLATE_DE = re.compile(
    r"(?:kennzeichen|nummernschild|plate|plaque|matr[ií]cula|registration)\W{0,3}"
    r"(?:\w{1,6}\W{1,2}){0,3}?(?P<value>[A-ZÄÖÜ]{1,3}[- ][A-Z]{1,2}[- ]?\d{1,4}[EH]?"
    r"|\d{4}[ -]?[A-Z]{3}|[A-Z]{2}[ -]?\d{3}[ -]?[A-Z]{2}|[A-Z]{2}\d{2} ?[A-Z]{3})(?!\w)",
    re.I,
)


def _ours(plain: str, kind: str) -> bool:
    return plain[4:8] == "0000" if kind == "CARD" else re.match(r"[0Xx]{3}", plain) is not None


def papers(text: str) -> Iterator[Span]:
    for kind, (fewest, most, label) in _KINDS.items():
        for found in label.finditer(text):
            start, end = found.span("value")
            if (
                kind in ("ACCOUNT", "CARD", "SSN")
                and " " in found["value"]
                and re.search(r"\d \D", found["value"])
            ):
                end = start + len(re.split(r" (?=\D)", found["value"])[0])
            plain = re.sub(r"[\W_]", "", text[start:end])
            if fewest <= len(plain) <= most and not _ours(plain, kind):
                digits = sum(map(str.isdigit, plain))
                if kind == "PLATE" or (digits >= 4 and not re.fullmatch(r"(?:19|20)\d\d", plain)):
                    yield Span(start, end, kind, 2)
    for found in _PLATE_DE.finditer(text):
        if not re.match(r"[0Xx]{3}|[Xx]{1,3}[- ]", found["value"]):
            yield Span(*found.span("value"), "PLATE", 2)


_MONTHS = (
    "jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch|s|zo)?|märz"
    "|apr(?:il)?|may|mai|mayo|jun[ei]?|juni|junio|juin|jul[yi]?|julio|juillet|aug(?:ust)?|agosto"
    "|août|sep(?:t(?:ember)?)?|septiembre|septembre|oct(?:ober|ubre|obre)?|okt(?:ober)?|nov(?:ember"
    "|iembre|embre)?|de[cz](?:ember)?|diciembre|décembre|enero|febrero|abril|janvier|février|avril"
)
DATE = re.compile(
    r"(?<![\w/.-])(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}(?P<m>[-/.])\s?\d{1,2}(?P=m)\s?(?:\d{4}"
    rf"|\d{{2}})|\d{{1,2}}(?:st|nd|rd|th|\.|er)?(?:\s(?:of|de))?[\s-](?:{_MONTHS})\.?(?:,|\sde"
    rf"|\sdel)?[\s-]\d{{4}}|(?:{_MONTHS})\.?\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}})(?![\w/-]|\.\d)",
    re.IGNORECASE,
)
_BORN = re.compile(
    r"(?<![^\W_])(?:born|birth|birthday|birthdate|d\.?o\.?b\.?|geboren|geb\.|geburtsdatum"
    r"|geburtstag|nacid[oa]|nacimiento|nací|nació|née?|naissance|nat[oa] il)(?![^\W_])",
    re.IGNORECASE,
)


def births(text: str) -> Iterator[Span]:
    """Dates within 60 characters after a word of birth."""
    until = -1
    words = [m.end() for m in _BORN.finditer(text)]
    for found in DATE.finditer(text) if words else ():
        while words and words[0] < found.start() - 60:
            until = words.pop(0)
        if words and until < found.start() and words[0] <= found.start():
            yield Span(*found.span(), "BIRTH_DATE", 2)


def dates(text: str) -> Iterator[Span]:
    for found in DATE.finditer(text):
        yield Span(*found.span(), "DATE", 1)
