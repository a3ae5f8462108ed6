"""What an error says, without its wording: code, place, and the values and words that it must
name."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from assay.core.errors import AssayError, Problem


def unnamed(one: Problem, *names: str) -> list[str]:
    """Those of `names` that the message and its way out do not name as words of their own."""
    text = f"{one.text}\n{one.help}"
    return [name for name in names if not re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text)]


@contextmanager
def problem(
    kind: type[AssayError], code: str, place: str | None = None, *names: str
) -> Iterator[pytest.ExceptionInfo[AssayError]]:
    """The work inside raises `kind`, whose first problem has this code and place and names `names`:
    the value at fault, the nearest spelling, the setting or command that helps.

    Args:
        place: how it ends, after the folders of this machine; None where any will do.
    """
    with pytest.raises(kind) as caught:
        yield caught
    first = caught.value.problems[0]
    assert first.code == code, first
    assert place is None or " ".join(first.place.split()).endswith(place), first
    assert not unnamed(first, *names), first
