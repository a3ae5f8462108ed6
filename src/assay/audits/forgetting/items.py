"""One item of a probe, read from JSON lines: a choice, a last word, a text, or a prompt with
constraints.

Form      {"kind": "choice", "question": ..., "options": [...], "answer": 0}
              answer: index of the right option
          {"kind": "last_word", "text": ...}
              its last word is asked for
          {"kind": "text", "text": ...}
              how likely is it
          {"kind": "constraint", "prompt": ..., "checks": [{"check": ..., "value": ...}]}
              see constraints.py
Codes     D125 a file of probes cannot be read
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assay.audits.forgetting.constraints import chance, fault
from assay.core import store
from assay.core.errors import DataError, Problem

Kind = Literal["choice", "last_word", "text", "constraint"]
# in the order in which they are asked
KINDS: tuple[Kind, ...] = ("choice", "last_word", "text", "constraint")
OWN = Path(__file__).parent / "probes"
ANSWER = 100  # tokens of an answer to a prompt with constraints
TEMPLATE = 40  # tokens of a chat template around a question, about
PIECE = 1200  # bytes: a longer text is read in pieces of about so many


@dataclass(frozen=True)
class ProbeItem:
    """One item. Which fields are filled depends on `kind`, see above; `text` is also the question
    or the prompt."""

    probe: str
    kind: Kind
    text: str
    options: tuple[str, ...] = ()
    answer: int = 0
    checks: tuple[Mapping[str, Any], ...] = ()
    source: str = ""

    @property
    def target(self) -> str:
        """What is asked for; empty where several answers are right."""
        if self.kind == "choice":
            return self.options[self.answer]
        return self.text.split()[-1] if self.kind == "last_word" else ""

    @property
    def chance(self) -> float:
        """The share of right answers without any ability."""
        if self.kind == "choice":
            return 1 / len(self.options)
        return chance(self.checks) if self.kind == "constraint" else 0.0

    @property
    def tokens(self) -> int:
        """What a model reads and writes for it, estimated without its tokenizer, on the high
        side."""
        own = token_upper_bound(self.text)
        if self.kind == "choice":
            return TEMPLATE + own + sum(map(token_upper_bound, self.options))
        return own + 1 if self.kind in ("last_word", "text") else TEMPLATE + own + ANSWER

    def to_json(self) -> dict[str, Any]:
        more = {"options": list(self.options), "answer": self.answer, "checks": list(self.checks)}
        return {
            "probe": self.probe,
            "kind": self.kind,
            "text": self.text,
            **more,
            "source": self.source,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> ProbeItem:
        fields: dict[str, Any] = {
            **row,
            "options": tuple(row["options"]),
            "checks": tuple(row["checks"]),
        }
        return cls(**fields)


def token_upper_bound(text: str) -> int:
    """Tokens of a text: a token for three letters of ASCII, two for any other letter. Tokenizers
    need fewer."""
    plain = sum(letter < "\x80" for letter in text)
    return math.ceil(plain / 3) + 2 * (len(text) - plain)


def own_items() -> list[ProbeItem]:
    """The probes that come with assay."""
    return [item for file in sorted(OWN.glob("*.jsonl")) for item in read(file, file.name)]


def read(file: Path, name: str) -> list[ProbeItem]:
    """The items of a file. They are one probe, called like the file, or one for each kind in it.

    Args:
        name: of the file, in messages.

    Raises:
        DataError: D125, with every line that cannot be read.
    """
    rows: list[tuple[int, Any]] = []
    problems: list[Problem] = []
    for number, line in enumerate(text_of(file, name).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            problems.append(bad(f"{name}:{number}", f"not JSON: {error}"))
            continue
        if wrong := _wrong(row):
            problems.append(bad(f"{name}:{number}", wrong))
        rows.append((number, row))
    if not rows and not problems:
        problems.append(bad(name, "holds no probe"))
    if problems:
        raise DataError(*problems)
    kinds = {row["kind"] for _, row in rows}
    stem = file.stem.replace("_", " ")

    def probe(kind: str) -> str:
        return stem if len(kinds) == 1 else f"{stem}, {kind.replace('_', ' ')}"

    return [
        item
        for number, row in rows
        for item in make_items(probe(row["kind"]), row, f"{file.name}:{number}")
    ]


def text_of(file: Path, name: str) -> str:
    """Raises DataError, D125, where the file cannot be read as UTF-8."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(bad(name, f"cannot be read as text: {error}")) from error


def bad(place: str, text: str) -> Problem:
    return Problem("D125", text, place, help="the forms stand in docs/forgetting.md")


def make_items(probe: str, row: Mapping[str, Any], source: str) -> Iterator[ProbeItem]:
    """The items of a row that is right: one, or several pieces of a long text."""
    kind = row["kind"]
    if kind == "choice":
        yield ProbeItem(
            probe, kind, row["question"], tuple(row["options"]), row["answer"], source=source
        )
    elif kind == "constraint":
        yield ProbeItem(probe, kind, row["prompt"], checks=tuple(row["checks"]), source=source)
    elif kind == "last_word":
        yield ProbeItem(probe, kind, row["text"].strip(), source=source)
    else:
        for piece in pieces(row["text"].strip()):
            yield ProbeItem(probe, kind, piece, source=source)


def pieces(text: str) -> Iterator[str]:
    """The text cut at white space, so that no piece has many more than `PIECE` bytes."""
    held: list[str] = []
    size = 0
    for part in re.findall(r"\s*\S+", text):
        wide = len(part.encode())
        if held and size + wide > PIECE:
            yield "".join(held).strip()
            held, size = [], 0
        held.append(part)
        size += wide
    if held:
        yield "".join(held).strip()


def _wrong(row: Any) -> str:
    """What is wrong with a row, in words; empty when nothing is."""
    if not isinstance(row, dict) or row.get("kind") not in KINDS:
        return f"needs a key 'kind' with one of {', '.join(KINDS)}"
    kind = row["kind"]
    field = {"choice": "question", "constraint": "prompt"}.get(kind, "text")
    if not isinstance(row.get(field), str) or not row[field].strip():
        return f"a {kind} needs '{field}', a text"
    if kind == "last_word" and len(row["text"].split()) < 2:
        return "a last word needs words before it"
    if kind == "choice":
        options, answer = row.get("options"), row.get("answer")
        if (
            not isinstance(options, list)
            or len(options) < 2
            or not all(isinstance(o, str) and o for o in options)
        ):
            return "a choice needs 'options', a list of two texts or more"
        if (
            not isinstance(answer, int)
            or isinstance(answer, bool)
            or not 0 <= answer < len(options)
        ):
            return (
                f"'answer' must be the index of the right option, 0 to {len(options) - 1}, got"
                f" {json.dumps(answer)}"
            )
    if kind == "constraint":
        checks = row.get("checks")
        if not isinstance(checks, list) or not checks:
            return "a constraint needs 'checks', a list of one or more"
        return next((said for check in checks if (said := fault(check))), "")
    return ""


# --- the sample -----------------------------------------------------------------------------------


def sample(items: Sequence[ProbeItem], most: int, seed: int) -> list[ProbeItem]:
    """Items that take at most `most` tokens, by kind and probe: each probe gets the same share,
    what one does not need goes to the others. Drawn by the seed and what the items say, so that
    every model is asked the same."""
    probes: dict[tuple[int, str], list[ProbeItem]] = {}
    for item in items:
        probes.setdefault((KINDS.index(item.kind), item.probe), []).append(item)
    left, out = most, dict[tuple[int, str], list[ProbeItem]]()
    sizes = {key: sum(item.tokens for item in some) for key, some in probes.items()}
    for done, key in enumerate(sorted(probes, key=lambda key: (sizes[key], key))):
        share = left // (len(probes) - done)
        drawn = sorted(probes[key], key=lambda item: store.digest([seed, item.to_json()]))
        out[key] = []
        for item in drawn:
            if item.tokens <= share:
                out[key].append(item)
                share, left = share - item.tokens, left - item.tokens
            elif len(out[key]) > 1:
                break
    return [item for key in sorted(out) for item in out[key]]
