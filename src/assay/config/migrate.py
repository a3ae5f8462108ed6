"""`assay migrate`: a project file of version 1 is rewritten as one of version 2, in place.

How              keys, kinds and names of strategies are replaced where they stand in the text;
                 comments, order, quotes and layout stay as they are
Watch out        the earlier file is kept beside the new one, as project.yaml.v1; where one of that
                 name is there already, nothing is written
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.config import load
from assay.config.keys import (
    DATA,
    NAMING,
    SECTIONS,
    SETTINGS,
    VERSION,
    kind_today,
    names_at,
    names_today,
)
from assay.config.names import earlier_kinds, earlier_names
from assay.config.yamlfile import quote_scalar
from assay.core import store
from assay.core.errors import Problem, UsageError

KEPT = ".v1"  # behind the name of the earlier file
Edit = tuple[int, int, str]  # from, to, what stands there instead


@dataclass(frozen=True)
class Migration:
    """What there is to do. `changes`: (line, what it was, what it is)."""

    file: Path
    text: str
    changes: tuple[tuple[int, str, str], ...]

    @property
    def backup(self) -> Path:
        """Where the earlier file is kept."""
        return self.file.with_name(f"{self.file.name}{KEPT}")

    def write(self) -> None:
        """Write the file, and the earlier one beside it.

        Raises:
            UsageError: C208, an earlier file is kept there already.
        """
        if not self.changes:
            return
        if self.backup.exists():
            text = f"{self.backup.name} is there already, and the earlier file would be kept there"
            raise UsageError(
                Problem("C208", text, str(self.file), help="move it away, then migrate again")
            )
        store.write_bytes(self.backup, self.file.read_bytes())
        store.write_bytes(self.file, self.text.encode("utf-8"))


def migration(file: Path) -> Migration:
    """What `assay migrate` would do with the file.

    Raises:
        ProjectError: what is wrong with the file is said as ever; it is put right first.
        UsageError: C208, the new text would not say the same.
    """
    project = load(file)
    text = file.read_bytes().decode("utf-8")
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    body = text.removeprefix(mark)
    arms, kinds = earlier_names(project.compare), earlier_kinds(project.compare)
    edits = sorted(_edits(body, arms, kinds))
    new, changes = body, []
    for start, end, word in reversed(edits):
        changes.append((body.count("\n", 0, start) + 1, body[start:end], word))
        new = f"{new[:start]}{word}{new[end:]}"
    made = Migration(file, mark + new, tuple(reversed(changes)))
    if changes:
        again = load(file, text=new)
        if again.to_yaml() != project.to_yaml() or any(w["code"] == "C207" for w in again.warnings):
            text = "this file cannot be rewritten by itself"
            way = "rename its keys by hand, as docs/project-file.md lists them"
            raise UsageError(Problem("C208", text, str(file), help=way))
    return made


def _edits(text: str, arms: Mapping[str, str], kinds: Mapping[str, str]) -> Iterator[Edit]:
    from ruamel.yaml import YAML

    root = YAML(typ="safe", pure=True).compose(text)
    renamed: dict[str, str] = {}
    for key, value in _pairs(root):
        if key.value in SECTIONS:
            yield _edit(key, SECTIONS[key.value])
        elif key.value == "version" and value.value == "1":
            yield _edit(value, str(VERSION))
        elif key.value == "data":
            yield from (
                _edit(one, DATA[one.value]) for one, _ in _pairs(value) if one.value in DATA
            )
        elif key.value == "compare":
            yield from _strategies(value, renamed)
    for path in NAMING:
        yield from _references(root, path, names_at(path, arms, {**kinds, **renamed}))


def _strategies(node: Any, kinds: dict[str, str]) -> Iterator[Edit]:
    """Of a strategy and those inside it; kinds that have another name now are noted in `kinds`."""
    if _is(node, "sequence"):
        for one in node.value:
            yield from _strategies(one, kinds)
    item = {key.value: value.value for key, value in _pairs(node)}
    if "kind" not in item:
        return
    for key, value in _pairs(node):
        if key.value == "kind" and (kind := kind_today(item)) != item["kind"]:
            kinds[item["kind"]] = kind
            yield _edit(value, kind)
        elif key.value in SETTINGS:
            yield _edit(key, SETTINGS[key.value])
        yield from _strategies(value, kinds)


def _references(node: Any, path: tuple[str, ...], called: Mapping[str, str]) -> Iterator[Edit]:
    """Names of strategies at the path."""
    if not path:
        named = node.value if _is(node, "sequence") else [key for key, _ in _pairs(node)] or [node]
        for one in named:
            if _is(one, "scalar") and (new := names_today(called, one.value)) != one.value:
                yield _edit(one, quote_scalar(new))
        return
    head, *rest = path
    if head == "*" and _is(node, "sequence"):
        inside = node.value
    else:
        inside = [
            value
            for key, value in _pairs(node)
            if head == "*" or SECTIONS.get(key.value, key.value) == head
        ]
    for one in inside:
        yield from _references(one, tuple(rest), called)


def _pairs(node: Any) -> list[tuple[Any, Any]]:
    return node.value if _is(node, "mapping") else []


def _is(node: Any, kind: str) -> bool:
    return getattr(node, "id", "") == kind


def _edit(node: Any, word: str) -> Edit:
    return node.start_mark.index, node.end_mark.index, word
