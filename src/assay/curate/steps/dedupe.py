"""Drop rows whose text stands in another row, naming the row that is kept.

Same text   equal after NFKC, lower case, and every run of non-word characters made one space (text.py)
Which stays the first of them, or the longest as it was written: the one with its punctuation
Labels      a text that stands with two labels teaches neither, and nobody can tell which is right: all its rows go
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from assay.curate.text import Key, key_of, same_target
from assay.nouns import Changed, Dropped, Example, Means, SetStep


class Dedupe(SetStep):
    kind: Literal["dedupe"] = "dedupe"
    # One text with two labels: `drop` all its rows, `keep_first` of them, or `keep` one row for each label.
    conflicts: Literal["drop", "keep_first", "keep"] = "drop"
    # Which row of a text stays: the first in the file, or the longest (of two alike, the first).
    keep: Literal["first", "longest"] = "first"

    def apply(self, examples: Sequence[Example], means: Means) -> Iterator[Example | Changed | Dropped]:
        keys = [key_of(example) for example in examples]
        first: dict[Key, Example] = {}
        conflicting = {
            key
            for key, example in zip(keys, examples, strict=True)
            if not same_target(first.setdefault(key, example), example)
        }
        kept: dict[Key, list[Example]] = {}
        dropped: dict[str, Dropped] = {}
        for key, example in self._in_order(keys, examples):
            if key in conflicting and self.conflicts == "drop":
                dropped[example.id] = Dropped(example, "same text, different labels")
                continue
            others = kept.setdefault(key, [])
            same = next((other for other in others if same_target(other, example)), None)
            if same is not None:
                dropped[example.id] = Dropped(example, "same text", kept=same.id)
            elif others and self.conflicts != "keep":
                dropped[example.id] = Dropped(example, "same text, different labels", kept=others[0].id)
            else:
                others.append(example)
        for example in examples:
            yield dropped.get(example.id, example)

    def _in_order(self, keys: Sequence[Key], examples: Sequence[Example]) -> Iterator[tuple[Key, Example]]:
        """The row that stays comes before those that it stands for."""
        if self.keep == "first":
            return zip(keys, examples, strict=True)
        return iter(sorted(zip(keys, examples, strict=True), key=lambda pair: -len(pair[1].text)))
