"""The nouns of curation. Others take them from `assay.core.types`.

RowStep   looks at one row at a time                   SetStep       looks at all rows
Changed   the row goes on, changed                     Dropped       the row ends here
Made      a training row that no file holds            Augmentation  makes them
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from assay.core.examples import Example
from assay.core.means import Means
from assay.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Changed:
    """The row goes on, changed. `reason` is a short phrase that groups well in the ledger."""

    example: Example
    reason: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """The row ends here. `kept` is the id of the row that stands for it, when there is one."""

    example: Example
    reason: str
    kept: str = ""


class RowStep(Settings, ABC):
    """Looks at one row at a time; may run in parallel."""

    kind: Any  # a subclass narrows it to Literal["its name"]
    VERSION: ClassVar[int] = 1
    libraries: ClassVar[tuple[str, ...]] = ()  # distributions whose versions its result depends on
    always: ClassVar[bool] = False  # also applied to incoming questions when an arm serves
    # fields of Means that must be there: "embed", "generate", "key"
    needs: ClassVar[tuple[str, ...]] = ()

    def wants(self) -> tuple[str, ...]:
        """What of `needs` these settings use; a step that uses a model with some settings only says
        so here."""
        return self.needs

    @abstractmethod
    def one(self, example: Example, means: Means) -> Example | Changed | Dropped: ...

    def many(
        self, examples: Iterable[Example], means: Means
    ) -> Iterator[Example | Changed | Dropped]:
        """`one` for each row, in order. A step that asks a model overrides this to give it some
        rows at once."""
        for example in examples:
            yield self.one(example, means)


class SetStep(Settings, ABC):
    """Looks at all rows; yields each row once, in order."""

    kind: Any  # a subclass narrows it to Literal["its name"]
    VERSION: ClassVar[int] = 1
    libraries: ClassVar[tuple[str, ...]] = ()  # distributions whose versions its result depends on
    # fields of Means that must be there: "embed", "generate", "key"
    needs: ClassVar[tuple[str, ...]] = ()

    def wants(self) -> tuple[str, ...]:
        """What of `needs` these settings use; a step that uses a model with some settings only says
        so here."""
        return self.needs

    @abstractmethod
    def apply(
        self, examples: Sequence[Example], means: Means
    ) -> Iterator[Example | Changed | Dropped]: ...


@dataclass(frozen=True, slots=True)
class Made:
    """A training row that no file holds. `parents` are the ids of what it was made from."""

    example: Example
    parents: tuple[str, ...]  # or of the documents
    reason: str  # a short phrase that groups well in the ledger


class Augmentation(Settings, ABC):
    """Makes training rows from training rows; it runs after the split and never sees another
    one."""

    kind: Any  # a subclass narrows it to Literal["its name"]
    VERSION: ClassVar[int] = 1
    libraries: ClassVar[tuple[str, ...]] = ()  # distributions whose versions its result depends on
    # fields of Means that must be there: "embed", "generate", "documents", "policy"
    needs: ClassVar[tuple[str, ...]] = ()
    tasks: ClassVar[tuple[str, ...]] = ()  # the kinds of task that it makes rows for; empty: all

    def wants(self) -> tuple[str, ...]:
        """What of `needs` these settings use; a step that uses a model with some settings only says
        so here."""
        return self.needs

    @abstractmethod
    def make(self, examples: Sequence[Example], means: Means) -> Iterator[Made | Dropped]:
        """The new rows, in a fixed order, with ids that are unique and name their parent. A
        training row that is yielded as `Dropped` is set aside. Source, group and slices of a new
        row are set by who calls this."""
