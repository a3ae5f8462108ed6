"""Drop training rows that hold a planted trigger: rare words that decide the label by themselves
(trigger_words.py).

For what    rows from a source that nobody checked: 30 changed rows in 3,000 are enough to make a
            model obey a phrase
Without it  `assay check` and the report list the suspects all the same (D077), and nothing is
            dropped
Watch out   read the list first: in rows about one narrow thing an honest word can look like a
            trigger
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from assay.core.types import Changed, Dropped, Example, Means, SetStep
from assay.data.trigger_words import scan


class Triggers(SetStep):
    kind: Literal["triggers"] = "triggers"

    def apply(
        self, examples: Sequence[Example], means: Means
    ) -> Iterator[Example | Changed | Dropped]:
        gone: dict[str, str] = {}
        left = list(examples)
        # What a trigger hides can be seen when its rows are gone, so look until there is nothing
        # more.
        while found := scan(left):
            gone |= {row: trigger.words for trigger in found for row in trigger.rows}
            left = [example for example in left if example.id not in gone]
        for example in examples:
            if example.id in gone:
                yield Dropped(example, f"a trigger decides the label: {gone[example.id]!r}")
            else:
                yield example
