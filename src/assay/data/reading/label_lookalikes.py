"""Labels that look the same to a reader: other case, spaces, Unicode form, or letters of another
alphabet.

What it is for   "Refund", "refund" and "Rеfund" with a Cyrillic е would be three classes
Source           Unicode, UTS 39 (confusables): the Cyrillic and Greek letters that most fonts draw
                 as Latin ones
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from assay.core.examples import Example
from assay.data.reading.odd_rows import allowed
from assay.tasks.label_sets import format_labels, labels_in

SLIP = 5  # times that a label is more frequent than a slip in writing it
# Capitals are looked up before case is folded: Н looks like H, but н does not look like h.
_CYRILLIC = ("АВЕКМНОРСТУХІЈЅԚԜаеорсухіјѕһԁԛԝ", "ABEKMHOPCTYXIJSQWaeopcyxijshdqw")
_GREEK = ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρι", "ABEZHIKMNOPTYXovpi")
_NUMBER = re.compile(r"\s*[-+\u2212]?\d+(?:[.,]\d+)?\s*")
_LATIN = {
    ord(other): latin for pair in (_CYRILLIC, _GREEK) for other, latin in zip(*pair, strict=True)
}


def looks(label: str) -> str:
    """What two labels share that look the same."""
    plain = unicodedata.normalize("NFKC", label).translate(_LATIN).casefold()
    if _NUMBER.fullmatch(plain):  # -1 is not 1
        return plain
    return "".join(plain.replace("_", " ").replace("-", " ").split())


def groups(counts: Mapping[str, int]) -> list[list[str]]:
    """The labels that look the same, of each two and more; the most frequent first, else the first
    that was met."""
    alike: dict[str, list[str]] = defaultdict(list)
    for label in counts:
        alike[looks(label)].append(label)
    return [
        sorted(group, key=lambda label: -counts[label])
        for group in alike.values()
        if len(group) > 1
    ]


def merge_spellings(labels: Iterable[str], listed: Sequence[str]) -> dict[str, str]:
    """Spelling -> the one that stands for it: that of `task.labels` where one is listed, else the
    most frequent."""
    found: dict[str, str] = {}
    for group in groups(Counter(labels)):
        named = [label for label in group if label in listed]
        if len(named) > 1:
            continue  # said to differ
        found |= {label: (named or group)[0] for label in group if label != (named or group)[0]}
    return found


def join(
    parts: dict[str, list[Example]],
    listed: Sequence[str],
    nothing: str = "",
    share: float | None = None,
) -> list[str]:
    """Give labels that look the same one spelling in all parts, and say which, a sentence each.

    Args:
        listed: the labels that the project names.
        nothing: what the empty set is called, where a row has several labels; "" where each row has
            one.
        share: of the rows, in [0, 1], that may be spelled otherwise where nobody asked for this:
            slips of a few rows, each against a label that is SLIP times as frequent or more.
    """

    def of(row: Example) -> list[str]:
        return (
            list(labels_in(row.target or "", nothing))
            if nothing
            else [row.target]
            if row.target
            else []
        )

    counts = Counter(label for part in parts.values() for row in part for label in of(row))
    instead = merge_spellings(counts.elements(), listed)
    slips = sum(counts[old] for old in instead)
    rare = all(SLIP * counts[old] <= counts[new] for old, new in instead.items())
    most = allowed(sum(map(len, parts.values())), share or 0)
    if share is not None and (slips > most or not rare):
        return []
    for part in parts.values():
        for at, row in enumerate(part):
            new = list(dict.fromkeys(instead.get(label, label) for label in of(row)))
            if new != of(row):
                part[at] = replace(row, target=format_labels(new, nothing) if nothing else new[0])
    return [
        f"D031 {old!r} was read as {new!r} in {counts[old]:,} rows (data.join_labels); if they do"
        " differ, list both under task.labels"
        for old, new in instead.items()
    ]


def describe_label(label: str) -> str:
    """A label in quotes, its letters of another alphabet and its loose marks named, since they
    cannot be seen."""
    hidden = [c for c in label if ord(c) in _LATIN or unicodedata.combining(c)]
    names = ", ".join(
        f"U+{ord(c):04X} {unicodedata.name(c, '')}".strip() for c in dict.fromkeys(hidden)
    )
    return f"{label!r} ({names})" if names else repr(label)
