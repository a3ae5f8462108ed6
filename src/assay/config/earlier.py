"""A project file of version 1, read as one of today: its keys are renamed in the page, before
anything is checked.

What it is for   old files and old keys under `--set` go on working; one note (C207) says so and
                 names `assay migrate`
How              keys may be mixed. Messages name the key that the file has: the page remembers it
"""

from collections.abc import Iterator, Mapping
from typing import Any

from assay.config.complaints import Complaint
from assay.config.keys import (
    DATA,
    NAMING,
    SECTIONS,
    SETTINGS,
    VERSION,
    kind_today,
    names_at,
    names_today,
    strategies_in,
)
from assay.config.project_text import Page
from assay.config.yamlfile import Place


def rename_keys(page: Page) -> list[str]:
    """Give the keys and kinds of version 1 their names of today; what the file itself has of
    them, as "aim is task"; "version: 1" where it says so."""
    value = page.source.value
    said: dict[str, None] = {}
    for old, new in SECTIONS.items():
        _rename(page, value, (), old, new, said)
    if isinstance(value.get("data"), dict):
        for old, new in DATA.items():
            _rename(page, value["data"], ("data",), old, new, said)
    for place, item in strategies_in(value.get("compare"), ("compare",)):
        for old, new in SETTINGS.items():
            _rename(page, item, place, old, new, said)
        if (kind := kind_today(item)) != item["kind"]:
            if (*place, "kind") not in page.sets:
                said[f"kind: {item['kind']} is {kind}"] = None
                page.kinds[item["kind"]] = kind
            item["kind"] = kind
    if (version := value.get("version")) == 1 and not isinstance(version, bool):
        value["version"] = VERSION
        said.setdefault("version: 1", None)
    return list(said)


def note(said: list[str], target: str) -> dict[str, Any]:
    """The note about them; `target`: the project as one types it."""
    renamed = [one for one in said if one != "version: 1"]
    what = f": {'; '.join(renamed)}" if renamed else ""
    text = f"version 1 of the project file is read as version {VERSION}{what}"
    return {
        "code": "C207",
        "count": len(said),
        "text": f"{text}. `assay migrate {target}` rewrites the file",
    }


def _rename(
    page: Page, around: dict[str, Any], at: Place, old: str, new: str, said: dict[str, None]
) -> None:
    if old not in around:
        return
    lines, typed = page.source.lines, (*at, old) in page.sets
    written = (*at, old) in lines
    if new in around and not typed:
        if written and (*at, new) in lines and (*at, new) not in page.sets:
            text = f"'{old}' is what '{new}' was called; write all of it under '{new}'"
            page.add(Complaint("C065", (*at, old), text))
        del around[old]
        return
    if written and not typed:
        said[f"{old} is {new}"] = None
        page.earlier[(*at, new)] = old
    items = [(new if key == old else key, item) for key, item in around.items() if key != new]
    around.clear()
    around.update(items)
    page.move((*at, old), (*at, new))


def rename_references(page: Page, arms: Mapping[str, str], kinds: Mapping[str, str]) -> None:
    """Where strategies are called by name or kind, today's stand in the place of earlier ones.

    Args:
        arms, kinds: earlier names -> today's, of the strategies that are compared.
    """
    for path in NAMING:
        names = names_at(path, arms, {**kinds, **page.kinds})
        for around, key in list(_walk_path(page.source.value, path)):
            one = around[key]
            if isinstance(one, str):
                around[key] = names_today(names, one)
            elif isinstance(one, list):
                around[key] = [
                    names_today(names, name) if isinstance(name, str) else name for name in one
                ]
            elif isinstance(one, dict) and path[-1] == "effort":
                around[key] = {names_today(names, name): hours for name, hours in one.items()}


def _walk_path(value: Any, path: tuple[str, ...]) -> Iterator[tuple[Any, Any]]:
    """What holds the last part of the path, with its key or place there."""
    head, *rest = path
    if isinstance(value, dict):
        keys = list(value) if head == "*" else [head] if head in value else []
    elif isinstance(value, list) and head == "*":
        keys = list(range(len(value)))
    else:
        keys = []
    for key in keys:
        if rest:
            yield from _walk_path(value[key], tuple(rest))
        else:
            yield value, key
