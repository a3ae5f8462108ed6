"""How fast a service is asked, and how long to wait after it has failed.

Bucket     so many a minute; what is taken beyond that is waited for
back_off   after the n-th failure a random time of up to 2**n seconds ("full jitter"), so that
           clients do not come back all at once
Source     Brooker (2015), Exponential Backoff And Jitter, aws.amazon.com/blogs/architecture
"""

import random
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

BURST = 10.0  # seconds' worth that may be taken at once
FIRST, MOST = 1.0, 60.0  # seconds: the longest wait after the first failure, and after any


class TokenBucket:
    """A rate. `take` says how long to wait before what was taken may be used.

    Args:
        per_minute: 0 is no limit. clock: seconds that never go back.
    """

    def __init__(self, per_minute: float, clock: Callable[[], float]):
        self._rate = per_minute / 60
        self._room = max(1.0, self._rate * BURST)
        self._level = self._room
        self._clock = clock
        self._at = clock()
        self._lock = threading.Lock()

    def take(self, amount: float) -> float:
        """Seconds to wait; 0 where there is room. A negative amount gives back what was not
        used."""
        if not self._rate:
            return 0.0
        with self._lock:
            now = self._clock()
            self._level = min(self._room, self._level + (now - self._at) * self._rate) - amount
            self._at = now
            return max(0.0, -self._level) / self._rate


def back_off(failures: int, draw: random.Random) -> float:
    """Seconds to wait after so many failures in a row, from 0 to 2**(failures - 1), at most a
    minute."""
    return draw.uniform(0, min(MOST, FIRST * 2 ** (failures - 1)))


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that a response asks to be left alone for: a number, or a date. None where it does
    not say."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        text = headers.get(name, "").strip()
        if text.replace(".", "", 1).isdecimal():
            return float(text) / unit
        if text and name == "retry-after":
            try:
                at = parsedate_to_datetime(text)
            except ValueError:
                return None
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
            return max(0.0, (at - (now or datetime.now(UTC))).total_seconds())
    return None
