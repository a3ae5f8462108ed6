"""All that is personal in a text: patterns with checks, numbers known by the words near them,
names.

The kinds are those of `kinds.py`.
"""

import re
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import replace

from assay.data.pii import names as rules
from assay.data.pii.addresses import addresses
from assay.data.pii.check_digits import IBAN_LENGTH
from assay.data.pii.fake_names import is_pseudonym
from assay.data.pii.identity_numbers import births, dates, papers
from assay.data.pii.kinds import KINDS
from assay.data.pii.network import ips, macs, mails, urls, wallets
from assay.data.pii.normalised import Folded, close_gaps, fold
from assay.data.pii.numbers import checksum_numbers, pattern_numbers
from assay.data.pii.phones import phones
from assay.data.pii.secrets import secrets
from assay.data.pii.spans import Span, drop_overlaps, outside
from assay.data.pii.tagger import NerTagger

_PATTERNS: tuple[tuple[tuple[str, ...], Callable[[str], Iterator[Span]]], ...] = (
    (("EMAIL",), mails),
    (("URL",), urls),
    (("IP",), ips),
    (("MAC",), macs),
    (("WALLET",), wallets),
    (("SECRET",), secrets),
    (("CARD", "IBAN", "NATIONAL_ID"), checksum_numbers),
    (("NATIONAL_ID", "SSN"), pattern_numbers),
    (("PASSPORT", "LICENCE", "ACCOUNT", "PLATE", "NATIONAL_ID", "CARD", "SSN"), papers),
    (("PHONE",), phones),
    (("BIRTH_DATE",), births),
    (("DATE",), dates),
    (("ADDRESS", "POSTCODE"), addresses),
)
# What this module's replacements look like: <PERSON>, <PERSON_1>, <PERSON:3fa9c1d2>.
_MASK = re.compile(rf"<(?:{'|'.join(KINDS)})(?:_\d+|:[0-9a-f]+)?>")
_NO_IBAN = re.compile(r"(?<!\w)[A-Z]{2}00(?:[ -]?[A-Z0-9]{1,4}){3,8}(?!\w)")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
Common = Callable[[str], bool]
_TRIM = " \t\r\n.,;:!?\"'“”‘’()[]<>*_|-"


def find_by_pattern(text: str, kinds: Set[str]) -> list[Span]:
    """Spans in the original text, found in its plain form."""
    folded = fold(text)
    tight = close_gaps(folded)
    return [
        Span(*view.span(span.start, span.end), span.kind, span.sure)
        for looked_for, find in _PATTERNS
        if not kinds.isdisjoint(looked_for)
        for view in _views(find, folded, tight)
        for span in find(view.text)
        if span.kind in kinds and span.end > span.start
    ]


def _own_replacements(text: str) -> list[tuple[int, int]]:
    """Where our own replacements stand that a pattern could take for data: masks, and IBANs with
    check digits 00."""
    ours = [m.span() for m in _MASK.finditer(text)]
    for found in _NO_IBAN.finditer(text):
        plain = re.sub(r"\W", "", found[0])
        if IBAN_LENGTH.get(plain[:2]) == len(plain):
            ours.append(found.span())
    return sorted(ours)


def _views(
    find: Callable[[str], Iterator[Span]], folded: Folded, tight: Folded | None
) -> list[Folded]:
    if tight is None or find not in (mails, urls, phones):
        return [folded]
    return [tight] if find is phones else [folded, tight]


def recognise(texts: Sequence[str], kinds: Set[str], tagger: NerTagger | None) -> list[list[Span]]:
    """Spans of each text, sorted, without overlaps. The texts are one row's: a name found in one is
    looked for in all.

    Args:
        kinds: some of `KINDS`. tagger: finds names; None: patterns only.
    """
    found = [find_by_pattern(text, kinds) for text in texts]
    if tagger is not None:
        plain = [fold(text) for text in texts]
        named = tagger.find([f.text for f in plain])
        recased = [rules.truecase(f.text) for f in plain]
        again = tagger.find([text or "" for text in recased])
        for row, (f, spans, title, second) in enumerate(
            zip(plain, named, recased, again, strict=True)
        ):
            found[row] += _names(f, spans, second if title else [], title, kinds, tagger.common)
    masks = [_own_replacements(text) for text in texts]
    found = [
        drop_overlaps(outside(spans, taken)) for spans, taken in zip(found, masks, strict=True)
    ]
    known = {
        text[s.start : s.end]
        for text, spans in zip(texts, found, strict=True)
        for s in spans
        if s.kind == "PERSON" and "\n" not in text[s.start : s.end]
    }
    if known:
        found = [
            drop_overlaps([*spans, *outside(rules.again(text, known), taken)])
            for text, spans, taken in zip(texts, found, masks, strict=True)
        ]
    return [
        [
            s
            for s in map(lambda s, t=text: _trim_span(t, s), spans)
            if s and not is_pseudonym(text[s.start : s.end], s.kind)
        ]
        for text, spans in zip(texts, found, strict=True)
    ]


def _names(
    folded: Folded,
    tagged: list[Span],
    recased: list[Span],
    title: str | None,
    kinds: Set[str],
    common: Common,
) -> list[Span]:
    text = title or folded.text
    # A text that was given its capitals by us looks like names all over: a word of the dictionary
    # is none there.
    recased = [s for s in (_uncommon(text, s, common) for s in recased) if s]
    found = [s for s in (*tagged, *recased) if s.kind != "PROPER"]
    # where names have capitals, a small model that takes "the ebooks" for one is wrong
    if title is None:
        found = [s for s in found if not text[s.start : s.end].islower()]
    found = [s for s in found if s.kind == "PLACE" or _like_a_name(text[s.start : s.end])]
    found = [replace(s, kind="PERSON") if _rather_a_person(text, s, common) else s for s in found]
    found += rules.names_by_context(text, one_case=title is not None, common=common)
    found += rules.proper(text, (*tagged, *recased), common)
    return [
        Span(*folded.span(s.start, s.end), s.kind, s.sure)
        for s in found
        if s.kind in kinds and s.end > s.start
    ]


def _uncommon(text: str, span: Span, common: Common) -> Span | None:
    """Without the words of the dictionary at its ends; a run of many words is no name."""
    parts = [m.span() for m in _WORD.finditer(text, span.start, span.end)]
    while parts and common(text[slice(*parts[0])]):
        parts.pop(0)
    while parts and common(text[slice(*parts[-1])]):
        parts.pop()
    return replace(span, start=parts[0][0], end=parts[-1][1]) if 0 < len(parts) <= 4 else None


def _rather_a_person(text: str, span: Span, common: Common) -> bool:
    """What a model takes for a company has, as a rule, a word of the dictionary in it; names of
    people have none."""
    words = text[span.start : span.end].split()
    plain = all(w[0].isupper() and not w.isupper() and w.isalpha() and not common(w) for w in words)
    return span.kind == "ORGANISATION" and 2 <= len(words) <= 3 and plain


def _like_a_name(text: str) -> bool:
    """A model takes labels ("IBAN", "token") for names at times: one word with a capital must be no
    such word."""
    return any(
        word[:1].isupper() and rules.is_possible_name(word)
        for word in re.findall(r"[^\W\d_][\w'’-]*", text)
    )


def _trim_span(text: str, span: Span) -> Span | None:
    """Without marks and spaces at its ends; a person also without a possessive."""
    if span.kind not in ("PERSON", "PLACE", "ORGANISATION"):
        return span
    start, end = span.start, span.end
    while start < end and text[start] in _TRIM:
        start += 1
    while end > start and text[end - 1] in _TRIM:
        end -= 1
    if span.kind == "PERSON" and re.search(r"['’]s$", text[start:end]):
        end -= 2
    return Span(start, end, span.kind, span.sure) if end - start > 1 else None
