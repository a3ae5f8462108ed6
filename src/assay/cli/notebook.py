"""Progress in a notebook, from events: one block of text below the cell that is written again as
things move.

What it is for   `assay.run("tickets.csv")` in Jupyter shows what `assay run` shows; in a script it
                 is silent
Watch out        at most two blocks a second are drawn: each is a message to the browser
"""

import sys
import time
from collections.abc import Callable
from typing import Any

from assay.cli.display import MARKS
from assay.core.corrupt_files import silent
from assay.core.plain_text import plain
from assay.core.types import Tell
from assay.runtime.events.progress_rate import StageProgress, duration, stage_name

EVERY = 0.5  # seconds between two blocks
KEPT = 40  # lines of what has ended
BAR = 20  # characters


class Block:
    """Takes events by `tell` and draws what there is to see.

    Args:
        draw: gets the whole text each time.
        clock: seconds; differences only.
    """

    def __init__(self, draw: Callable[[str], None], clock: Callable[[], float] = time.monotonic):
        self.draw = draw
        self.clock = clock
        self.ended: list[str] = []
        self.stages: dict[str, StageProgress] = {}
        self._drawn_at: float | None = None

    def tell(self, event: dict[str, Any]) -> None:
        match event.get("event"):
            case "stage":
                self._stage(event)
            case "progress" | "download":
                name = stage_name(event)
                self.stages.setdefault(name, StageProgress(name, self.clock())).advance(
                    event, self.clock()
                )
                self._draw(now=False)
            case "activity" if "stage" in event:
                name = stage_name(event)
                stage = self.stages.setdefault(name, StageProgress(name, self.clock()))
                stage.activity = f"{event['text']}"
                self._draw()
            case "trial":
                name = stage_name(event)
                self.stages.setdefault(name, StageProgress(name, self.clock())).take_trial(event)
                self._draw(now=False)
            case "note":
                self._end(f"{event['text']}")
            case "warning":
                self._end(f"warning {event['code']} {event['text']}")
            case "plan":
                for line in event["lines"]:
                    self._end(f"{line}")
            case _:
                return

    def _stage(self, event: dict[str, Any]) -> None:
        name = stage_name(event)
        if event["state"] == "start":
            self.stages[name] = StageProgress(name, self.clock())
            self._draw()
            return
        stage = self.stages.pop(name, None)
        seconds = event.get("seconds")
        if seconds is None and stage is not None:
            seconds = self.clock() - stage.started
        took = "" if seconds is None or event["state"] == "cached" else f"in {duration(seconds)}"
        mark = MARKS.get(event["state"], "✓")
        said = (
            event["state"] if event["state"] != "done" else "",
            f"{event.get('metric') or ''}".replace("_", " "),
            event.get("note"),
            took,
        )
        self._end(f"{mark} {name:<16} {'  '.join(one for one in said if one)}".rstrip())

    def _end(self, line: str) -> None:
        if line not in self.ended:
            self.ended.append(line)
        self._draw()

    def _draw(self, *, now: bool = True) -> None:
        at = self.clock()
        if not now and self._drawn_at is not None and at - self._drawn_at < EVERY:
            return
        self._drawn_at = at
        moving = []
        for stage in self.stages.values():
            moving.append(
                "▸ " + "  ".join(filter(None, (stage.name, *stage.format_progress(BAR, at))))
            )
            if stage.search is not None and (best := stage.search.best_parts()):
                moving.append("  " + ", ".join(best))
        self.draw("\n".join(plain(line) for line in [*self.ended[-KEPT:], *moving]))


def choose_tell(tell: Tell | None) -> Tell:
    """`tell` as it was given; where none was, a block below the cell in a notebook, and silence
    elsewhere."""
    if tell is not None:
        return tell
    if not in_notebook():
        return silent
    # it is there: the notebook runs in it
    from IPython.display import display  # pyrefly: ignore[missing-import]

    handle = display({"text/plain": ""}, raw=True, display_id=True)
    return Block(lambda text: handle.update({"text/plain": text}, raw=True)).tell


def in_notebook() -> bool:
    """Whether this process answers a notebook. A terminal of IPython's is none."""
    library = sys.modules.get("IPython")
    shell = library.get_ipython() if library is not None else None
    return shell is not None and "IPKernelApp" in shell.config
