"""A report of 5,000 test rows and 10 arms: seconds and memory to make it, its size, seconds until a
browser shows it.

    PYTHONPATH=tests python benchmarks/report.py [--rows 5000] [--arms 10] [--labels 77]

The rows and answers are made (tests/helpers/sample_report.py), with every section measured
(tests/helpers/section_samples.py). Prints Markdown. Needs Chromium and Playwright, as the tests of
the page do.
"""

import argparse
import random
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from assay.core.types import Answer, Example, Message, Record, Task
from assay.decision.finished_arm import Arm
from assay.reporting.build import Report
from assay.reporting.html import render
from helpers.browser import browser, missing
from helpers.sample_report import cost, make
from helpers.section_samples import samples


def made(rows: int, arms: int, labels: int) -> Report:
    """A report of made arms, the best ones close together."""
    draw = random.Random(0)
    names = [f"label_{at}" for at in range(labels)]
    task = Task(kind="classify", labels=tuple(names), slices=("channel",))
    asked = []
    for at in range(rows):
        text = " ".join(draw.choice(names) for _ in range(20))
        example = Example(
            f"test-{at}", (Message("user", text),), slices=(("channel", draw.choice("abc")),)
        )
        asked.append(
            (example, names[min(int(draw.expovariate(5 / labels)), labels - 1)], draw.random())
        )
    own = make()
    found = []
    for number in range(arms):
        bar = 0.45 + 0.04 * number
        records = [
            Record(
                e,
                t,
                (),
                Answer(
                    t if hard < bar else draw.choice(names), "", confidence=round(draw.random(), 3)
                ),
            )
            for e, t, hard in asked
        ]
        kept = own.arms[number % 6]
        name = kept.name if number < 6 else f"{kept.name}-{number}"
        found.append(
            Arm(
                name,
                kept.kind,
                {},
                "done",
                records,
                cost(number, 0.01 * number, 9, 900, 2, "m"),
                kept.floor,
            )
        )
    return replace(own, arms=found, task=task).report()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--arms", type=int, default=10)
    parser.add_argument("--labels", type=int, default=77)
    options = parser.parse_args()
    if why := missing():
        sys.exit(why)
    made(200, 6, 6)  # imports and caches
    begun = time.monotonic()
    report = made(options.rows, options.arms, options.labels)
    built = time.monotonic() - begun
    report = replace(report, data=report.data | samples(make().report()))
    begun = time.monotonic()
    page = render(report)
    shown = time.monotonic() - begun
    with tempfile.TemporaryDirectory() as folder, browser() as opened:
        file = Path(folder) / "report.html"
        file.write_text(page, encoding="utf-8")
        times = []
        for _ in range(5):
            tab = opened.new_page()
            begun = time.monotonic()
            tab.goto(file.as_uri(), wait_until="load")
            times.append(time.monotonic() - begun)
            tab.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        "| rows | arms | labels | weighed, s | page made, s | page, MB | opened, s (middle of 5)"
        " | peak, GB |"
    )
    print("|---|---|---|---|---|---|---|---|")
    sizes = f"| {options.rows:,} | {options.arms} | {options.labels} | {built:.1f} | {shown:.1f}"
    print(f"{sizes} | {len(page.encode()) / 1e6:.2f} | {sorted(times)[2]:.2f} | {peak:.2f} |")


if __name__ == "__main__":
    main()
