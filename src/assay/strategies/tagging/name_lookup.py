"""What training rows have named, wherever it stands again.

What it is for   one of the two ways of `dictionary`: where names come again as they are, a list of
                 them is hard to beat, and what is guessed from patterns beside it does harm
How              a run of words is known where train named it at least half of the times that it
                 stands there, with the type that it had most often; in a text the longest known
                 runs are taken, from the left
Source           the baseline of Tjong Kim Sang and De Meulder (2003), CoNLL-2003,
                 aclanthology.org/W03-0419
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from assay.strategies.tagging.text_words import Place, TextWords, f1

LONGEST = 10  # words of a name


def known_names(rows: Sequence[TextWords]) -> dict[str, str]:
    """Words, joined by spaces -> type."""
    named: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for (i, j), kind in row.gold.items():
            if j - i <= LONGEST:
                named[" ".join(row.words[i:j])][kind] += 1
    longest = max((name.count(" ") + 1 for name in named), default=0)
    seen: Counter[str] = Counter()
    for row in rows:
        for i in range(len(row.words)):
            for j in range(i + 1, min(len(row.words), i + longest) + 1):
                if (run := " ".join(row.words[i:j])) in named:
                    seen[run] += 1
    usual = {
        name: min(kinds.items(), key=lambda one: (-one[1], one[0])) for name, kinds in named.items()
    }
    return {name: kind for name, (kind, times) in sorted(usual.items()) if 2 * times >= seen[name]}


def find_names(row: TextWords, known: Mapping[str, str], longest: int) -> list[tuple[Place, str]]:
    """The longest known runs of a text, from the left; no two share a word.

    Args:
        longest: words of the longest name that is known.
    """
    found, i = [], 0
    while i < len(row.words):
        for j in range(min(len(row.words), i + longest), i, -1):
            if (kind := known.get(" ".join(row.words[i:j]))) is not None:
                found.append(((i, j), kind))
                i = j
                break
        else:
            i += 1
    return found


def lookup_f1(parts: Sequence[tuple[list[TextWords], list[TextWords]]]) -> float:
    """F1 where the names of the other folds are looked up."""
    right = said = wanted = 0
    for others, own in parts:
        known = known_names(others)
        longest = max((name.count(" ") + 1 for name in known), default=0)
        for row in own:
            found = find_names(row, known, longest)
            right += sum(row.gold.get(place) == kind for place, kind in found)
            said, wanted = said + len(found), wanted + len(row.gold)
    return f1(right, said, wanted)
