"""Progress: the same events as a redrawn block, as plain lines, or as nothing; times left only once
they are known."""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime

import pytest

from assay.cli.display import Display, fitting, mode_for
from helpers.toy import rows, write_rows
from helpers.training_progress import VALUES, training


class Clock:
    def __init__(self):
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Narrow(io.TextIOWrapper):
    """A stream with another encoding, as a terminal in an old locale has."""

    def __init__(self):
        super().__init__(io.BytesIO(), encoding="ascii", write_through=True)

    def text(self) -> str:
        return self.buffer.getvalue().decode("ascii")  # type: ignore[attr-defined]


def display(mode, stream=None, clock=None, **more) -> Display:
    now = lambda: datetime(2026, 3, 1, 10, 42, 7)  # noqa: E731
    return Display(mode, stream or io.StringIO(), clock=clock or Clock(), now=now, **more)


def step(done: int, total: int = 100, **values) -> dict:
    return {
        "event": "progress",
        "stage": "lora",
        "done": done,
        "total": total,
        "unit": "step",
        "values": values,
    }


def test_plain_lines_come_at_most_every_five_seconds_and_every_tenth():
    clock, stream = Clock(), io.StringIO()
    shown = display("plain", stream, clock)
    for done in range(1, 101):
        clock.time += 1.0
        shown.tell(step(done, train=0.5))
    lines = stream.getvalue().splitlines()
    # One step a second: tenths fall at 10, 20, ... 100, all at least 5 s apart.
    assert [line.split()[2] for line in lines] == [f"{tenth}/100" for tenth in range(10, 101, 10)]
    assert lines[0] == "10:42:07 lora 10/100 10% train=0.500 left=90-90s"


def test_plain_says_little_about_quick_stages_and_something_about_slow_ones():
    clock, stream = Clock(), io.StringIO()
    shown = display("plain", stream, clock)
    for done in range(1, 101):
        clock.time += 0.01
        shown.tell(step(done))
    assert len(stream.getvalue().splitlines()) <= 1
    slow = display("plain", stream := io.StringIO(), clock)
    for done in range(1, 5):
        clock.time += 61
        slow.tell(step(done, 1000))
    # The stage begins with its first event; 61 s after each line comes the next.
    assert len(stream.getvalue().splitlines()) == 3


def test_plain_stage_lines():
    clock, stream = Clock(), io.StringIO()
    shown = display("plain", stream, clock)
    shown.tell(
        {
            "event": "stage",
            "name": "read",
            "state": "cached",
            "note": "",
            "seconds": 0.0,
            "metric": "",
        }
    )
    shown.tell({"event": "stage", "name": "lora", "state": "start"})
    clock.time = 302
    shown.tell({"event": "stage", "name": "lora", "state": "done", "metric": "accuracy 0.741"})
    shown.tell(
        {
            "event": "stage",
            "name": "full",
            "state": "failed",
            "note": "T001 the loss is not a number",
        }
    )
    assert stream.getvalue().splitlines() == [
        "10:42:07 read cached",
        "10:42:07 lora start",
        "10:42:07 lora done accuracy 0.741 in 5 min 02 s",
        "10:42:07 full failed T001 the loss is not a number",
    ]


def test_warnings_are_shown_once_and_repeated_at_the_end_with_counts():
    stream = io.StringIO()
    with display("plain", stream) as shown:
        for count in (2, 3):
            shown.tell(
                {
                    "event": "warning",
                    "code": "D047",
                    "count": count,
                    "text": "rows hold special tokens",
                }
            )
    assert stream.getvalue().splitlines() == [
        "warning D047 rows hold special tokens",
        "warnings: 1",
        "  D047 rows hold special tokens (5)",
    ]


def test_quiet_writes_nothing():
    stream = io.StringIO()
    with display("quiet", stream) as shown:
        shown.tell(step(3))
        shown.tell({"event": "stage", "name": "lora", "state": "done"})
        shown.tell({"event": "warning", "code": "D047", "count": 1, "text": "x"})
    assert stream.getvalue() == ""


def test_live_keeps_finished_stages_and_draws_the_running_one():
    clock, stream = Clock(), Terminal()
    shown = display("live", stream, clock, width=80)
    with shown:
        shown.tell(
            {
                "event": "stage",
                "name": "few-shot-8",
                "state": "done",
                "metric": "accuracy 0.661",
                "seconds": 302,
            }
        )
        shown.tell({"event": "stage", "name": "lora", "state": "start"})
        for done in range(1, 13):
            clock.time += 2
            shown.tell(step(done, 24, train=0.612, lr=1.7e-4, **{"tok/s": 512.0}))
        block = shown._block().plain.splitlines()
    assert (
        block[0] == " ▸ lora          step"
        " 12/24  ██████████░░░░░░░░░░  50 %                24 s left"
    )
    assert block[1] == "     train 0.612   lr 1.7e-4   512 tok/s"
    assert all(len(line) <= 80 for line in block)
    assert " ✓ few-shot-8    accuracy 0.661" in stream.getvalue()
    assert "5 min 02 s" in stream.getvalue()


def test_live_draws_at_most_eight_lines():
    shown = display("live", Terminal(), width=80)
    for number_ in range(12):
        shown.tell(
            {
                "event": "progress",
                "stage": f"arm-{number_}",
                "done": 1,
                "total": 5,
                "values": {"train": 1.0},
            }
        )
    assert len(shown._block().plain.splitlines()) == 8


TRIAL = {"event": "trial", "stage": "lora", "trials": 3, "spent": 0.0, "limit": None}
BEST = {"trial": 0, "score": 0.5, "values": {"rank": 4, "inner.learning_rate": 3.2e-4}}


def search_of_three(shown, clock) -> None:
    """Two of three trials, 60 s each, and half of the third."""
    shown.tell({"event": "stage", "name": "lora", "state": "start"})
    for number in range(3):
        values = {"rank": 4 * (number + 1), "inner.learning_rate": 3.2e-4}
        best = BEST if number else None
        shown.tell({**TRIAL, "trial": number, "state": "start", "values": values, "best": best})
        moved = {"event": "progress", "stage": "lora", "unit": "search", "total": 300, "trials": 3}
        moved |= {"trial": number, "done": 100 * number + 50, "step": 5, "steps": 10}
        clock.time += 30
        shown.tell({**moved, "values": {"train": 2.5 - number, "val": 1.5}})
        if number == 2:
            return
        clock.time += 30
        ended = {"state": "complete", "score": 0.5 - number / 10, "seconds": 60.0}
        shown.tell({**TRIAL, "trial": number, **ended, "values": values, "best": BEST})


def test_the_block_of_a_search():
    clock = Clock()
    shown = display("live", Terminal(), clock, width=80)
    search_of_three(shown, clock)
    # Half a trial of 60 s is left.
    assert [line.split() for line in shown._block().plain.splitlines()] == [
        ["▸", "lora", "trial", "3/3", *("█" * 16 + "░" * 4, "83", "%"), "30", "s", "left"],
        ["best", "0.500", "in", "trial", "1:", "rank", "4,", "lr", "3.2e-4"],
        ["trial", "3:", "rank", "12,", "lr", "3.2e-4,", "step", "5/10"],
        ["train", "0.500", "val", "1.50"],
    ]


def test_the_trials_of_a_search_as_plain_lines():
    clock, stream = Clock(), io.StringIO()
    shown = display("plain", stream, clock)
    search_of_three(shown, clock)
    shown.tell({"event": "stage", "name": "lora", "state": "done", "metric": "accuracy 0.5"})
    lines = [line for line in stream.getvalue().splitlines() if "/3 complete" in line]
    # Two trials of 60 s are left, and one.
    assert lines == [
        "10:42:07 lora trial 1/3 complete 0.500 rank=4 lr=3.2e-4 best=0.500 left=120-120s",
        "10:42:07 lora trial 2/3 complete 0.400 rank=8 lr=3.2e-4 best=0.500 left=60-60s",
    ]
    end = stream.getvalue().splitlines()[-1]
    assert end == "10:42:07 lora done accuracy 0.5 3 trials, best: rank 4, lr 3.2e-4 in 2 min 30 s"


def test_strategies_to_do_stand_below_those_at_work():
    clock = Clock()
    shown = display("live", Terminal(), clock, width=80)
    names = ["lora", *(f"arm-{number}" for number in range(9))]
    shown.tell({"event": "plan", "lines": [], "arms": names, "minutes": 8, "gone": 10.0})
    shown.tell({"event": "stage", "name": "lora", "state": "start"})
    clock.time = 120.0
    assert shown._block().plain.splitlines() == [
        " ▸ lora" + "2 min 00 s".rjust(73),
        *(f" · arm-{number}         to do" for number in range(6)),
        " · 3 more to do",
        "   0 of 10 strategies, 2 min 10 s so far, at most 5 min 50 s",
    ]
    shown.tell({"event": "stage", "name": "lora", "state": "skipped", "note": "no time left"})
    assert " – lora          skipped  no time left" in shown.stream.getvalue()
    assert shown._block().plain.splitlines()[-1].startswith("   1 of 10 strategies")


@pytest.mark.parametrize("state", ["skipped", "stopped", "pruned"])
def test_a_strategy_without_a_result_is_said_in_the_word_of_the_report(state):
    shown = display("live", Terminal(), width=80)
    shown.tell({"event": "stage", "name": "lora", "state": state, "metric": "macro_f1 0.5"})
    assert shown.stream.getvalue().splitlines()[-1].split()[-5:] == [
        *("lora", state, "macro", "f1", "0.5"),
    ]


ACTIVITY = {"event": "activity", "text": "loading smollm2-135m"}


def test_what_cannot_be_counted_is_said_with_the_time_so_far():
    clock = Clock()
    shown = display("live", Terminal(), clock, width=80)
    shown.tell({"event": "activity", "text": "reading tickets.csv"})
    clock.time = 3.0
    assert shown._block().plain.split() == ["▸", "reading", "tickets.csv", "3.0", "s"]
    shown.tell({"event": "stage", "name": "lora", "state": "start"})
    assert "reading" not in shown._block().plain
    clock.time = 7.0
    shown.tell({**ACTIVITY, "stage": "lora"})
    assert shown._block().plain.split() == ["▸", "lora", "loading", "smollm2-135m", "4.0", "s"]
    shown.tell(step(1))  # now it is counted
    assert "loading" not in shown._block().plain and "step 1/100" in shown._block().plain


def test_plain_has_a_line_for_each_thing_that_begins():
    stream = io.StringIO()
    shown = display("plain", stream)
    shown.tell({"event": "activity", "text": "reading tickets.csv"})
    shown.tell({**ACTIVITY, "stage": "curate"})
    assert stream.getvalue().splitlines() == [
        "10:42:07 reading tickets.csv",
        "10:42:07 prepare loading smollm2-135m",
    ]


def test_drawing_does_not_wait_for_a_tell_that_prints():
    # The thread that draws holds rich's lock, a `tell` the display's: each needs the other's.
    shown = display("live", Terminal(), width=80)
    shown.tell(step(1))
    before = shown._block().plain
    with shown._lock:
        shown.stages.clear()
        with ThreadPoolExecutor(1) as other:
            assert other.submit(shown._block).result(timeout=60).plain == before


@pytest.mark.parametrize("width", [60, 80])
def test_no_line_of_a_terminal_wraps(width):
    stream = Terminal()
    with display("live", stream, width=width) as shown:
        names = ["lora-on-all-the-rows-there-are", "tfidf"]
        shown.tell({"event": "plan", "lines": ["a plan " * 30], "arms": names, "minutes": 8})
        shown.tell({"event": "activity", "text": f"reading {'tickets' * 20}.csv"})
        shown.tell({"event": "warning", "code": "D035", "text": f"/data/{'x' * 90}/a.csv: tab"})
        shown.tell({"event": "stage", "name": f"race, {names[0]}", "state": "start"})
        shown.tell({**ACTIVITY, "stage": f"race, {names[0]}"})
        shown.tell({**step(12, 24), "stage": f"race, {names[0]}", "values": VALUES})
        text = "macro_f1 0.111 on 16 val rows"
        ended = {"event": "stage", "state": "pruned", "seconds": 6.1, "note": "Stopped " * 20}
        shown.tell({**ended, "name": f"race, {names[0]}", "metric": text})
    lines = re.sub(
        r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue().replace("\r", "\n")
    ).splitlines()
    assert max(map(len, lines)) <= width
    last = next(line for line in lines if "pruned" in line)
    assert "race, lora" in last and "macro f1 0.111" in last and last.endswith("6.1 s")


@pytest.mark.parametrize("mode", ["plain", "live"])
def test_data_is_never_markup_and_never_steers_the_terminal(mode):
    # `[/]` crashes a program that prints with markup on; `[link=...]` becomes a hyperlink; ESC
    # clears the screen.
    stream = Terminal()
    with display(mode, stream, **({"width": 80} if mode == "live" else {})) as shown:
        shown.tell(
            {"event": "note", "text": "[/] [link=http://x]y[/link] \x1b[2J \u202eevil \ud800"}
        )
    text = stream.getvalue()
    assert "[/] [link=http://x]y[/link] \ufffd[2J \ufffdevil \ufffd" in text
    assert "\x1b[2J" not in text


def test_ascii_where_the_encoding_is_not_utf8():
    stream = Narrow()
    shown = display("plain", stream)
    shown.tell({"event": "note", "text": "✓ 0.63–0.69 … ä"})
    assert stream.text() == "+ 0.63-0.69 ... ?\n"
    assert fitting("–", io.StringIO()) == "–"


@pytest.mark.parametrize(
    ("stream", "environ", "asked", "mode"),
    [
        (Terminal(), {}, {}, "live"),
        (io.StringIO(), {}, {}, "plain"),
        (Terminal(), {"CI": "true"}, {}, "plain"),
        (Terminal(), {"TERM": "dumb"}, {}, "plain"),
        (Terminal(), {}, {"plain": True}, "plain"),
        (Terminal(), {}, {"quiet": True}, "quiet"),
        (Terminal(), {}, {"json": True, "plain": True}, "quiet"),
    ],
)
def test_the_mode_follows_the_stream_and_the_user(stream, environ, asked, mode):
    assert mode_for(stream, environ, **asked) == mode


def test_no_color_is_obeyed(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    with display("live", stream, width=80) as shown:
        shown.tell({"event": "stage", "name": "a", "state": "done"})
    assert "\x1b[32m" not in stream.getvalue()


def test_curation_says_its_steps_the_rows_done_and_the_time_left():
    clock, stream = Clock(), io.StringIO()
    shown = display("plain", stream, clock)
    shown.tell({"event": "stage", "name": "curate", "state": "start"})
    event = {
        "event": "progress",
        "stage": "curate",
        "total": 20_000,
        "unit": "row",
        "values": {"step": "repair+length"},
    }
    for done in range(2000, 10_001, 2000):  # 2,000 rows in 6 seconds, so 10,000 rows more take 30
        clock.time += 6
        shown.tell({**event, "done": done})
    assert (
        stream.getvalue().splitlines()[-1] == "10:42:07 prepare 10000/20000 50%"
        " step=repair+length left=30-30s"
    )


def test_the_block_of_a_training():
    shown = Display("live", io.StringIO(), clock=lambda: 312.0, width=80)
    shown.stages["lora-r8"] = training(**VALUES)
    lines = shown._block().plain.splitlines()
    assert lines[0].startswith(" ▸ lora-r8       step 312/600  ██████████")
    assert lines[1:] == [
        "     train 0.612   val 0.701   score 0.830   lr 1.7e-4   512 tok/s   2.3 GB",
        "     fit: overfitting since 280",
    ]
    assert all(len(line) <= 80 for line in lines)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="a pseudo-terminal of Linux")
def test_a_run_speaks_from_its_beginning_and_fits_a_narrow_terminal(tmp_path):
    file = tmp_path / f"{'tickets-of-a-library-' * 3}.jsonl"
    write_rows(file, rows(200))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 60, 0, 0))
    given = {"stdin": theirs, "stdout": theirs, "stderr": theirs, "cwd": tmp_path}
    environ = {name: value for name, value in os.environ.items() if name not in ("CI", "COLUMNS")}
    words = [sys.executable, "-m", "assay.cli", "run", file.name, "--only", "majority,tfidf"]
    process = subprocess.Popen(words, env=environ | {"TERM": "xterm"}, **given)
    os.close(theirs)
    said = b""
    with suppress(OSError):  # that nobody is at the other end any more
        while part := os.read(ours, 65536):
            said += part
    os.close(ours)
    assert process.wait() == 0, said
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said.decode()).replace("\r", "\n")
    lines = [line for line in text.splitlines() if line.strip()]
    assert lines[0].split()[:2] == ["▸", "starting"]
    at = next(at for at, line in enumerate(lines) if "reading" in line)
    assert at < next(at for at, line in enumerate(lines) if "rows taken for" in line)
    drawn = lines[: next(at for at, line in enumerate(lines) if line.startswith("report "))]
    assert [line for line in drawn if len(line) > 60] == []
    assert any(line.startswith(" ✓ tfidf ") and "accuracy" in line for line in drawn)
