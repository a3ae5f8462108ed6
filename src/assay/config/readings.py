"""What a data file may ask: the likeliest readings, each with one of its rows as a model will see
it.

What it is for   `assay init` shows them where it asks
Watch out        all but the first are read from the first rows of the file
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from assay.config.explicit_settings import arguments, parse_row_settings
from assay.config.first_project import describe_guess, settings_of
from assay.config.start import BAD_ROWS
from assay.config.yamlfile import quote_scalar, shorten
from assay.core.errors import DataError
from assay.core.types import Example
from assay.data.reading.load import LoadedExamples, load
from assay.data.reading.resolve_layout import rename_roles

LOOKED_AT = 200  # rows of the file, for all readings but the first
LINES, WIDE = 3, 70  # of a row's text


@dataclass(frozen=True)
class ShownReading:
    """A reading in words, the settings that take it, and a row of it in lines."""

    words: str
    sets: tuple[str, ...]
    row: tuple[str, ...]


def readings_of(file: Path, loaded: LoadedExamples) -> list[ShownReading]:
    """The reading that was taken, which needs no settings, and what else the rows may ask.

    Args:
        file: the data file. loaded: what was read of it.
    """
    words = describe_guess(loaded.kind, loaded.columns)
    shown = [ShownReading(words, (), _row(loaded))]
    for one in loaded.others:
        columns = rename_roles(one.kind, one.columns)
        sets = tuple(
            f"{place}={quote_scalar(value)}" for place, value in settings_of(one.kind, columns)
        )
        with suppress(DataError):  # rows that can't be read so are no reading
            other = _load(file, sets)
            shown.append(ShownReading(describe_guess(one.kind, columns), sets, _row(other)))
    return shown


def _load(file: Path, sets: Sequence[str]) -> LoadedExamples:
    name = f"{file.absolute()}#{LOOKED_AT}" if file.is_file() else file.absolute()
    return load({"data": [name]}, base=Path.cwd(), **arguments(parse_row_settings(sets), BAD_ROWS))


def _row(loaded: LoadedExamples) -> tuple[str, ...]:
    """The first row: what is asked, the passage, and the target behind an arrow."""
    every: Sequence[Example] = loaded.train or loaded.val or loaded.test
    if not every:
        return ()
    one = every[0]
    lines = [line for line in one.text.splitlines() if line.strip()]
    shown = [shorten(line, WIDE) for line in lines[:LINES]]
    if len(lines) > LINES:
        shown.append(f"… {len(lines) - LINES} lines more")
    shown += [f"passage: {shorten(one.context[0].text, WIDE)}"] if one.context else []
    return (*shown, f"→ {shorten(one.target or '', WIDE)}")
