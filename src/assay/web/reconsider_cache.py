"""The newest report's answers, compared once and weighed as often as a slider moves."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from assay.core.project_paths import place
from assay.reporting.reconsider import Reconsider


@dataclass
class ReconsiderCache:
    """The newest report's answers, compared once."""

    target: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stamp: int = 0
    _kept: Reconsider | None = None

    def newest(self) -> Reconsider:
        """
        Raises:
            UsageError: as `Reconsider.of`.
        """
        file = place(self.target, "report") / "report.json"
        stamp = file.stat().st_mtime_ns if file.is_file() else 0
        with self._lock:
            if self._kept is None or self._stamp != stamp:
                self._kept, self._stamp = Reconsider.of(self.target), stamp
            return self._kept
