"""Damage drawn at random for a model folder: no list of faults that somebody thought of.

`python tests/helpers/folder_damage.py FOLDER --draws 400 --seed 20261202` damages copies of a
folder and prints how each ends: the same model bit for bit, a coded message, a raw error, or
another model.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

WEIGHTS = "model.safetensors"
Draw = random.Random


def flip(folder: Path, draw: Draw) -> str:
    """One bit of one file; the data of tensors, most of the bytes, as often as the rest."""
    path = draw.choice(sorted(path for path in folder.iterdir() if path.stat().st_size))
    data = bytearray(path.read_bytes())
    most = len(data)
    if path.name == WEIGHTS and draw.random() < 0.5:
        most = 8 + int.from_bytes(data[:8], "little")
    place = draw.randrange(most)
    data[place] ^= 1 << draw.randrange(8)
    path.write_bytes(data)
    return f"flip {path.name} at {place}"


def truncate(folder: Path, draw: Draw) -> str:
    path = draw.choice(sorted(path for path in folder.iterdir() if path.stat().st_size))
    size = draw.randrange(path.stat().st_size)
    os.truncate(path, size)
    return f"truncate {path.name} to {size}"


def delete(folder: Path, draw: Draw) -> str:
    path = draw.choice(sorted(folder.iterdir()))
    path.unlink()
    return f"delete {path.name}"


def tensor(folder: Path, draw: Draw) -> str:
    """A tensor renamed, dropped, transposed, of another type, or of one value."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / WEIGHTS)
    name = draw.choice(sorted(tensors))
    ways: dict[str, Callable[[Any], Any]] = {
        "rename": lambda value: value,
        "drop": lambda value: value,
        "transpose": lambda value: value.t().contiguous(),
        "to int": lambda value: value.int(),
        "to zero": lambda value: value * 0,
        "to huge": lambda value: value * 1e38,
        "cut": lambda value: value[:-1].contiguous(),
    }
    way = draw.choice(sorted(ways))
    value = ways[way](tensors.pop(name))
    if way == "rename":
        letters = list(name)
        letters[draw.randrange(len(letters))] = draw.choice("abcxyz_.0")
        tensors["".join(letters)] = value
    elif way != "drop":
        tensors[name] = value
    save_file(tensors, folder / WEIGHTS, {"format": "pt"})
    return f"tensor {name} {way}"


def value(folder: Path, draw: Draw) -> str:
    """One value of a JSON file, at any depth, dropped or of another type, sign or size."""
    names = sorted(path.name for path in folder.glob("*.json"))
    path = folder / draw.choice(["config.json", *names])
    row = json.loads(path.read_text())
    holder, key = draw.choice(list(places(row)))
    old = holder[key]
    news = [None, 0, -1, 1e300, "text", [], {}, True, 2**62, "", 0.5]
    if isinstance(old, int | float) and not isinstance(old, bool):
        news += [-old, old * 2, old + 1, str(old), float(old)]
    if draw.random() < 0.2:
        del holder[key]
        shown = "dropped"
    else:
        holder[key] = draw.choice(news)
        shown = f"is {holder[key]!r}"
    path.write_text(json.dumps(row))
    return f"value {path.name} {key} {shown}"


def places(row: Any) -> list[tuple[Any, Any]]:
    """(mapping or list, key) of every value; of a long list or mapping, such as a vocabulary, the
    first 20."""
    keys = list(row) if isinstance(row, dict) else range(len(row)) if isinstance(row, list) else []
    found = []
    for key in list(keys)[:20]:
        found += [(row, key), *places(row[key])]
    return found


KINDS = (flip, flip, truncate, delete, tensor, value, value)


def damage(folder: Path, draw: Draw) -> str:
    """Damage the folder in one way, and say how."""
    return draw.choice(KINDS)(folder, draw)


def answers(folder: Path) -> tuple[Any, ...]:
    """What the model says, to the last bit, the digest that assay records of it, and the note that
    reports have of it."""
    from assay.core.types import Message
    from assay.models.loading.find import find
    from assay.models.open import load_model

    found = find(str(folder), offline=True)
    model = load_model(found, "fp32")
    asked = [(Message("user", "my card"),), (Message("user", "the taxi is red"),)]
    scores = model.score(asked, ["red", "the card", "money"], left=0.0)
    return scores.tobytes(), model.generate(asked, max_tokens=4), found.digest, found.note


def outcome(source: Path, right: tuple[Any, ...], seed: int) -> tuple[str, str]:
    """(how it ends, what was done): "same", "coded", "noted" in every report, "another" model with
    another digest, "raw", or "silent": another model under the digest that was recorded."""
    from assay.core.errors import AssayError

    draw = Draw(seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(shutil.copytree(source, Path(place) / "model"))
        done = damage(folder, draw)
        try:
            with warnings.catch_warnings(action="ignore"):  # they end no run
                found = answers(folder)
        except AssayError as error:
            fine = error.exit_code in (4, 5)
            return ("coded" if fine else "raw"), f"{done}: {error.problems[0]}"
        except BaseException as error:  # noqa: BLE001 - any of them is a finding
            return "raw", f"{done}: {type(error).__name__}: {error}"
    if found[:2] == right[:2]:
        return "same", done
    if found[3] != right[3]:  # such as: there is no chat template
        return "noted", done
    return ("silent" if found[2] == right[2] else "another"), done


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    right, counts = answers(given.folder), Counter()
    for seed in range(given.seed, given.seed + given.draws):
        how, what = outcome(given.folder, right, seed)
        counts[how] += 1
        if how != "same":
            print(seed, how, what.replace("\n", " ")[:300], flush=True)
    print(dict(counts))
    return int(bool(counts["raw"] or counts["silent"]))


if __name__ == "__main__":
    sys.exit(main())
