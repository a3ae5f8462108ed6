"""The lines of the block that is redrawn while a run goes on: the strategies at work, those to do,
and the whole.

Width    what does not fit is left out from the right, a bar before a number, a whole value before
         a part of one; a name is cut before a figure; nothing wraps
"""

import textwrap
from collections.abc import Mapping, Sequence

from assay.runtime.events.progress_rate import HEAT, StageProgress, duration
from assay.runtime.events.run_progress import RunProgress

COLUMN = 16  # characters of the column of names at least
LINES = 8  # of strategies and stages; the whole has one more
BAR = 20  # characters
SHORT_BAR = 8
NAME = 16  # characters that a name with its mark has at least, where it has to be cut for a figure
INDENT = "     "


def block_lines(
    stages: Mapping[str, StageProgress],
    whole: RunProgress | None,
    now: float,
    width: int,
    activity: StageProgress | None = None,
) -> list[str]:
    """At most nine lines of at most `width` characters. `activity`: of the run, between stages."""
    column = name_column(whole, width)
    running = [
        line
        for stage in list(stages.values())[-LINES // 2 :]
        for line in stage_lines(stage, now, width, column)
    ][:LINES]
    if activity is not None:
        line = three(f" ▸ {activity.name}", [""], duration(now - activity.started), width)
        running = [line, *running][:LINES]
    if whole is None or not whole.arms:
        return running
    to_do = whole.to_do(stages)
    room = LINES - len(running)
    if len(to_do) > room:
        shown, more = to_do[: max(0, room - 1)], len(to_do) - max(0, room - 1)
    else:
        shown, more = to_do, 0
    lines = [three(f" · {name}", ["to do"], "", width, column) for name in shown]
    if more and room:
        lines.append(f" · {more} {'more ' if shown else ''}to do")
    said = whole.parts(now, stages)
    if len(", ".join(said)) > width - 3:  # how long it has taken says less than how long it takes
        del said[1]
    return [*running, *lines, f"   {joined(said, ', ', width - 3)}"]


def name_column(whole: RunProgress | None, width: int) -> int:
    """Characters of the column of names: the longest with its mark, as it stands in a race, up to a
    third of the width."""
    if whole is None:
        return COLUMN
    mark = 3 + len(HEAT) * (whole.minutes is not None)
    longest = mark + max(map(len, whole.arms), default=0)
    return max(COLUMN, min(longest, width // 3))


def stage_lines(stage: StageProgress, now: float, width: int, column: int = COLUMN) -> list[str]:
    """A stage at work: how far it is, what its search has found, its values, the word on its
    fit."""
    middle, right = stage.format_progress(BAR, now)
    middles = [middle, *(stage.format_progress(bar, now)[0] for bar in (SHORT_BAR, 0))]
    lines = [three(f" ▸ {stage.name}", middles, right, width, column)]
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


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` characters, broken between words; a longer word, as a
    path is, has … in its middle."""
    if len(text) <= width:
        return [text]
    first = text[: len(text) - len(text.lstrip())]
    later = first + "  "
    room = width - len(later)
    words = [
        word if len(word) <= room else f"{word[: room // 2]}…{word[room // 2 - room + 1 :]}"
        for word in text.split()
    ]
    return textwrap.wrap(
        " ".join(words),
        width,
        initial_indent=first,
        subsequent_indent=later,
        break_on_hyphens=False,
    )


def three(left: str, middles: Sequence[str], right: str, width: int, column: int = COLUMN) -> str:
    """Name, text and time on one line: the first of the texts that fits. Where none does, the name
    is cut for the last of them, down to `NAME`; where that is not enough, the text is cut, and the
    name to its column."""
    for middle in middles:
        if max(len(left), column) + 1 + len(middle) + 1 + len(right) <= width:
            return _line(left, middle, right, width, column)
    middle = middles[-1]
    room = width - len(middle) - len(right) - 2
    room = room if room >= NAME else column
    left = left if len(left) <= room else left[: room - 1] + "…"
    room = width - max(len(left), column) - len(right) - 2
    middle = middle if len(middle) <= room else middle[: max(0, room - 1)] + "…"
    return _line(left, middle, right, width, column)


def _line(left: str, middle: str, right: str, width: int, column: int) -> str:
    head = f"{left:<{column}} "
    room = width - len(head) - len(right) - 1
    return f"{head}{middle:<{max(0, room)}} {right}".rstrip()
