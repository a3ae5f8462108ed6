"""The page of an error code: `assay explain D004`. Pages stand in the `codes*.md` beside the code that raises them."""

import re
from pathlib import Path

from assay.errors import Problem, UsageError, nearest

_HEAD = re.compile(r"^## ([A-Z]\d{3}) (.+)$", re.MULTILINE)


def pages() -> dict[str, str]:
    """Every page by code: its title line and its text."""
    found: dict[str, str] = {}
    for file in sorted(Path(__file__).parent.parent.rglob("codes*.md")):
        text = file.read_text(encoding="utf-8")
        heads = list(_HEAD.finditer(text))
        ends = [head.start() for head in heads[1:]] + [len(text)]
        for head, end in zip(heads, ends, strict=True):
            found[head[1]] = f"{head[1]} {head[2].strip()}\n\n{text[head.end() : end].strip()}\n"
    return found


def page(code: str) -> str:
    """The page of one code.

    Raises:
        UsageError: C061, there is no such code; the nearest one is named.
    """
    known = pages()
    asked = code.strip().upper()
    if asked not in known:
        near = nearest(asked, known)
        hint = f"assay explain {near}" if near else f"codes go from {min(known)} to {max(known)}"
        raise UsageError(Problem("C061", f"there is no code '{code}'", help=hint))
    return known[asked]
