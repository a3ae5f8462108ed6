"""What the lists beside the texts of a file are: labels, objects of fields, or records."""

from collections.abc import Mapping, Sequence
from typing import Any

RECORDS = "records"
_AGAIN = 3  # times that a label comes, on average
_SHORT = 60  # characters of a label


def roles_of(values: Sequence[Any]) -> tuple[str, dict[str, str]]:
    """(name of the field, roles) for the records of all rows."""
    if all(isinstance(one, Mapping) for one in values):
        return "entities", {"text": "text", "entities": "entities"}
    flat = [one for some in values for one in (some if isinstance(some, list) else [some])]
    short = flat and all(isinstance(one, str) and len(one) <= _SHORT for one in flat)
    if short and len(set(flat)) <= max(2, len(flat) // _AGAIN):
        return "labels", {}  # how many a row has decides the kind
    return RECORDS, {"question": "text", "answer": RECORDS}
