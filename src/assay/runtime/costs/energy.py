"""How many watts the processor took while a stage was at work, where the machine lets its counters
be read.

How        RAPL: each processor package counts its microjoules in /sys/class/powercap; the mean is
           their growth by time
Where      Linux on Intel and AMD, for those who may read the files: since 2020 (CVE-2020-8694)
           mostly root alone; in few containers and virtual machines. Elsewhere nothing is measured,
           and the report says that it assumes
Watch out  a package is the whole machine's: what else runs on it is counted too. Memory and cards
           have counters of their own, or none, and are left out
Source     Khan et al. 2018, RAPL in Action, doi.org/10.1145/3177754
"""

from __future__ import annotations

import time
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
# seconds between two readings, at most: a counter begins anew after some minutes at full load
EVERY = 60.0


class Meter:
    """Mean watts since it was made. `note` must be called now and then; it reads at most once in
    `EVERY` seconds."""

    def __init__(self, folder: Path = POWERCAP):
        self._zones = [
            zone for zone in sorted(folder.glob("intel-rapl:*")) if zone.name.count(":") == 1
        ]
        self._joules = 0.0
        self._begun = self._read_at = time.monotonic()
        self._last = [self._counter(zone) for zone in self._zones]

    def note(self) -> None:
        if time.monotonic() - self._read_at >= EVERY:
            self._read()

    def watts(self) -> float | None:
        """None where a counter cannot be read, or too little time has passed to say."""
        self._read()
        seconds = time.monotonic() - self._begun
        if not self._zones or None in self._last or seconds < 0.1:
            return None
        return round(self._joules / seconds, 2)

    def _read(self) -> None:
        self._read_at = time.monotonic()
        for index, zone in enumerate(self._zones):
            before, now = self._last[index], self._counter(zone)
            if before is not None and now is not None:
                grown = now - before
                self._joules += (
                    grown if grown >= 0 else grown + _number(zone / "max_energy_range_uj", 0)
                ) / 1e6
            self._last[index] = now

    @staticmethod
    def _counter(zone: Path) -> int | None:
        found = _number(zone / "energy_uj", -1)
        return None if found < 0 else found


def _number(file: Path, otherwise: int) -> int:
    """What the file holds; `otherwise` where it may not be read."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return otherwise
