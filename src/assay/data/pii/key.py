"""The secret that pseudonyms are made with: a file of its own, outside `work/` and `report/`, for
its owner alone.

Whoever has the key can make the same pseudonyms and open the table; whoever has not can do neither.
A lost key cannot be made again: keep a copy, and keep it out of version control.
"""

import os
import secrets
import stat
from pathlib import Path

from assay.core import store
from assay.core.errors import DataError, Problem

LENGTH = 32  # bytes of a new key
SHORTEST = 16
_MARK = "assay anonymise key 1: "


def read_key(path: Path, *, make: bool) -> bytes:
    """The key in `path`. With `make`, a file that is not there is made, with mode 0600.

    Raises:
        DataError: D070 not there, or not to be read; D071 not a key, or too short.
    """
    place = str(path)
    if not path.exists():
        if not make:
            text = "the key that the pseudonyms were made with is not here"
            raise DataError(
                Problem(
                    "D070",
                    text,
                    place,
                    help="put the key file back; a new key makes other pseudonyms",
                )
            )
        store.write_private(path, f"{_MARK}{secrets.token_hex(LENGTH)}\n".encode())
    try:
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            raise DataError(
                Problem(
                    "D070", "the key is not a file", place, help="name a file: key_file: my.key"
                )
            )
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not a key"
        raise DataError(
            Problem("D070", f"the key cannot be read: {why}", place, help=f"chmod 600 {place}")
        ) from None
    if info.st_mode & 0o077 and os.name == "posix":
        text_ = f"others can read the key (mode {stat.S_IMODE(info.st_mode):04o})"
        raise DataError(Problem("D070", text_, place, help=f"chmod 600 {place}"))
    body = text.strip().removeprefix(_MARK.strip()).strip()
    if len(body) % 2 or not all(c in "0123456789abcdefABCDEF" for c in body):
        raise DataError(
            Problem(
                "D071",
                "this is not a key",
                place,
                help="put the right file back, or name another one",
            )
        )
    key = bytes.fromhex(body)
    if len(key) < SHORTEST:
        text_ = f"the key has {len(key)} bytes; {SHORTEST} at least are needed"
        raise DataError(
            Problem("D071", text_, place, help="remove the file, and a good one is made")
        )
    return key
