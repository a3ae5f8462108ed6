"""Bytes flipped one at a time in the files under a project's `work/`, each kind of file as often as
the others."""

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

KEY = re.compile(r"(?<![a-z])[0-9a-f]{8,64}(?![a-z])")
ASIDE = re.compile(r"\.damaged(/|$)")


def kinds(work: Path) -> dict[str, list[Path]]:
    """Place below `work`, with stars for keys -> the files there. What is set aside is no kind of
    file."""
    found = defaultdict(list)
    for path in sorted(work.rglob("*")):
        place = str(path.relative_to(work))
        if path.is_file() and path.stat().st_size and not ASIDE.search(place):
            found[KEY.sub("*", place)].append(path)
    return dict(found)


def flips(work: Path, count: int, seed: int) -> Iterator[tuple[str, Path, int]]:
    """(kind, file, place): a bit of the byte at `place` is flipped by then. Files are looked for
    anew each time."""
    draw = random.Random(seed)
    names: list[str] = []
    for _ in range(count):
        there = kinds(work)
        names = names or draw.sample(sorted(there), len(there))
        name = names.pop()
        if name not in there:
            continue
        path = draw.choice(there[name])
        data = bytearray(path.read_bytes())
        place = draw.randrange(len(data))
        data[place] ^= 1 << draw.randrange(8)
        path.write_bytes(data)
        yield name, path, place
