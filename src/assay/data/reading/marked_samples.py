"""The texts that a label is given with, as chatbots have them: a list, or lines that begin with a
dash, in which pieces may be marked: `a table in [Turku](city)`.

Source   rasa.com/docs/rasa/training-data-format, of versions 2 and 3
"""

import re
from collections.abc import Mapping
from typing import Any

from assay.tasks.json_objects import parse_object

_MARKED = re.compile(r"\[(?P<words>[^\[\]]+)\](?:\((?P<kind>[^()]+)\))?(?P<more>\{[^{}]*\})?")


def samples_of(value: Any) -> list[dict[str, Any]] | None:
    """Each text as the fields of a row, with `entities` where it is from a file that marks pieces;
    None where the value holds anything else."""
    if isinstance(value, str):
        texts = [line.strip() for line in value.splitlines() if line.strip()]
        if not texts or not all(text.startswith("- ") for text in texts):
            return None
        return [_unmark(text[2:].strip()) for text in texts]
    if not isinstance(value, list):
        return None
    if value and all(map(_is_sample, value)):
        return [_unmark(one["text"].strip().removeprefix("- ")) for one in value]
    plain = all(isinstance(one, str) for one in value)
    return [{"text": one} for one in value] if plain else None


def _is_sample(one: Any) -> bool:
    """A text with nothing beside it but what Rasa keeps of it."""
    plain = isinstance(one, Mapping) and set(one) <= {"text", "metadata", "intent"}
    return plain and isinstance(one.get("text"), str)


def _unmark(text: str) -> dict[str, Any]:
    """A text without its marks, and the pieces that they name."""
    plain, at, spans = "", 0, []
    for match in _MARKED.finditer(text):
        told = parse_object(match["more"]) if match["more"] else None
        kind = (told or {}).get("entity") or (match["kind"] or "").partition(":")[0]
        if not kind or not isinstance(kind, str):
            continue  # brackets of the text
        plain += text[at : match.start()]
        spans.append({"start": len(plain), "end": len(plain) + len(match["words"]), "label": kind})
        plain, at = plain + match["words"], match.end()
    return {"text": plain + text[at:], "entities": spans}
