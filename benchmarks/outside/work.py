"""One recipe on one set, in a process and an environment of its own: python work.py FOLDER RECIPE
OUT

FOLDER has set.json, train.jsonl, val.jsonl, test.jsonl and perhaps documents.json. OUT gets the
answers to val and test, what the recipe chose, and seconds. Targets of the test rows are taken away
before the recipe sees them.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path
from typing import Any

TARGETS = ("label", "labels", "entities", "answer", "summary", "grades", "found_in")


def recipes(kind: str, name: str) -> dict[str, Any]:
    """By name: those of the kind, and those of this set alone."""
    import labels
    import options
    import pieces
    import summaries
    import tuned_lm
    import written

    known = {
        **labels.RECIPES,
        **pieces.RECIPES,
        **options.RECIPES,
        **written.RECIPES,
        **summaries.RECIPES,
    }
    found = (*known.get(kind, ()), *tuned_lm.RECIPES.get(name, ()))
    return {recipe.__name__: recipe for recipe in found}


def group_of(about: dict[str, Any]) -> str:
    """The kind, or what an answer is taken from."""
    if about["kind"] != "answer":
        return about["kind"]
    return (
        "documents"
        if about["documents"]
        else "passage"
        if "context" in about["columns"]
        else "memory"
    )


def read(folder: Path, name: str) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]


def given_of(folder: Path, about: dict[str, Any]) -> Any:
    from given import Given

    train, val, test = (read(folder, name) for name in ("train", "val", "test"))
    asked = [{name: value for name, value in row.items() if name not in TARGETS} for row in test]
    file = folder / "documents.json"
    documents = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    labels: set[str] = set()
    for row in train:
        labels |= {row["label"]} if "label" in row else {*row.get("labels", ())}
        labels |= {piece["label"] for piece in row.get("entities", ())}
    return Given(about["kind"], about["metric"], train, val, asked, documents, sorted(labels))


def seeded(name: str) -> None:
    """Heads are drawn before a trainer takes its seed."""
    import numpy as np

    random.seed(0)
    np.random.seed(0)
    if name.startswith(("trainer", "setfit", "trl")):
        import torch

        torch.manual_seed(0)


def main() -> None:
    folder, name, out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    about = json.loads((folder / "set.json").read_text(encoding="utf-8"))
    known = recipes(group_of(about), about["name"])
    if name == "--list":
        out.write_text(json.dumps([*known]))
        return
    from given import lent

    begun, clock = time.process_time(), time.monotonic()
    seeded(name)
    given = given_of(folder, about)
    val, test = known[name](given)
    told = {
        "val": val,
        "test": test,
        "note": given.note,
        "seconds": time.process_time() - begun + sum(lent),
    }
    told["wall"] = time.monotonic() - clock
    out.write_text(json.dumps(told, default=str), encoding="utf-8")


if __name__ == "__main__":
    main()
