"""What a request may cost, and who may ask.

Key      of the header `Authorization: Bearer KEY`; compared by hash, in a time that says nothing of
         it
Rate     a bucket of tokens for each key, or each address where there are no keys: full at `rate`
         requests, refilled at `rate` a minute
Host     only names of this machine are answered: a page whose name is bent to 127.0.0.1 (DNS
         rebinding) gets nothing
Origin   a browser's page of another origin gets nothing
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")
CALLERS = 10_000  # whose buckets are remembered


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Attributes:
    keys: that open the door; none: it is open. hosts: names that the server is called by; none:
    any. rate: requests a minute of one caller; 0: any number. seconds: until an answer must be
    whole. body, headers: bytes. slow: seconds until the headers, and then the body, must be there.
    inside: requests that may be inside at once, beyond what the engine queues.
    """

    keys: tuple[str, ...] = ()
    hosts: tuple[str, ...] = LOOPBACK
    rate: float = 0.0
    seconds: float = 600.0
    body: int = 1 << 20
    headers: int = 16 << 10
    slow: float = 10.0
    inside: int = 64
    connections: int = 1024


class Keys:
    """The keys, as hashes."""

    def __init__(self, keys: Iterable[str]):
        self._hashes = [hashlib.sha256(key.encode()).digest() for key in keys]

    def __bool__(self) -> bool:
        return bool(self._hashes)

    def caller(self, header: bytes) -> str | None:
        """A name for whoever has this key; None: it is none of ours. All keys are compared,
        whichever fits."""
        scheme, _, key = header.partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        given = hashlib.sha256(key.strip()).digest()
        fits = [hmac.compare_digest(given, known) for known in self._hashes]
        return f"key-{fits.index(True)}" if any(fits) else None


class Rate:
    """How often each caller may ask."""

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic):
        self.size = per_minute
        self.clock = clock
        # caller -> (tokens, when)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str) -> float:
        """Seconds until this caller may ask again; 0: it may now, and its bucket has one token
        less."""
        if not self.size:
            return 0.0
        now = self.clock()
        tokens, then = self._buckets.pop(caller, (max(1.0, self.size), now))
        tokens = min(max(1.0, self.size), tokens + (now - then) * self.size / 60)
        wait = 0.0 if tokens >= 1 else (1 - tokens) * 60 / self.size
        self._buckets[caller] = (tokens if wait else tokens - 1, now)
        if len(self._buckets) > CALLERS:
            self._buckets.popitem(last=False)
        return wait


def host_of(header: str) -> str:
    """The name in a Host header or an address, without port and brackets; "" where there is
    none."""
    try:
        return urlsplit(header if "://" in header else f"//{header}").hostname or ""
    except ValueError:
        return ""


def same_origin(origin: str, host: str) -> bool:
    """Whether a page of this origin was served under this Host: name and port."""
    try:
        page, own = urlsplit(origin), urlsplit(f"//{host}")
        return page.scheme in ("http", "https") and page.netloc.lower() == own.netloc.lower() != ""
    except ValueError:
        return False
