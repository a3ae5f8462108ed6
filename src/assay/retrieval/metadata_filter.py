"""Only passages of documents with certain fields: what `where` of a `rag` asks for.

{lang: en}               documents whose field `lang` says en
{product: "{device}"}    documents whose field `product` says what the row's field `device` says
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from assay.core.errors import DataError, Problem
from assay.core.types import Document, Example, Settings, Tell
from assay.tasks.columns import as_text

if TYPE_CHECKING:
    import numpy as np

LONGEST = 80  # characters of a value; a longer one of a row or document is kept as its hash
SHOWN = 8  # values of a field in a message
OF_ROW = re.compile(r"\{([^{}]+)\}")


class Filtered(Settings):
    """Settings of what searches documents."""

    # Only passages of documents whose fields have these values; "{name}": the value of that field
    # of the row
    where: dict[str, str] = Field(default={})

    @field_validator("where", mode="before")
    @classmethod
    def _as_texts(cls, value: object) -> object:
        """Numbers and switches are compared as they are written: `year: 2024` is the text 2024."""
        if not isinstance(value, dict):
            return value
        return {
            name: as_text(one) if isinstance(one, bool | int | float) else one
            for name, one in value.items()
        }

    @field_validator("where")
    @classmethod
    def _readable(cls, value: dict[str, str]) -> dict[str, str]:
        for name, one in value.items():
            if not name or not one:
                raise ValueError("C091 a field needs a name and a value, as `lang: en`")
            if len(one) > LONGEST:
                raise ValueError(f"C091 {name}: a value has at most {LONGEST} characters")
            if ("{" in one or "}" in one) and not OF_ROW.fullmatch(one):
                told = f"C091 {name}: {one!r} is neither a value nor a field of the row"
                raise ValueError(f'{told}; write "{{field}}", with nothing beside it')
        return value


def filters(
    settings: Settings, place: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Mapping[str, str]]]:
    """Every `where` of a strategy and of those inside it, with its place."""
    if isinstance(settings, Filtered) and settings.where:
        yield (*place, "where"), settings.where
    for name, value in settings:
        if isinstance(value, Settings):
            yield from filters(value, (*place, name))


def document_fields(strategies: Iterable[Settings]) -> tuple[str, ...]:
    """The fields of documents that are asked for, sorted."""
    return tuple(
        sorted({name for one in strategies for _, where in filters(one) for name in where})
    )


@dataclass(frozen=True, slots=True)
class Among:
    """The passages that may be found for a question."""

    where: Mapping[str, str]  # what their fields say
    places: np.ndarray  # int64, rising


class PassageFields:
    """The fields of passages, and which passages say what."""

    def __init__(self, passages: Sequence[Document]):
        self._passages = passages
        self._known: dict[tuple[tuple[str, str], ...], Among] = {}

    @cached_property
    def _saying(self) -> dict[tuple[str, str], list[int]]:
        saying: dict[tuple[str, str], list[int]] = {}
        for place, passage in enumerate(self._passages):
            for pair in passage.fields:
                saying.setdefault(pair, []).append(place)
        return saying

    def describe_values(self, names: Iterable[str]) -> str:
        """The values of these fields, for a message."""
        values = {
            name: sorted({value for field, value in self._saying if field == name})
            for name in names
        }
        return "; ".join(
            f"{name}: {', '.join(some[:SHOWN]) or 'none'}" for name, some in values.items()
        )

    def among(self, where: Mapping[str, str]) -> Among | None:
        """Those that say all this; None where nothing is asked. Equal ones that leave something are
        one object."""
        import numpy as np

        if not where:
            return None
        asked = tuple(sorted(where.items()))
        if asked not in self._known:
            found = [np.array(self._saying.get(pair, ()), dtype=np.int64) for pair in asked]
            places = found[0]
            for others in found[1:]:
                places = np.intersect1d(places, others, assume_unique=True)
            among = Among(dict(where), places)
            if not len(places):  # whatever questions say that no document does is not kept
                return among
            self._known[asked] = among
        return self._known[asked]


def refuse_unmatched(fields: PassageFields, left: Sequence[Among | None], tell: Tell) -> None:
    """A warning where `where` leaves no passage for some rows.

    Args:
        left: what is left for each row.

    Raises:
        DataError: D112, none for any row.
    """
    bare = [among.where for among in left if among is not None and not len(among.places)]
    if not bare:
        return
    first = ", ".join(f"{name}: {value}" for name, value in bare[0].items())
    text = (
        f"no document has what `where` asks for {len(bare):,} of {len(left):,} rows; first: {first}"
    )
    if len(bare) == len(left):
        raise DataError(
            Problem("D112", text, "documents", help=f"there are: {fields.describe_values(bare[0])}")
        )
    tell({"event": "warning", "code": "D112", "count": len(bare), "text": text})


def read_of_row(where: Mapping[str, str]) -> tuple[str, ...]:
    """The fields of a row that `where` reads."""
    return tuple(match[1] for value in where.values() if (match := OF_ROW.fullmatch(value)))


def row_fields(strategies: Iterable[Settings]) -> tuple[str, ...]:
    """The fields of rows that are read, sorted."""
    return tuple(
        sorted(
            {name for one in strategies for _, where in filters(one) for name in read_of_row(where)}
        )
    )


def where_of(where: Mapping[str, str], asked: Example | str) -> dict[str, str]:
    """What is asked of documents for one question.

    Raises:
        DataError: D113, the question lacks a field that `where` reads.
    """
    if not where:
        return {}
    row = {} if isinstance(asked, str) else dict(asked.slices)
    missing = [name for name in read_of_row(where) if name not in row]
    if missing:
        name = "the question" if isinstance(asked, str) else f"question '{asked.id}'"
        said = f"{name} has no field '{missing[0]}', which `where` reads"
        way_out = (
            f'give it: a column of that name, or in Python Example(..., slices=(("{missing[0]}",'
            ' "..."),))'
        )
        raise DataError(
            Problem("D113", said, "" if isinstance(asked, str) else asked.source, help=way_out)
        )
    return {
        name: row[match[1]] if (match := OF_ROW.fullmatch(value)) else value
        for name, value in where.items()
    }
