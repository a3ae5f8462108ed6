"""Names that words around them give away, on top of what a model finds; and found names wherever
they stand again.

Rules     title + name, "my name is ...", greetings, ends of letters, fields (`Name: ...`),
          relations, speakers of a dialogue, capitals before a verb of speech or motion, "... Inc",
          possessives
Texts in one case   are read a second time with capitals at the beginnings of words
"""

import re
from collections.abc import Callable, Iterable, Iterator

from assay.data.pii import name_words
from assay.data.pii.spans import Span

_TOKEN = re.compile(r"[^\W\d_][\w'’ʼ\-]*\.?|\d+")
_PART = re.compile(r"[^\W\d_][\w'’\-]*")
_NEXT = re.compile(r"[ \t]{0,2}(?:\n(?=\S))?")
_W = r"[^\W\d_][\w'’]{0,40}(?:-\w{1,40}){0,2}"  # bounded: see test_hostile.py


def _any(listed: str) -> str:
    return "|".join(
        re.escape(w).replace(r"\-", r"[\s-]") for w in sorted(listed.split(), key=len, reverse=True)
    )


_TITLE = re.compile(
    rf"(?<![\w'’])(?:{_any(name_words.TITLES)})(?:\.[ \t]?|[ \t])[ \t]?(?=\w)", re.IGNORECASE
)
# met with, then met
_PHRASES = "|".join(sorted(name_words.BEFORE.split("|"), key=len, reverse=True))
_BEFORE = re.compile(rf"(?<![\w'’])(?:{_PHRASES})[:,]?[ \t]{{1,2}}(?=\w)", re.IGNORECASE)
_RELATION = re.compile(rf"(?<![\w'’])(?:{_any(name_words.RELATIONS)}),?[ ](?=\w)", re.IGNORECASE)
_GREETING = re.compile(
    rf"(?:^|(?<=[\n.!?>\"“,]))[ \t>\"]{{0,4}}(?:{_any(name_words.GREETINGS)}),?[ \t](?=\w)", re.I
)
_ENDING = re.compile(
    r"(?:^|[\n.!?,])[ \t>]{0,4}"
    rf"(?:{_any(name_words.ENDINGS)})[ \t]?[,.!-]{{0,3}}[ \t]*\n[\s>]{{0,8}}(?=\w)",
    re.I,
)
_FIELD = re.compile(
    rf"(?:^|(?<=[\n,;|(]))[ \t>?]{{0,8}}(?:{_any(name_words.FIELDS)})[ \t]?[:=][ \t]{{0,12}}(?=\w)",
    re.I,
)
_SPEAKER = re.compile(
    rf"(?:^|(?<=\n))[ \t>\"]{{0,4}}(?P<name>{_W}(?: {_W}){{0,2}}):[ \t]?(?=[\s\"“]?[^\W\d])"
)
# A line with a name and a comma, before a blank or a longer line; a last line of one or two words.
_SALUTE = re.compile(rf"(?:^|(?<=\n))[ \t>]{{0,4}}(?P<name>{_W}(?: {_W})?) ?[,-]-?[ \t]*\n(?=.*\w)")
_SIGNED = re.compile(
    rf"(?<=[.!?,]\n)[ \t>-]{{0,4}}(?P<name>{_W}(?: {_W})?)[ \t.-]{{0,3}}(?=\s*$|\n"
    r"[^\w\n]*\n|\n[ \t]*[\d-])"
)
_VERB = re.compile(rf"[ \t](?:{_any(name_words.VERBS)})(?!\w)")
_COMPANY = re.compile(
    rf"(?P<name>(?:(?:{_W}"
    rf"|&)[ ]){{1,4}})(?:(?i:{_any(name_words.COMPANY)})|{_any(name_words.COMPANY_SHORT)})(?!\w)\.?"
)
_ASKED = re.compile(
    r"(?<!\w)name[^.?!\n]{0,24}\?[ \t]{0,2}(?:\w{2,10}:[ \t]?)?(?=\w)", re.IGNORECASE
)
_OWN = re.compile(rf"(?<!\w)(?P<name>{_W})(?:'s|’s|s['’])(?!\w)")
_COUNTED = 4  # words of one name at most


def is_possible_name(word: str) -> bool:
    bare = word.strip(".'’-").casefold()
    return (
        len(bare) > 1
        and bare not in name_words.NOT_NAMES
        and re.sub("['’]s$", "", bare) not in name_words.NOT_NAMES
    )


def name_after(
    text: str, at: int, *, loose: bool = False, stop: Callable[[str], bool] | None = None
) -> int:
    """Where the name that begins at `at` ends; `at` itself when none does. `loose` takes small
    letters too; a word for which `stop` holds ends it."""
    end, count = at, 0
    place = at
    while count < _COUNTED:
        found = _TOKEN.match(text, place)
        if not found:
            break
        word = found[0]
        initial = len(word.rstrip(".")) == 1 and word[0].isupper()
        particle = word.casefold() in name_words.PARTICLES
        if word.endswith(".") and not initial:
            word = word[:-1]
        if particle and _TOKEN.match(text, found.end() + 1) and not (loose and not count):
            place = found.end() + 1
            if text[found.end() : place] != " ":
                break
            continue
        if not (initial or ((word[0].isupper() or loose) and is_possible_name(word))):
            break
        if stop and stop(word) and not (loose and not count):
            break
        if re.search(r"['’]s$", word):
            return place + len(word) - 2
        end, count = place + len(word), count + 1
        gap = _NEXT.match(text, end)
        if not gap or "\n" in gap[0] or not gap[0] or (found[0].endswith(".") and not initial):
            break
        place = gap.end()
    return end


def names_by_context(text: str, *, one_case: bool, common: Callable[[str], bool]) -> Iterator[Span]:
    """Names by the words around them. In a text without capitals a name is the next word or two."""
    for pattern, sure in (
        (_TITLE, 2),
        (_FIELD, 1),
        (_ENDING, 1),
        (_GREETING, 1),
        (_BEFORE, 1),
        (_ASKED, 1),
        (_RELATION, 1),
    ):
        for found in pattern.finditer(text):
            start = found.end()
            loose = pattern is _FIELD or (one_case and pattern in (_TITLE, _ENDING))
            end = name_after(text, start, loose=loose, stop=common if one_case else None)
            if end > start and (pattern is not _FIELD or _alone(text, start, end)):
                yield Span(start, end, "PERSON", sure)
    for pattern in (_SALUTE, _SIGNED):
        for found in pattern.finditer(text):
            given = found["name"].split()
            if all(is_possible_name(w) for w in given) and (one_case or found["name"][0].isupper()):
                yield Span(*found.span("name"), "PERSON", 1 if pattern is _SALUTE else 0)
    speakers = [
        m for m in _SPEAKER.finditer(text) if all(is_possible_name(w) for w in m["name"].split())
    ]
    if len({m["name"] for m in speakers}) >= 2:
        for found in speakers:
            if found["name"][0].isupper() or one_case:
                yield Span(*found.span("name"), "PERSON", 1)
    for found in _VERB.finditer(text):
        start = _name_before(text, found.start())
        if start < found.start() and not all(
            common(w) for w in text[start : found.start()].split()
        ):
            yield Span(start, found.start(), "PERSON", 0)
    for found in _COMPANY.finditer(text):
        start = _name_before(text, found.end("name") - 1)
        if start < found.end("name") - 1 or (
            one_case and is_possible_name(found["name"].split()[-1])
        ):
            yield Span(min(start, found.end("name") - 1), found.end(), "ORGANISATION", 1)
    for found in _OWN.finditer(text):
        if (
            found["name"][0].isupper()
            and is_possible_name(found["name"])
            and not common(found["name"])
        ):
            yield Span(*found.span("name"), "PERSON", 0)


def _alone(text: str, start: int, end: int) -> bool:
    """A field's value is a name when its line ends with it, or a mark follows."""
    return (
        end == len(text)
        or text[end] in "\n\r,;<([/|\t\"'"
        or text[end : end + 2] in (" <", " (", "  ", " -", " /", ". ", " ,")
    )


def _name_before(text: str, end: int) -> int:
    """Where the capitalised words that end at `end` begin; `end` when there are none, or a sentence
    begins there and it is one plain word."""
    start, count = end, 0
    while count < _COUNTED:
        found = re.search(
            r"[^\W\d_][\w'’\-]*\.?$",
            text[max(0, start - 32) : start].rstrip(" ")
            if count
            else text[max(0, start - 32) : start],
        )
        if not found:
            break
        word = found[0]
        place = start - len(word) if not count else text.rfind(word, 0, start)
        capital = word[0].isupper() and (is_possible_name(word) or len(word.rstrip(".")) == 1)
        if not capital or (count and text[place + len(word) : start] != " "):
            break
        start, count = place, count + 1
    return start


def proper(text: str, spans: Iterable[Span], common: Callable[[str], bool]) -> Iterator[Span]:
    """A model's proper nouns of no known sort as persons: several words, or one inside a
    sentence."""
    for span in spans:
        if span.kind != "PROPER":
            continue
        parts = [m for m in _TOKEN.finditer(text, span.start, span.end)]
        while parts and not is_possible_name(parts[0][0]):
            parts.pop(0)
        while parts and not is_possible_name(parts[-1][0]):
            parts.pop()
        if not parts or not all(
            p[0][0].isupper() for p in parts if p[0].casefold() not in name_words.PARTICLES
        ):
            continue
        shouted = all(p[0].isupper() for p in parts) and not text.isupper()
        if shouted or any(p[0][0].isdigit() for p in parts):
            continue
        if not all(common(p[0]) for p in parts) or (
            len(parts) > 1 and not any(map(str.islower, text))
        ):
            yield Span(
                parts[0].start(), parts[-1].start() + len(parts[-1][0].rstrip(".")), "PERSON", 0
            )


def again(text: str, known: Iterable[str]) -> Iterator[Span]:
    """Known names and their parts, wherever they stand as whole words; neighbours are one name."""
    names = set(known)
    parts = {
        p
        for name in names
        for p in (*name.split(), *re.split(r"[\s\-]+", name))
        if len(p) > 2 and is_possible_name(p)
    }
    if any(map(str.isupper, text)):
        parts = {p for p in parts if p[0].isupper()}
    start, end = -1, -1
    for found in _PART.finditer(text) if parts else ():
        word = found[0].rstrip("-'’")
        word = word[:-2] if word.endswith(("'s", "’s")) else word
        if word not in parts:
            continue
        if text[end : found.start()] != " ":
            if end > start:
                yield Span(start, end, "PERSON", 0)
            start = found.start()
        end = found.start() + len(word)
    if end > start:
        yield Span(start, end, "PERSON", 0)


def truecase(text: str) -> str | None:
    """A text in one case with capitals at word beginnings, letter for letter; None where there are
    both cases."""
    letters = [c for c in text if c.isalpha()]
    small = sum(c.islower() for c in letters)
    if not letters or (0.02 < small / len(letters) < 0.98 or small == len(letters) == 1):
        return None

    def title(found: re.Match[str]) -> str:
        word = found[0]
        if not is_possible_name(word):
            return word.lower() if len(word.lower()) == len(word) else word
        made = word[0].upper() + word[1:].lower()
        return made if len(made) == len(word) else word

    return re.sub(r"[^\W\d_][\w'’]*", title, text)
