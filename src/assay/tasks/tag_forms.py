"""The tags of words in the usual form, however a data set writes them: O outside, else B-, I-, E-
or S- and a type.

What it is for   `0`, `_`, `none` or `other` for O; `B_PER`, `PER-B`, `b:per`; `B`, `I` and `O`
                 alone; M for the middle of a piece, W for a whole one
Watch out        it takes the tags of a whole file: which one means outside is seen by how often it
                 comes
"""

import re
from collections import Counter
from collections.abc import Iterable

ONLY = "entity"  # the type of pieces that have none
SURE = 0.99  # share of the tagged words whose tags are of one form
OUTSIDE = set("o 0 _ - na n/a null nil none nothing no other others out outside".split())
OUTSIDE |= {"", "no-entity", "no_entity", "not-entity", "non-entity", "non_entity", "b-o", "o-o"}
_MARKS = {mark: mark for mark in "BIESLU"} | {"M": "I", "W": "S"}
_BEFORE = re.compile(r"(?P<mark>[BIESLUMW])[-_:./](?P<kind>\S.*)", re.IGNORECASE)
_BEHIND = re.compile(r"(?P<kind>.*\S)[-_:./](?P<mark>[BIESLUMW])")
_ALONE = re.compile(r"(?P<mark>[BIESLUMW])(?P<kind>)")


def outside_tag(counts: Counter[str]) -> str | None:
    """The tag of words outside of all pieces: O, else the most frequent where its name says so;
    None where there is none."""
    most = max(counts, key=lambda tag: counts[tag], default=None)
    if most is not None and most.casefold() in OUTSIDE:
        return most
    if "O" in counts:
        return "O"
    named = [tag for tag in counts if tag.casefold() in OUTSIDE]
    marked = _form(Counter({tag: n for tag, n in counts.items() if tag not in named}))
    return named[0] if len(named) == 1 and marked is not None else None


def plain_tags(tags: Iterable[str]) -> dict[str, str]:
    """The usual form of each tag of a data set.

    Args:
        tags: of all its words, each as often as it comes.
    """
    counts = Counter(tags)
    outside = outside_tag(counts)
    inside = Counter({tag: n for tag, n in counts.items() if tag not in ("", "O", outside)})
    form = _form(inside)
    made = {tag: "O" for tag in counts if tag not in inside}
    for tag in inside:
        match = form.fullmatch(tag) if form else None
        kind = match and (match["kind"] or ONLY)
        made[tag] = f"{_MARKS[match['mark'].upper()]}-{kind}" if match else tag
    return made


def is_marked(tags: Iterable[str]) -> bool:
    """Do these tags say where pieces begin, nearly all of them?"""
    counts = Counter(tags)
    outside = outside_tag(counts)
    inside = Counter({tag: n for tag, n in counts.items() if tag not in ("", "O", outside)})
    return _form(inside) is not None


def _form(inside: Counter[str]) -> re.Pattern[str] | None:
    """How the tags of pieces are written; None where they are types alone."""
    total = sum(inside.values())
    for form in (_BEFORE, _BEHIND, _ALONE) if total else ():
        fit = {tag: match["mark"].upper() for tag in inside if (match := form.fullmatch(tag))}
        if sum(inside[tag] for tag in fit) < SURE * total:
            continue
        marks = set(fit.values())
        # a letter alone, or behind a type, may be anything: it begins pieces and goes on with them
        if marks & ({"B", "I", "S", "U", "W"} if form is _BEFORE else {"B"}) and (
            form is _BEFORE or marks & {"I", "M"}
        ):
            return form
    return None
