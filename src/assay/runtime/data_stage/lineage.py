"""The ledger of a project, for `report`: its lines, by step or by place; what each part did; the
way of one row."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from assay.core.errors import Problem, ResourceError, UsageError, did_you_mean
from assay.core.project_paths import place as place_of
from assay.core.store import Stage, read_json, read_lines

SPLITS = ("train", "val", "test")
WIDTH = 300  # characters of a text that are shown
COUNTS = ("rows", "changed", "spared", "dropped", "aside", "made", "left")


def curation_folder(folder: Path) -> Path:
    """The folder of the newest curation: test rows, ledger and note. Train and val have the same
    name under `work/`.

    Raises:
        UsageError: C062, nothing was curated yet. ResourceError: R170, it is not as it was written.
    """
    exam = place_of(folder, "exam")
    files = sorted(exam.glob("rows/*/ledger.jsonl"), key=lambda path: path.stat().st_mtime)
    # what was found damaged is set aside
    places = [file.parent for file in files if not file.parent.suffix]
    if not places:
        raise UsageError(
            Problem("C062", "there is no ledger yet", str(folder), help=f"assay run {folder}")
        )
    if (places[-1] / "done.json").exists() and Stage(
        exam, "rows", places[-1].name
    ).completion_note() is None:
        text = "the ledger is not what was written here, and is set aside"
        raise ResourceError(
            Problem("R170", text, str(places[-1]), help=f"assay run {folder} makes it again")
        )
    return places[-1]


def ledger(folder: Path, step: str = "", place: str = "") -> list[dict[str, Any]]:
    """The rows of the newest ledger: {"file", "line", "id", "step", "action", "reason", "kept"},
    and of made rows "parents".

    Args:
        step: only what this step did.
        place: only rows of this file, or of this line: "rows.csv", "rows.csv:17".

    Raises:
        UsageError: C062, nothing was curated yet; C060, there is no such step or file in the
            ledger.
    """
    rows = list(read_lines(curation_folder(folder) / "ledger.jsonl"))
    steps = dict.fromkeys(row["step"] for row in rows)
    if step and step not in steps:
        raise _unknown(f"the ledger has nothing of a step '{step}'", step, steps, "--step")
    rows = [row for row in rows if not step or row["step"] == step]
    files = dict.fromkeys(row["file"] for row in rows)
    found = [
        row for row in rows if not place or place in (row["file"], f"{row['file']}:{row['line']}")
    ]
    if place and not found and place.rpartition(":")[0] not in files:
        raise _unknown(f"the ledger has nothing of a file '{place}'", place, files, "--place")
    return found


def _unknown(text: str, word: str, known: Iterable[str], option: str) -> UsageError:
    known = list(known)
    return UsageError(
        Problem("C060", text + did_you_mean(word, known), option, help=", ".join(known[:12]))
    )


def flow(folder: Path) -> list[dict[str, Any]]:
    """What each part of the newest curation did to how many rows; empty where it was not
    finished."""
    done = curation_folder(folder) / "done.json"
    return read_json(done)["note"].get("flow", []) if done.exists() else []


def ledger_lines(rows: Sequence[dict[str, Any]], parts: Sequence[dict[str, Any]] = ()) -> list[str]:
    """What each part did, a count per reason, then one line a row."""
    lines = _table(parts)
    counts = Counter((row["action"], row["step"], row["reason"]) for row in rows)
    lines += [
        f"{count:>7,} {action} by {step}: {reason}"
        for (action, step, reason), count in counts.most_common()
    ]
    lines += [f"{_place(row)}  {_format_row(row)}" for row in rows]
    return lines or ["No row was dropped or changed."]


def _table(parts: Sequence[dict[str, Any]]) -> list[str]:
    """One line a part; columns in which nothing happened are left out."""
    if not parts:
        return []
    names = [
        name for name in COUNTS if name in ("rows", "left") or any(part[name] for part in parts)
    ]
    cells = [
        ["", *names],
        *([part["step"], *(f"{part[name]:,}" for name in names)] for part in parts),
    ]
    widths = [max(len(row[i]) for row in cells) for i in range(len(names) + 1)]
    lines = []
    for row in cells:
        numbers = [f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join([f"{row[0]:<{widths[0]}}", *numbers]).rstrip())
    return [*lines, ""]


def _place(row: dict[str, Any]) -> str:
    return f"{row['file']}:{row['line']}" if row.get("file") else row["id"]


def _format_row(row: dict[str, Any]) -> str:
    kept = f" (kept {row['kept']})" if row.get("kept") else ""
    parents = f" from {', '.join(row['parents'])}" if row.get("parents") else ""
    return f"{row['action']} by {row['step']}: {row['reason']}{kept}{parents}"


def row(folder: Path, name: str) -> dict[str, Any]:
    """The way of one row from its line in a file to a split.

    Args:
        name: its id, or where it stood: "rows.csv:17".

    Returns:
        "id", "file", "line", "split" ("" where it is in none), "text" (as it is learnt or asked; ""
        where it is in no split), "history": its lines of the ledger; "stands_for": lines of rows
        that were dropped in its favour; "parents" of a made row; "children": ids of rows made from
        it.

    Raises:
        UsageError: C062, nothing was curated yet; C060, there is no such row.
    """
    place = curation_folder(folder)
    own, split = _in_splits([place, place_of(folder, "work") / "curate" / place.name], name)
    lines = list(read_lines(place / "ledger.jsonl"))
    at = (
        own["id"]
        if own
        else next((r["id"] for r in lines if name in (r["id"], f"{r['file']}:{r['line']}")), None)
    )
    if at is None:
        help = "rows are named by id or by file:line, as --ledger prints them"
        raise UsageError(Problem("C060", f"there is no row '{name}'", "--row", help=help))
    history = [line for line in lines if line["id"] == at]
    file, _, number = (own or {}).get("source", "").rpartition(":")
    if history:
        file, number = history[0]["file"], history[0]["line"]
    text = (
        "\n".join(content for role, content in own["messages"] if role != "system") if own else ""
    )
    return {
        "id": at,
        "file": file,
        "line": int(number) if str(number).isdigit() else 0,
        "split": split,
        "text": text[:WIDTH],
        "history": history,
        "stands_for": [
            line for line in lines if line.get("kept") == at and line["action"] == "dropped"
        ],
        "parents": next((line["parents"] for line in history if line.get("parents")), []),
        "children": [line["id"] for line in lines if at in line.get("parents", ())],
    }


def _in_splits(places: Sequence[Path], name: str) -> tuple[dict[str, Any] | None, str]:
    """The row as it arrived, by id or else by file and line, and the split it is in."""
    by_source: tuple[dict[str, Any] | None, str] = (None, "")
    for split, file in ((split, place / f"{split}.jsonl") for split in SPLITS for place in places):
        for found in read_lines(file) if file.exists() else ():
            if found["id"] == name:
                return found, split
            if by_source[0] is None and found.get("source") == name:
                by_source = (found, split)
    return by_source


def row_lines(way: dict[str, Any]) -> list[str]:
    """The way of one row, in words."""
    lines = [f"{way['id']}  {_place(way)}", *(f"  {_format_row(line)}" for line in way["history"])]
    if not way["history"]:
        lines.append("  unchanged")
    lines.append(f"  in {way['split']}" if way["split"] else "  in no split")
    lines += [
        f"  stands for {line['id']}  {_place(line)}: {line['reason']}" for line in way["stands_for"]
    ]
    lines += [f"  {child} was made from it" for child in way["children"]]
    if way["text"]:
        lines += ["", *(f"  | {line}" for line in way["text"].splitlines())]
    return lines
