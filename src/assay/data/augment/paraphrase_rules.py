"""Rewrite an English text by rules that keep its meaning: short forms, safe synonyms, the order of
two clauses.

How         each rule is tried on the whole text; where it fits, the text is another wording of
            itself
Watch out   few rules, chosen so that none changes what is asked: no synonym stands here that only
            some contexts allow
"""

import random
import re
from collections.abc import Callable, Iterator

# What is shortened wherever it stands, and written out again after a subject only: "why don't I"
# has no long form.
NEGATIONS = tuple(
    (
        f"{verb} not" if verb != "can" else "cannot",
        f"{'wo' if verb == 'will' else verb.removesuffix('n')}n't",
    )
    for verb in ("do does did is are was were will would could should have has had can").split()
)
_SUBJECT = r"(?:I|you|we|they|he|she|it|this|that|there)"
# Written out wherever it stands. The other way round "I know who you are" would lose its end.
WRITTEN_OUT = (
    ("I'm", "I am"),
    ("I've", "I have"),
    ("I'll", "I will"),
    ("we're", "we are"),
    ("you're", "you are"),
    ("they're", "they are"),
)
# Phrases that may stand for each other wherever they stand.
SAME = (
    ("perhaps", "maybe"),
    ("right now", "at the moment"),
    ("right away", "immediately"),
    ("as soon as possible", "as quickly as possible"),
    ("could you", "can you"),
    ("how can I", "how do I"),
    ("how long does it take", "how much time does it take"),
    ("is it possible to", "am I able to"),
    ("I would like to", "I want to"),
    ("I need to", "I have to"),
    ("tell me", "let me know"),
    ("for example", "for instance"),
    ("nobody", "no one"),
    ("everybody", "everyone"),
    ("anybody", "anyone"),
    ("mobile phone", "cell phone"),
    ("almost", "nearly"),
    ("although", "even though"),
)
# One way only: "a purchase" is no "buy", and "to" is not always "in order to".
ONE_WAY = (*WRITTEN_OUT, ("buy", "purchase"), ("bought", "purchased"), ("in order to", "to"))
_FIRST = r"(when|if|after|before|once|while|because|whenever|unless)"
_CLAUSE = re.compile(rf"^{_FIRST} ([^,.!?;:\n]+), ([^,.!?;:\n]+)([.!?]?)$", re.IGNORECASE)
_PLEASE = re.compile(r"^please,? ([^.!?\n]+)([.!]?)$", re.IGNORECASE)


def wordings(text: str) -> list[str]:
    """Other wordings of `text`, each by one rule, without those that are the text itself. Empty
    where no rule fits."""
    found = dict.fromkeys(new for rule in (_phrases, _clauses, _please) for new in rule(text))
    found.pop(text, None)
    return list(found)


def rewrite_text(text: str, draw: random.Random, rules: int) -> str:
    """`text` after up to `rules` rules, each drawn among those that fit by then and do not lead
    back."""
    seen = {text}
    for _ in range(rules):
        new = [wording for wording in wordings(text) if wording not in seen]
        if not new:
            break
        text = draw.choice(new)
        seen.add(text)
    return text


def _phrases(text: str) -> Iterator[str]:
    pairs = [*NEGATIONS, *ONE_WAY, *SAME, *((second, first) for first, second in SAME)]
    for old, new in pairs:
        yield from _put(rf"(?<![\w'’-]){re.escape(old)}(?![\w'’-])", new, text)
    for long, short in NEGATIONS:
        found = re.sub(
            rf"\b({_SUBJECT}) {re.escape(short)}\b", rf"\1 {long}", text, flags=re.IGNORECASE
        )
        if found != text:
            yield found


def _put(pattern: str, new: str, text: str) -> Iterator[str]:
    changed = re.sub(pattern, _as(new), text, flags=re.IGNORECASE)
    if changed != text:
        yield changed


def _as(new: str) -> Callable[[re.Match[str]], str]:
    """`new` with a capital where the text had one at the beginning of the phrase."""

    def put(match: re.Match[str]) -> str:
        return (
            new[0].upper() + new[1:]
            if match[0][0].isupper() and match[0][:2] not in ("I ", "I'")
            else new
        )

    return put


def _clauses(text: str) -> Iterator[str]:
    """`If it rains, call me.` and `Call me if it rains.`"""
    match = _CLAUSE.match(text.strip())
    if match and len(match[3].split()) >= 2 and match[3].split()[0].lower() not in ("then", "so"):
        word, first, second, mark = match.groups()
        yield f"{second[0].upper()}{second[1:]} {word.lower()} {first}{mark}"


def _please(text: str) -> Iterator[str]:
    """`Please call me.` and `Call me, please.`"""
    match = _PLEASE.match(text.strip())
    if match:
        yield f"{match[1][0].upper()}{match[1][1:]}, please{match[2]}"
