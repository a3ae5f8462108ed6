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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from assay.strategies.tagging.text_words import Place, TextWords, f1

LONGEST = 10  # words of a name


@dataclass(frozen=True)
class NameList:
    """`kinds`: words of a name, joined by spaces -> its type."""

    kinds: Mapping[str, str]

    @classmethod
    def of(cls, rows: Sequence[TextWords]) -> NameList:
        """What these rows name at least half of the times that it stands in them."""
        named: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for row in rows:
            for (i, j), kind in row.gold.items():
                if j - i <= LONGEST:
                    named[" ".join(row.words[i:j])][kind] += 1
        longest = _longest(named)
        seen: Counter[str] = Counter()
        for row in rows:
            for i in range(len(row.words)):
                for j in range(i + 1, min(len(row.words), i + longest) + 1):
                    if (run := " ".join(row.words[i:j])) in named:
                        seen[run] += 1
        usual = {
            name: min(counts.items(), key=lambda one: (-one[1], one[0]))
            for name, counts in sorted(named.items())
        }
        return cls({name: kind for name, (kind, n) in usual.items() if 2 * n >= seen[name]})

    @cached_property
    def longest(self) -> int:
        """Words of the longest name."""
        return _longest(self.kinds)

    def find(self, row: TextWords) -> list[tuple[Place, str]]:
        """The longest names of a text, from the left; no two share a word."""
        found, i = [], 0
        while i < len(row.words):
            for j in range(min(len(row.words), i + self.longest), i, -1):
                if (kind := self.kinds.get(" ".join(row.words[i:j]))) is not None:
                    found.append(((i, j), kind))
                    i = j
                    break
            else:
                i += 1
        return found


def _longest(names: Iterable[str]) -> int:
    return max((name.count(" ") + 1 for name in names), default=0)


def lookup_f1(parts: Sequence[tuple[list[TextWords], list[TextWords]]]) -> float:
    """F1 where the names of the other folds are looked up."""
    right = said = wanted = 0
    for others, own in parts:
        names = NameList.of(others)
        for row in own:
            found = names.find(row)
            right += sum(row.gold.get(place) == kind for place, kind in found)
            said, wanted = said + len(found), wanted + len(row.gold)
    return f1(right, said, wanted)
