"""A project as its pages see it: the newest report and its rows, read once and again when the
report is another one; and the run that goes on."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from assay.core.errors import UsageError
from assay.core.project_paths import file_of, near, place
from assay.core.store import digest
from assay.decision.read_report import read_report
from assay.deployment.monitoring.watch import Watched
from assay.reporting.build import Report
from assay.web.chat_session import ChatSession
from assay.web.forms import whole_number
from assay.web.label_queue import LabelQueue
from assay.web.live_run import LiveRun
from assay.web.reconsider_cache import ReconsiderCache
from assay.web.row_context import RowContext
from assay.web.row_matrix import RowMatrix, read_matrix

Stamp = tuple[int, int]


@dataclass
class WebProject:
    """
    Args:
        target: its folder or file.

    Attributes:
        fault: why the report, or its rows, could not be read. watched: the log that was looked at
            last, by its name.
    """

    target: Path
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _stamp: Stamp | None = None
    _report: Report | None = None
    _matrix: RowMatrix | None = None
    _reading: threading.Thread | None = None
    _share: float = 0.0
    fault: str = ""
    _past: tuple[str, dict[str, Any], RowMatrix] | None = field(default=None, repr=False)
    watched: tuple[str, Watched] | None = None

    @property
    def id(self) -> str:
        """In addresses: never a path."""
        return digest([str(self.target.absolute())])[:10]

    @property
    def name(self) -> str:
        return self.target.absolute().name if self.target.is_dir() else file_of(self.target).stem

    @property
    def near(self) -> str:
        """As one types it."""
        return str(near(self.target))

    @property
    def folder(self) -> Path:
        return place(self.target, "report")

    @cached_property
    def weighing(self) -> ReconsiderCache:
        return ReconsiderCache(self.target)

    @cached_property
    def labels(self) -> LabelQueue:
        return LabelQueue(self.target)

    @cached_property
    def chat(self) -> ChatSession:
        return ChatSession(self.target)

    @cached_property
    def context(self) -> RowContext:
        return RowContext(self.target)

    @cached_property
    def run(self) -> LiveRun:
        return LiveRun(self.target)

    @property
    def is_running(self) -> bool:
        return self.run.goes_on

    # --- the report -------------------------------------------------------------------------------

    def report(self) -> Report | None:
        """The newest one; None where there is none, or where it is damaged (`fault` says so)."""
        file = self.folder / "report.json"
        with self._lock:
            try:
                found = file.stat()
            except OSError:
                self._stamp = self._report = self._matrix = None
                return None
            stamp = (found.st_mtime_ns, found.st_size)
            if stamp != self._stamp:
                self.fault, self._matrix, self._report = "", None, None
                try:
                    self._report = Report(read_report(file), folder=self.folder)
                except UsageError as error:
                    self.fault = str(error)
                self._stamp = stamp
            return self._report

    @property
    def data(self) -> dict[str, Any] | None:
        found = self.report()
        return None if found is None else found.data

    # --- its rows ---------------------------------------------------------------------------------

    def matrix(self, wait: float = 0.6) -> RowMatrix | None:
        """The rows and answers; None while they are read, which begins here.

        Args:
            wait: seconds that a page waits for them.
        """
        report = self.report()
        if report is None:
            return None
        with self._lock:
            if self._matrix is None and self._reading is None and not self.fault:
                self._share = 0.0
                self._reading = threading.Thread(
                    target=self._read, args=(report, self._stamp), daemon=True
                )
                self._reading.start()
            reading = self._reading
        if reading is not None:
            reading.join(wait)
        return self._matrix

    def past(self, number: str) -> tuple[dict[str, Any], RowMatrix] | None:
        """An earlier report with its rows; None where there is none of that number, or where it
        cannot be read. The last one that was asked for is kept."""
        if whole_number(number) is None:
            return None
        if self._past is None or self._past[0] != number:
            folder = self.folder / "past" / number
            try:
                data = read_report(folder / "report.json")
                found = read_matrix(data, folder)
            except (OSError, ValueError, KeyError, UsageError):
                return None
            if found is None:
                return None
            self._past = (number, data, found)
        return self._past[1], self._past[2]

    @property
    def share(self) -> float:
        """How much of the rows was read, from 0 to 1."""
        return self._share

    def _read(self, report: Report, stamp: Stamp | None) -> None:
        try:
            found, fault = read_matrix(report.data, self.folder, self._tell), ""
            if found is None:
                fault = "The report has no files of answers."
        except (OSError, ValueError, KeyError) as error:
            found, fault = None, f"The answers could not be read: {error}"
        with self._lock:
            self._reading = None
            if stamp == self._stamp:  # else a newer report has come meanwhile
                self._matrix, self.fault = found, fault

    def _tell(self, share: float) -> None:
        self._share = share
