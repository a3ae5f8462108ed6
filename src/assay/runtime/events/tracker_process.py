"""The process that gives a run's events to one tracker while the run goes on.

Reads     the run's log, as everyone does; standard input ends when the run does
Ends      when all of the log is given and the input has ended. What a tracker raises ends it too;
          its last line on stderr is the reason, which the run tells
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from assay.runtime.events.log import LogReader
from assay.runtime.events.tracked_runs import Tracked, TrackedRuns
from assay.runtime.events.trackers import Sender, open_tracker

EVERY = 1.0  # seconds between two looks at the log
NICE = 5  # the run goes first


def main(place: Path, log: Path, project: Path, begun: Path) -> int:
    """
    Args:
        place: the folder of the tracker, which has its name. log: events of the project. begun:
            bytes of the log before this run; what stands there is sent for strategies that this
            run goes on with.
    """
    os.nice(NICE)
    ended = threading.Event()
    threading.Thread(target=_await_end, args=(ended,), daemon=True).start()
    sender = Sender(open_tracker(place.name, str(project), place))
    send_events(sender, log, int(str(begun)), ended)
    return 0


def _await_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


def send_events(sender: Sender, log: Path, begun: int, ended: threading.Event) -> None:
    """Send what is written into the log, until the run has ended."""
    runs, reader = TrackedRuns(), LogReader(log)
    while True:
        last = ended.is_set()  # asked before the log is read: nothing is written after it
        touched: dict[str, Tracked] = {}
        for event in reader.read():
            for run in runs.take(event):
                if reader.place > begun:
                    touched[run.id] = run
                else:
                    run.fresh.clear()  # sent, if at all, with all that the run has
        for run in touched.values():
            points, run.fresh = run.fresh, []
            sender.send(run, points)
        if last:
            sender.close(runs.runs)
            return
        ended.wait(EVERY)
