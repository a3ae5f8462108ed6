"""Postal addresses: street and number in the orders of several languages, boxes, flats, postcodes,
and the lines below.

How      a street is known by its word (Street, Rue, ...straße, ...gatan, utca, ...); a number
         between two numbers' words is one too; lines that go on with place, region, postcode belong
         to it
Missed   a street without number or word ("he lives in Broadwick"), unless a model finds the place
"""

import re
from collections.abc import Iterator

from assay.data.pii.context import ContextWords
from assay.data.pii.spans import Span

_UP = r"(?-i:[^\W\d_a-zß-öø-ÿ])[\w'’.-]{0,30}"  # a word with a capital
_WORD = r"[^\W\d_][\w'’.-]{0,30}"
_NO = r"\d{1,5}(?:[ -]?[a-zA-Z])?(?:\s?[-/]\s?\d{1,4})?"
_KIND = (
    "street|st|road|rd|avenue|ave|av|lane|ln|drive"
    "|dr|boulevard|blvd|court|ct|place|pl|square|sq|terrace|ter|way|close|crescent|cres|parkway"
    "|pkwy|highway|hwy|circle|cir|trail|trl|row|gardens|grove|hill|mews|walk|loop|plaza|pike|alley|"
    "quay|esplanade|parade|route|expressway|freeway|turnpike|crossing|path|rise|view|heights"
)
_TAIL = (
    r"(?:straße|strasse|str\.|weg|platz|allee|gasse|ufer|damm"
    r"|ring|steig|chaussee|gatan|gata|vägen|vagen|stigen|gränd|veien|vegen|vej|gade|alle|allé|katu"
    r"|tie|kuja|straat|laan|gracht|kade|plein|utca|utcája|tér|út|körút|ulica|ulice|třída|náměstí)"
)
_HEAD = (
    r"(?:rue|avenue|boulevard|place|chemin|allée"
    r"|impasse|quai|via|viale|piazza|corso|vicolo|largo|calle|c/|avenida|avda\.?|plaza|paseo|camino"
    r"|carrera|rua|travessa|praça|estrada|ul\.|ulica|aleja|al\.|os\.|rúa|carretera|strada|stradă)"
)
_FORMS = (
    rf"(?<!\w)(?:\d{{1,5}}\s)?{_NO},?\s(?:{_UP}\s){{1,4}}(?:{_KIND})\b\.?(?:\s(?:[NSEW]{{1,2}}"
    r"|North|South|East|West)\b)?",
    rf"(?<!\w)(?:\d{{1,5}}\s)?{_NO},?\s(?:\d{{1,3}}(?:st|nd|rd|th)|[NSEW]\.?)\s(?:{_WORD}\s){{0,"
    rf"2}}(?:{_KIND})\b\.?",
    rf"(?<!\w)(?:\d{{1,5}}\s)?{_NO},?\s(?:{_WORD}\s){{1,4}}(?:{_KIND})\b\.?",
    r"(?<!\w)(?:\d{1,5},?\s)"
    rf"?{_HEAD}\s(?:{_WORD}[\s,]{{1,2}}){{1,6}}(?:n[°ºr.]\s?)?\d{{1,5}}(?!\d)",
    rf"(?<!\w)(?:\d{{1,5}}\s)?\d{{1,5}}(?:\s?bis)?,?\s{_HEAD}\s(?:(?:de"
    rf"|des|du|la|le|les|l'|d'|saint|della|dei)\s?){{0,3}}(?:{_UP}[ -]?){{1,4}}",
    rf"(?<!\w)\d{{1,5}}\s(?:{_WORD}\s){{1,5}}\d{{1,5}}(?=\s*(?:apt|suite|unit|flat|ste)\b)",
    rf"(?<!\w)\d{{2,5}}\s(?:{_UP}\s){{1,4}}\d{{1,3}}(?!\d|\w)",
    r"(?<!\w)(?:p\.?\s?o\.?\s?box|post(?:fach|bus|boks)|apartado(?: de correos)?|boîte"
    r" postale|b\.p\.)\s?\d{1,6}",
    r"(?<!\w)(?:psc|unit|cmr)\s\d{1,5},?\s{1,2}box\s\d{1,5}(?:,?\s{1,3}(?:apo|fpo|dpo)\s(?:aa|ae"
    r"|ap)\s\d{5}(?:-\d{4})?)?",
    r"(?<!\w)(?:uss|usns|usnv|usnh|usv)\s\w{2,20},?\s{1,2}(?:apo|fpo|dpo)\s(?:aa|ae|ap)\s\d{5}",
    r"(?<!\w)(?:apo|fpo|dpo)\s(?:aa|ae|ap)\s\d{5}(?:-\d{4})?",
    r"(?<!\w)(?:apt\.?|apartment"
    r"|suite|ste\.?|flat|unit|room|floor|piso|étage)\s?#?\d{1,5}[a-z]?(?!\w)",
)
_PATTERNS = [re.compile(form, re.IGNORECASE) for form in _FORMS]
# ...straße 12, ...gatan 3: looked for from the end of the word, since any word may begin it.
_TAILED = re.compile(rf"{_TAIL}\s{{1,2}}\d{{1,5}}(?:\s?[a-z]\b)?", re.IGNORECASE)
_LITTLE = frozenset(
    "live lives is on at in to the from of and off you wohnt in der die das im bei von".split()
)
_NOT = re.compile(
    r"(?:\d+ (?:minutes?|hours?"
    r"|days?|weeks?|months?|years?|miles?|times?|percent|people|of|to|in|the|and|per)\b)",
    re.I,
)
_STATES = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA"
    " MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR"
).replace(" ", "|")
_CODES = (
    rf"(?<!\w)(?:{_STATES})[ ,]{{1,2}}\d{{5}}(?:-\d{{4}})?(?!\w)",
    r"(?<!\w)[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}(?!\w)",  # UK
    r"(?<!\w)[ABCEGHJ-NPRSTVXY]\d[A-Z] \d[A-Z]\d(?!\w)",  # Canada
    r"(?<!\w)[1-9]\d{3} [A-Z]{2}(?= [A-Z])",  # Netherlands, before a place
    r"(?<!\w)(?:D|A|CH|F|B|L|I|PL|SE|DK|FI|N)-\d{4,5}(?!\w)",
    r"(?<!\w)\d{5}(?= (?:[A-ZÄÖÜÉ][\w'-]+)(?:$|[,.\n]))",  # before a place at a line's end
)
_POSTCODE = [re.compile(code, re.MULTILINE) for code in _CODES]
_ZIP = re.compile(
    r"(?<!\w)(?:zip|zip ?code|postcode|post ?code|postal code"
    r"|plz|postleitzahl|code postal|código postal|cap|cp)(?:\scode)?(?:\s(?:is|ist|es|est)"
    r")?[\s:.]{1,4}(?P<value>[A-Z]{0,2}-?\d[\dA-Z]{2,5}(?:[ -](?=\S{0,3}\d)[\dA-Z]{2,4})?)(?!\w)",
    re.I,
)
_LINE = re.compile(r"[ \t>?|*]{0,8}(?P<line>[^\n]{0,60})(?:\n|$)")
_ENDS = re.compile(
    r"(?P<place>[^\W\d_][^\d:@]{0,45}?)?[ ,]{0,3}(?P<code>\d{3} \d{2}|\d{4,6}(?:-\d{3,4})?"
    r"|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})$",
    re.I,
)
_NEAR = ContextWords(
    "address",
    "lives?",
    "living",
    "live",
    "resides?",
    "located",
    "adresse",
    "dirección",
    "domicilio",
    "anschrift",
    "wohnt",
    "wohne",
    "vive",
    "habite",
    "ship",
    "deliver",
    "mail to",
    before=60,
)


def addresses(text: str) -> Iterator[Span]:
    for at, pattern in enumerate(_PATTERNS):
        for found in pattern.finditer(text):
            if _NOT.match(found[0]) or ("\n" in found[0].strip() and at in (2, 3, 5, 6)):
                continue
            if at == 2 and not (_NEAR.near(text, *found.span()) or _follows(text, found.end())):
                continue
            yield Span(
                found.start(), found.end() - (len(found[0]) - len(found[0].rstrip())), "ADDRESS", 1
            )
            yield from _below(text, found.end())
    for span in _suffix_addresses(text):
        yield span
        yield from _below(text, span.end)
    for pattern in _POSTCODE:
        for found in pattern.finditer(text):
            if not re.search(r"(?<!\d)000|\bX", found[0]):
                yield Span(*found.span(), "POSTCODE", 1)
    for found in _ZIP.finditer(text):
        if not found["value"].startswith(("000", "XX0")):
            yield Span(*found.span("value"), "POSTCODE", 2)


def _suffix_addresses(text: str) -> Iterator[Span]:
    for found in _TAILED.finditer(text):
        start = found.start()
        while (
            start
            and found.start() - start < 40
            and (text[start - 1].isalnum() or text[start - 1] in "-'’.")
        ):
            start -= 1
        before = (
            re.findall(r"\S+", text[max(0, start - 60) : start])[::-1]
            if start and text[start - 1] == " "
            else []
        )
        for at, word in enumerate(before[:3]):
            number = re.fullmatch(r"\d{1,5}", word) is not None
            if text[start - 1] != " " or not (
                number or (at < 2 and word[0].isupper() and word.isalpha())
            ):
                break
            if word.casefold() in _LITTLE or text[start - 1 - len(word) : start - 1] != word:
                break
            start -= len(word) + 1
            if number:
                break
        yield Span(start, found.end(), "ADDRESS", 1)


def _follows(text: str, end: int) -> bool:
    """What comes after a street in an address: a flat, a line end, a comma and a place."""
    return bool(
        re.compile(r"\.?,?\s{0,3}(?:(?:apt|suite|flat|unit|ste)\b|\n|$)", re.I).match(text, end)
    )


def _below(text: str, end: int) -> Iterator[Span]:
    """Postcodes at the ends of the next four lines, or of this one."""
    at = end
    for row in range(5):
        found = _LINE.match(text, at)
        if not found or (row and not found["line"].strip()):
            if not found or found.end() >= len(text):
                return
            at = found.end()
            continue
        line = found["line"].rstrip(" .,\"'")
        if ended := _ENDS.search(line):
            if not ended["code"].startswith("000"):
                start = found.start("line") + ended.start("code")
                yield Span(start, start + len(ended["code"]), "POSTCODE", 1)
            return
        at = found.end()
