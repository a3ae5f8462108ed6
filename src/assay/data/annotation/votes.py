"""What somebody said about a row. The votes of a project are lines of `annotations.jsonl`, which
only grows.

A line      {"id", "text": hash of what the row asks, "annotator", "label", "decides": true for a
            settled dispute, "from": the sheet and its line}
Newer       a later vote of the same annotator on the same row stands for the earlier one; both stay
            in the file
Edited      a vote counts only for a row with the same text: by its id, or, where rows were moved,
            by the text alone if one row has it. There is no time in the file: results depend on
            nothing but its lines
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.core import store
from assay.core.errors import DataError, Problem
from assay.core.types import Example
from assay.data.reading.findings import Findings, display_path
from assay.data.reading.read_file import read

NAME = "annotations.jsonl"
_FIELDS = ("id", "text", "annotator", "label")


@dataclass(frozen=True, slots=True)
class Vote:
    id: str  # of the row
    text: str  # `mark` of the row that was looked at
    annotator: str
    label: str
    decides: bool = False  # settles a dispute, whatever the others said
    source: str = ""  # "anna.csv:17"

    def to_json(self) -> dict[str, Any]:
        row = {"id": self.id, "text": self.text, "annotator": self.annotator, "label": self.label}
        return (
            row
            | ({"decides": True} if self.decides else {})
            | ({"from": self.source} if self.source else {})
        )


def mark(example: Example) -> str:
    """The hash of all that an annotator sees of a row: its turns and its passages."""
    seen = [f"{m.role}\n{m.content}" for m in example.messages] + [
        document.text for document in example.context
    ]
    return hashlib.sha256("\0".join(seen).encode()).hexdigest()[:16]


def read_votes(path: Path, base: Path = Path()) -> list[Vote]:
    """The votes of a file, in its order; none when there is no file.

    Raises:
        DataError: as `assay.data.reading.read_file.read`; D025 for a line that is no vote.
    """
    if not path.exists() or (path.is_file() and path.stat().st_size == 0):
        return []
    table = read(path, base=base)
    found = Findings(display_path(path, base))
    votes = []
    for source, fields in table.rows:
        texts = [value for name in _FIELDS if isinstance(value := fields.get(name), str) and value]
        if len(texts) < len(_FIELDS):
            told = "is no vote: id, text, annotator and label are needed, as texts"
            found.problem(
                "D025",
                told,
                int(source.rpartition(":")[2]),
                help="remove the line, or name another file",
            )
            continue
        votes.append(
            Vote(*texts, decides=fields.get("decides") is True, source=str(fields.get("from", "")))
        )
    found.settle()
    return votes


def is_truncated(path: Path) -> bool:
    """Whether the last line has no end: a kill, or an editor, left it so."""
    if not path.is_file() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) != b"\n"


def mend(path: Path) -> None:
    """End the last line if it is whole, and cut it off if it is a part of one, so that the next
    starts afresh."""
    if not is_truncated(path):
        return
    data = path.read_bytes()
    try:
        json.loads(data[data.rfind(b"\n") + 1 :])
    except ValueError:
        store.drop_torn_line(path)
    else:
        store.write_bytes(path, data + b"\n")


def newest(votes: Iterable[Vote]) -> list[Vote]:
    """The last vote of each annotator on each row, votes and decisions apart, in the order of the
    first ones."""
    last: dict[tuple[str, str, str, bool], Vote] = {}
    for vote in votes:
        last[vote.id, vote.text, vote.annotator, vote.decides] = vote
    return list(last.values())


def new_votes(old: Sequence[Vote], new: Sequence[Vote]) -> list[Vote]:
    """Those of `new` that say something which `old` does not."""
    said = {(v.id, v.text, v.annotator, v.decides): v.label for v in old}
    kept = []
    for vote in new:
        key = (vote.id, vote.text, vote.annotator, vote.decides)
        if said.get(key) != vote.label:
            said[key] = vote.label
            kept.append(vote)
    return kept


def match_votes(
    votes: Sequence[Vote], examples: Sequence[Example]
) -> tuple[dict[str, list[Vote]], list[Vote]]:
    """The newest votes by the id of the row that they are about, in the order of the rows; and
    those without a row."""
    marks = {example.id: mark(example) for example in examples}
    by_mark: dict[str, list[str]] = {}
    for row, text in marks.items():
        by_mark.setdefault(text, []).append(row)
    found: dict[str, dict[tuple[str, bool], Vote]] = {}
    strays = []
    for vote in newest(votes):
        same = by_mark.get(vote.text, [])
        if marks.get(vote.id) == vote.text:
            row = vote.id
        elif len(same) == 1:
            row = same[0]
        else:
            strays.append(vote)
            continue
        found.setdefault(row, {})[vote.annotator, vote.decides] = vote
    return {row: list(found[row].values()) for row in marks if row in found}, strays


def by_annotator(votes: Mapping[str, Sequence[Vote]]) -> dict[str, dict[str, str]]:
    """{row: {annotator: label}}; decisions are not votes."""
    open_ = {
        row: {v.annotator: v.label for v in some if not v.decides} for row, some in votes.items()
    }
    return {row: said for row, said in open_.items() if said}


def missing(path: Path, base: Path) -> DataError:
    """D001: the project names a file of annotations that is not there."""
    help = "assay annotate PROJECT --in SHEET makes it"
    return DataError(Problem("D001", "no such file", display_path(path, base), help=help))
