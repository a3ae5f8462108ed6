"""The lines of the block that is redrawn while a run goes on: the strategies at work, those that
wait, and the whole.

Width    what does not fit is left out from the right, a bar before a number, a whole value before
         a part of one; nothing wraps
"""

from collections.abc import Mapping, Sequence

from assay.runtime.events.progress_rate import StageProgress
from assay.runtime.events.run_progress import RunProgress

LINES = 8  # of strategies and stages; the whole has one more
BAR = 20  # characters
SHORT_BAR = 8
NAME = 16  # characters that a name with its mark has at least, where it has to be cut
INDENT = "     "


def block_lines(
    stages: Mapping[str, StageProgress], whole: RunProgress | None, now: float, width: int
) -> list[str]:
    """At most nine lines of at most `width` characters."""
    running = [
        line
        for stage in list(stages.values())[-LINES // 2 :]
        for line in stage_lines(stage, now, width)
    ][:LINES]
    if whole is None or not whole.arms:
        return running
    waiting = whole.waiting
    room = LINES - len(running)
    if len(waiting) > room:
        shown, more = waiting[: max(0, room - 1)], len(waiting) - max(0, room - 1)
    else:
        shown, more = waiting, 0
    lines = [three(f" · {name}", ["waiting"], "", width) for name in shown]
    if more and room:
        lines.append(f" · {more} {'more ' if shown else ''}waiting")
    said = whole.parts(now, stages)
    if len(", ".join(said)) > width - 3:  # how long it has taken says less than how long it takes
        del said[1]
    return [*running, *lines, f"   {joined(said, ', ', width - 3)}"]


def stage_lines(stage: StageProgress, now: float, width: int) -> list[str]:
    """A stage at work: how far it is, what its search has found, its values, the word on its
    fit."""
    middle, right = stage.format_progress(BAR, now)
    middles = [middle, *(stage.format_progress(bar, now)[0] for bar in (SHORT_BAR, 0))]
    lines = [three(f" ▸ {stage.name}", middles, right, width)]
    search = stage.search
    below = [search.best_parts(), search.trial_parts()] if search else []
    below += [stage.value_parts(), [fit] if (fit := stage.fit_shown()) else []]
    for number, parts in enumerate(below):
        of_search = search is not None and number < 2
        if text := joined(parts, ", " if of_search else "   ", width - len(INDENT)):
            lines.append(INDENT + text)
    return lines


def joined(parts: Sequence[str], between: str, width: int) -> str:
    """As many of the parts as fit; … where some are left out."""
    text = between.join(parts)
    for count in range(len(parts) - 1, 0, -1):
        if len(text) <= width:
            break
        text = between.join(parts[:count]) + between + "…"
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def three(left: str, middles: Sequence[str], right: str, width: int) -> str:
    """Name, text and time on one line: the first of the texts that fits. Where none does, the name
    is cut, and then the text, with … each."""
    for middle in middles:
        if max(len(left), 16) + 1 + len(middle) + 1 + len(right) <= width:
            return _line(left, middle, right, width)
    middle = middles[-1]
    room = max(NAME, width - len(middle) - len(right) - 2)
    left = left if len(left) <= room else left[: room - 1] + "…"
    room = width - max(len(left), 16) - len(right) - 2
    return _line(
        left, middle if len(middle) <= room else middle[: max(0, room - 1)] + "…", right, width
    )


def _line(left: str, middle: str, right: str, width: int) -> str:
    head = f"{left:<16} "
    room = width - len(head) - len(right) - 1
    return f"{head}{middle:<{max(0, room)}} {right}".rstrip()
