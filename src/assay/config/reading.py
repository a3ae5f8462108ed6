"""What `--set` says of how a data file is to be read, while its project file is still to be made.

What it is for   `assay run tickets.csv --set data.encoding=windows-1252` works on a file that could not be read before,
                 and what was said stands in the project file from then on
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from assay.config.yamlfile import Place, flow, parse

# Place of the project file -> argument of `curate.reading.load.load`.
_ARGUMENTS: dict[Place, str] = {
    ("data", "encoding"): "encoding",
    ("data", "join_labels"): "join_labels",
    ("aim", "kind"): "kind",
    ("aim", "labels"): "labels",
    ("aim", "slices"): "slices",
    ("aim", "none"): "none",
    ("aim", "separator"): "separator",
    ("aim", "language"): "language",
    ("aim", "show_tests"): "show_tests",
    ("split", "group"): "group",
}
# What the lines of a new project say by themselves, once the rows were read so.
_SAID = (("aim", "kind"), ("aim", "slices"), ("split", "group"))


@dataclass(frozen=True)
class Reading:
    """Settings of reading, by place; `data.columns.label` and its like among them."""

    settings: dict[Place, Any]

    @classmethod
    def of(cls, sets: Sequence[str]) -> "Reading":
        """Those among the changes of `--set`. What is wrong with one is said when the project is loaded."""
        found: dict[Place, Any] = {}
        for text in sets:
            name, _, written = text.partition("=")
            place: Place = tuple(name.strip().split("."))
            if place in _ARGUMENTS or (len(place) == 3 and place[:2] == ("data", "columns")):
                value = parse(written)
                if not value.faults and value.value is not None:
                    found[place] = value.value
        return cls(found)

    def arguments(self) -> dict[str, Any]:
        """Of `load`."""
        columns = {f"{place[2]}": f"{value}" for place, value in self.settings.items() if place[1] == "columns"}
        said = {_ARGUMENTS[place]: value for place, value in self.settings.items() if place in _ARGUMENTS}
        return {**said, **({"columns": columns} if columns else {})}

    def written(self, lines: Iterable[str]) -> Iterator[str]:
        """The lines of a new project file, with what they do not say by themselves."""
        own = {place: value for place, value in self.settings.items() if place in _ARGUMENTS and place not in _SAID}
        for line in lines:
            yield line
            for place, value in own.items():
                if line == f"{place[0]}:":
                    yield f"  {place[1]}: {flow(value)}  # said by --set when this file was made"
