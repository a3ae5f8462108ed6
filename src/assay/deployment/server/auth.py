"""Who may ask: keys, and the names that a server is called by.

Key      from a file or from ASSAY_API_KEY. It is no argument and no setting: those are seen by
         whoever lists processes or reads the project
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from assay.core.errors import DataError, Problem, UsageError

KEY = "ASSAY_API_KEY"
SHORTEST = 16  # characters of a key
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def keys_of(file: Path | None) -> tuple[str, ...]:
    """The keys of a file, one a line, or the one in ASSAY_API_KEY.

    Raises:
        DataError: D001, D003: the file cannot be read. UsageError: C151, a key is too short, or not
            plain ASCII.
    """
    if file is not None:
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise DataError(Problem("D001", "no such file", str(file))) from error
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(Problem("D003", "cannot be read", str(file))) from error
        keys, place = [line.strip() for line in text.splitlines() if line.strip()], str(file)
    else:
        keys, place = [key for key in [os.environ.get(KEY, "").strip()] if key], KEY
    for number, key in enumerate(keys, 1):
        if len(key) < SHORTEST or not key.isascii() or not key.isprintable() or " " in key:
            text = f"key {number} must have {SHORTEST} or more plain letters and digits"
            raise UsageError(Problem("C151", text, place, help="openssl rand -hex 24"))
    if file is not None and not keys:
        raise UsageError(
            Problem("C151", "there is no key in it", place, help="openssl rand -hex 24")
        )
    return tuple(keys)


def refuse_open(host: str, keys: Sequence[str]) -> None:
    """Raises:
    UsageError: C150, others could ask, and no key is set.
    """
    if not keys and not only_here(host):
        help_ = f"set {KEY}, or give --api-key-file; or leave --host out"
        raise UsageError(
            Problem(
                "C150",
                f"{host} can be reached by others, and there is no key",
                "--host",
                help=help_,
            )
        )


def only_here(host: str) -> bool:
    """Whether nobody but this machine reaches that address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_missing() -> None:
    """Raises:
    UsageError: C152, what serving needs is not installed.
    """
    missing = [
        name for name in ("fastapi", "uvicorn", "prometheus_client") if find_spec(name) is None
    ]
    if missing:
        text = f"serving needs {', '.join(missing)}"
        raise UsageError(Problem("C152", text, help="pip install 'assay[serve]'"))


def names_of(host: str, further: Sequence[str], keys: Sequence[str]) -> tuple[str, ...]:
    """Names that are answered to; () for any. A page whose name is bent to this server's address
    has no key, so an open address with a key answers to any name, unless some are given."""
    if not further and not only_here(host):
        return ()
    return tuple(dict.fromkeys((*LOOPBACK, host, *further)))
