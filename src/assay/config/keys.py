"""What the project file calls its keys: in version 1, today, and in the code.

What it is for   one table that the reader, `assay migrate`, `Project.to_yaml` and messages go by
Three names      version 1 of the file (`aim`, `learn`), version 2 (`task`, `loss_on`), and the
                 field of the settings (`aim`, `learn`). Keys of the cache are made of fields, so
                 these keep their names
Watch out        `knn` names two kinds: the mix of version 1, which has an inner strategy, and the
                 nearest neighbours of version 2, which have none
"""

from collections.abc import Iterator, Mapping
from typing import Any

VERSION = 2  # of the file's format

# Version 1 -> version 2.
SECTIONS = {
    "aim": "task",
    "curate": "prepare",
    "validate": "evaluate",
    "weigh": "decide",
    "watch": "monitor",
}
DATA = {"settle": "adjudicate"}
SETTINGS = {"learn": "loss_on", "choose": "select"}  # of a strategy, or of one inside it
KINDS = {"wording": "prompt_search", "neighbours": "knn"}
MIX = ("knn", "knn_mix")

# Where strategies are called by name or by kind, beside `compare`: a list, one name, or the keys
# of a mapping. "*" is any key or place.
NAMING = (
    ("evaluate", "*", "arms"),
    ("evaluate", "leak_cost"),
    ("serve", "arms"),
    ("monitor", "arm"),
    ("decide", "effort"),
    ("decide", "prices", "compliance", "*", "arms"),
)
_EARLIER = {new: old for old, new in KINDS.items()} | {MIX[1]: MIX[0]}


def kind_today(item: Mapping[str, Any]) -> Any:
    """The kind of a strategy of the file, under its name of today."""
    kind = item.get("kind")
    if kind == MIX[0] and "inner" in item:
        return MIX[1]
    return KINDS.get(kind, kind) if isinstance(kind, str) else kind


def kind_earlier(kind: str) -> str:
    """What version 1 called the kind."""
    return _EARLIER.get(kind, kind)


def names_at(
    path: tuple[str, ...], arms: Mapping[str, str], kinds: Mapping[str, str]
) -> dict[str, str]:
    """Earlier names -> today's of what may be called at the path: an arm, or a kind too."""
    return {**arms, **kinds} if path[-1] in ("effort", "leak_cost") else dict(arms)


def names_today(kinds: Mapping[str, str], name: str) -> str:
    """A name or kind of version 1 as it is called today.

    Args:
        kinds: names of version 1 -> today's, of the strategies that are compared.
    """
    return kinds.get(name, KINDS.get(name, name))


def as_fields(names: Mapping[str, str], value: dict[str, Any]) -> dict[str, Any]:
    """Settings of the file under the names of their fields. `names`: field -> key of the file."""
    fields = {key: name for name, key in names.items()}
    return {
        fields[key] if key in fields and fields[key] not in value else key: item
        for key, item in value.items()
    }


def in_file(item: Any) -> Any:
    """Settings of a strategy, by field, as the file has them."""
    if isinstance(item, list | tuple):
        return [in_file(one) for one in item]
    if not isinstance(item, dict) or "kind" not in item:
        return item
    return {SETTINGS.get(name, name): in_file(value) for name, value in item.items()}


def strategies_in(item: Any, place: tuple[str | int, ...]) -> Iterator[tuple[Any, Any]]:
    """A strategy of the file and those inside it, each a mapping with a kind, with places."""
    if isinstance(item, list):
        for index, one in enumerate(item):
            yield from strategies_in(one, (*place, index))
    elif isinstance(item, dict) and "kind" in item:
        yield place, item
        for name, value in list(item.items()):
            yield from strategies_in(value, (*place, name))
