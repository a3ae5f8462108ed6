"""The configurations of a data set, as the front matter of its README.md names them.

What it is for   `configs: [{config_name: en, data_files: [{split: train, path: data/en-*}]}]` says
                 what is what
Watch out        patterns that leave the folder are refused; everything else in the README is
                 ignored
"""

import re
from pathlib import Path
from typing import Any

from assay.core.errors import DataError, Problem, did_you_mean
from assay.data.reading.findings import printable

_LARGEST = 256 * 2**10  # bytes of a front matter
_FRONT = re.compile(rb"\A\s*---[ \t]*\r?\n(.*?)\r?\n---", re.DOTALL)

Patterns = dict[str, list[str]]  # split -> glob patterns


def configurations(folder: Path) -> dict[str, tuple[bool, Patterns]]:
    """{name: (is the default, patterns by split)}; empty when the README.md names none or cannot be
    understood."""
    readme = folder / "README.md"
    try:
        with readme.open("rb") as file:
            match = _FRONT.match(file.read(_LARGEST))
    except OSError:
        return {}
    listed = _parse_yaml(match[1]).get("configs") if match else None
    found = {}
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict) and isinstance(name := one.get("config_name", "default"), str):
            found[name] = (one.get("default") is True, _patterns(one))
    return {name: entry for name, entry in found.items() if entry[1]}


def _parse_yaml(text: bytes) -> dict[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        value = YAML(typ="safe", pure=True).load(text.decode("utf-8", "replace"))
    except (YAMLError, ValueError, RecursionError, AttributeError, TypeError):
        return {}
    return value if isinstance(value, dict) else {}


def _patterns(config: dict[str, Any]) -> Patterns:
    files, folder = config.get("data_files"), config.get("data_dir")
    start = f"{folder.strip('/')}/" if isinstance(folder, str) and folder.strip("/") else ""
    found: Patterns = {}
    for one in files if isinstance(files, list) else [files]:
        split, paths = (
            (one.get("split", "train"), one.get("path"))
            if isinstance(one, dict)
            else ("train", one)
        )
        for path in paths if isinstance(paths, list) else [paths]:
            if isinstance(path, str) and path and isinstance(split, str):
                found.setdefault(split, []).append(start + path)
    if not found and start:
        found = {"train": [f"{start}**/*"]}
    return found


def choose_patterns(
    found: dict[str, tuple[bool, Patterns]], part: str, place: str
) -> Patterns | None:
    """The patterns of the configuration that is meant; None when there are no configurations.

    Raises:
        DataError: D080 none is named where there are several, or there is none of this name; D056.
    """
    if not found:
        return None
    names = ", ".join(printable(name) for name in list(found)[:12])
    if not part:
        default = [
            name for name, (is_default, _) in found.items() if is_default or name == "default"
        ]
        if len(found) > 1 and not default:
            told = f"has {len(found)} configurations, and none is the default"
            raise DataError(
                Problem(
                    "D080", told, place, f"add #config=NAME, or /NAME for one of the hub: {names}"
                )
            )
        part = default[0] if default else next(iter(found))
    if part not in found:
        told = f"has no configuration '{printable(part)}'{did_you_mean(part, found)}"
        raise DataError(Problem("D080", told, place, f"there are: {names}"))
    patterns = found[part][1]
    for glob in (glob for globs in patterns.values() for glob in globs):
        if (
            glob.startswith(("/", "\\"))
            or ".." in re.split(r"[/\\]", glob)
            or "\0" in glob
            or ":" in glob
        ):
            told = f"README.md names '{printable(glob[:60])}', which leaves the folder"
            raise DataError(Problem("D056", told, place, "do not trust this data set"))
    return patterns
