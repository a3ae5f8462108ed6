"""The mapping table: which datum each pseudonym stands for, sealed so that only the key opens it.

Written    only when `table` names a file, line by line, mode 0600
Sealed     encrypt then authenticate, deterministic (the idea of SIV: Rogaway and Shrimpton 2006,
           Deterministic Authenticated Encryption): a tag = HMAC of the text; a stream = HMAC(tag,
           0), HMAC(tag, 1), ... The same datum gives the same line
"""

import base64
import hmac
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import count
from pathlib import Path

from assay.core import store
from assay.core.corrupt_files import Tell, silent, tell_damage
from assay.core.errors import DataError, Problem


def seal(key: bytes, text: str) -> str:
    data = text.encode()
    tag = hmac.digest(hmac.digest(key, b"table tag", "sha256"), data, "sha256")[:16]
    return base64.b64encode(tag + _stream(key, tag, data)).decode()


def unseal(key: bytes, sealed: str) -> str | None:
    """None when it was not sealed with this key."""
    raw = base64.b64decode(sealed)
    data = _stream(key, raw[:16], raw[16:])
    tag = hmac.digest(hmac.digest(key, b"table tag", "sha256"), data, "sha256")[:16]
    return data.decode() if hmac.compare_digest(tag, raw[:16]) else None


def _stream(key: bytes, tag: bytes, data: bytes) -> bytes:
    own, out = hmac.digest(key, b"table stream", "sha256"), b""
    for number in count():
        if len(out) >= len(data):
            break
        out += hmac.digest(own, tag + number.to_bytes(8), "sha256")
    return bytes(a ^ b for a, b in zip(data, out, strict=False))


@lru_cache(8)
def _line_cache(path: Path) -> set[str]:
    """The sealed lines that the file already has; this process adds to them."""
    return {row["sealed"] for row in store.read_lines(path)} if path.exists() else set()


def keep(
    path: Path, key: bytes, pairs: Iterable[tuple[str, str, str]], tell: Tell = silent
) -> None:
    """Add (pseudonym, kind, datum) where they are new. `tell` hears of a line that was cut off
    (R172)."""
    if store.drop_torn_line(path):
        tell_damage(
            tell,
            path,
            "what it was to hold is added again with the rows that it comes from",
            "R172",
        )
    known, rows = _line_cache(path), []
    for made, kind, datum in pairs:
        sealed = seal(key, "\x00".join((made, kind, datum)))
        if sealed not in known:
            known.add(sealed)
            rows.append({"sealed": sealed})
    if rows:
        store.append(path, *rows, mode=0o600)


def entries(path: Path, key: bytes) -> Iterator[tuple[str, str, str]]:
    """(pseudonym, kind, datum) of every line.

    Raises:
        DataError: D074, the table is not there, or was made with another key.
    """
    if not path.exists():
        raise DataError(
            Problem(
                "D074", "there is no table", str(path), help="`table: FILE` in the step writes one"
            )
        )
    for number, row in enumerate(store.read_lines(path), 1):
        try:
            text = unseal(key, row["sealed"])
        except (ValueError, KeyError, TypeError):
            text = None
        if text is None or text.count("\x00") < 2:
            place = f"{path}:{number}"
            raise DataError(
                Problem(
                    "D074",
                    "the key does not open this line",
                    place,
                    help="give the key it was made with",
                )
            )
        made, kind, datum = text.split("\x00", 2)
        yield made, kind, datum
