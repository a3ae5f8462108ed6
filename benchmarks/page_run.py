"""Whether the run page's memory stays flat while a run goes on: in the browser and in the server.

    python benchmarks/page_run.py [--strategies 12] [--updates 14400] [--a-second 40]

A made-up run is written to the log of a project, as a run of two hours would: 12 strategies that
train, each step told. The page looks twice a second; here as often as it is told to, so that it has
replaced what it shows as often after a few minutes as in two hours. Told at every tenth, after the
browser has collected its garbage. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from assay.core.store import write_text  # noqa: E402
from contest import environment  # noqa: E402
from helpers.browser import browser  # noqa: E402

# The server with its pause between two looks as it is asked for.
SERVE = """
import sys
from assay.cli.main import main
from assay.web import run_pages
run_pages.EVERY = float(sys.argv.pop())
main()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--strategies", type=int, default=12)
    parser.add_argument("--updates", type=int, default=14_400, help="two hours, twice a second")
    parser.add_argument("--a-second", type=float, default=40.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "long"
        write_text(folder / "project.yaml", "version: 2\n")
        # A run goes on where its lock names a process that is there.
        write_text(
            folder / "work" / "run.lock", f"process {os.getpid()} on {socket.gethostname()}: a run"
        )
        names = [f"strategy-{number}" for number in range(options.strategies)]
        told = {"event": "plan", "arms": names, "minutes": None, "gone": 0.0, "expected": {}}
        log(folder, [{"event": "run", "state": "start"}, {**told, "lines": []}])
        measure(folder, names, options.updates, options.a_second)


def log(folder: Path, events: list[dict[str, Any]]) -> None:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    with (folder / "work" / "events.jsonl").open("a", encoding="utf-8") as file:
        for event in events:
            file.write(json.dumps({"time": now, "arm": event.get("name", ""), **event}) + "\n")


def measure(folder: Path, names: list[str], updates: int, a_second: float) -> None:
    command = [sys.executable, "-c", SERVE, "ui", str(folder), "--json", f"{1 / a_second}"]
    env = environment(1, ours=True)
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as server,
        browser() as opened,
    ):
        try:
            assert server.stdout is not None
            page = opened.new_page()
            page.goto(json.loads(server.stdout.readline())["address"])
            page.goto(page.url.rstrip("/") + "/run")
            page.evaluate(
                "() => { window.seen = 0; new MutationObserver(() => window.seen++)"
                ".observe(document.querySelector('[data-follow]'), {childList: true}) }"
            )
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable")
            print("| updates seen | heap, MB | nodes | listeners | server, MB |")
            print("|---|---|---|---|---|")
            begun, steps = time.monotonic(), updates // len(names)
            for update in range(updates):
                name, step = names[update // steps % len(names)], update % steps
                log(folder, events_of(name, step, steps))
                page.wait_for_timeout(
                    max(0.0, 1000 * (begun + (update + 1) / a_second - time.monotonic()))
                )
                if update % (updates // 10) == updates // 100:
                    print(row(page, session, server.pid), flush=True)
            print(row(page, session, server.pid), flush=True)
        finally:
            server.terminate()


def events_of(name: str, step: int, steps: int) -> list[dict[str, Any]]:
    """A step of a strategy's training, with what begins and ends it."""
    values = {"train": round(2 / (1 + step) ** 0.3, 4), "lr": 1e-4, "tok/s": 400.0}
    told = {"event": "progress", "name": name, "done": step + 1, "total": steps, "unit": "step"}
    events: list[dict[str, Any]] = [{**told, "values": values}]
    if step == 0:
        events.insert(0, {"event": "stage", "name": name, "state": "start"})
    if step == steps - 1:
        done = {"event": "stage", "name": name, "state": "done", "metric": "accuracy 0.9"}
        events.append({**done, "seconds": 600.0})
    return events


def row(page: Any, session: Any, server: int) -> str:
    session.send("HeapProfiler.collectGarbage")
    found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    status = Path(f"/proc/{server}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]
    return (
        f"| {page.evaluate('window.seen'):,} | {found['JSHeapUsedSize'] / 1e6:.2f}"
        f" | {found['Nodes']:,.0f} | {found['JSEventListeners']:.0f}"
        f" | {int(resident) * 1024 / 1e6:.0f} |"
    )


if __name__ == "__main__":
    main()
