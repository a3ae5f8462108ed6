"""Does the choice hold when every arm is trained three times as long?

    python benchmarks/longer.py [--only banking77,pubmedqa,xquad,e2e_nlg] [--times 3] [--quick]

Each set is a project: floors, examples in the prompt, LoRA; retrieval does not apply, as every
question brings what it is about. The project is run as a user would run it, and then with the
epochs of every trained arm multiplied.

recommended  by the first run
best         of the second run, on the same test rows
behind       how much the recommended arm scores below the best, both of the second run: points,
             95 % interval
holds        it is at most one point behind, or it is the best

Few rows are taken, so that a set takes a quarter of an hour on two cores with AMX. Runs are
resumable: what is done is kept in benchmarks/out/longer/. Prints Markdown and writes
benchmarks/out/longer.json.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import assay
from assay.config.yamlfile import dump
from assay.core.store import write_json, write_lines, write_text
from assay.stats.standard_error import group_codes, paired_difference
from contest import described, machine
from workloads import DATA

HERE = Path(__file__).parent
PLACE = HERE / "out" / "longer"
MODEL = "smollm2-135m"
SEED = 1
POINT = 0.01
SHORT = 600

Rows = list[dict[str, Any]]


def banking77(draw: random.Random) -> tuple[Rows, Rows, dict[str, Any]]:
    """77 intents, ten rows each; 300 test rows."""
    parts = []
    for part in ("train", "test"):
        with (DATA / "banking77" / f"{part}.csv").open(encoding="utf-8") as file:
            rows = [{"text": row["text"], "label": row["category"]} for row in csv.DictReader(file)]
        draw.shuffle(rows)
        parts.append(rows)
    kept: dict[str, Rows] = {}
    for row in parts[0]:
        kept.setdefault(row["label"], []).append(row)
    train = [row for rows in kept.values() for row in rows[:10]]
    return (
        train,
        parts[1][:300],
        {"aim": {"kind": "classify"}, "columns": {"text": "text", "label": "label"}},
    )


def pubmedqa(draw: random.Random) -> tuple[Rows, Rows, dict[str, Any]]:
    """Yes, no or maybe: a question and an abstract of some 300 tokens. Official test rows are named
    by a file."""
    read = json.loads((DATA / "pubmedqa" / "ori_pqal.json").read_text(encoding="utf-8"))
    named = json.loads((DATA / "pubmedqa" / "test_ground_truth.json").read_text(encoding="utf-8"))

    def row(id: str) -> dict[str, Any]:
        one = read[id]
        return {
            "text": one["QUESTION"] + "\n\n" + " ".join(one["CONTEXTS"]),
            "label": one["final_decision"],
        }

    train, test = ([row(id) for id in read if (id in named) is side] for side in (False, True))
    draw.shuffle(train)
    draw.shuffle(test)
    aim = {
        "kind": "classify",
        "instruction": "Does the abstract answer the question with yes, no or maybe?",
    }
    return train[:150], test[:200], {"aim": aim, "columns": {"text": "text", "label": "label"}}


def xquad(draw: random.Random) -> tuple[Rows, Rows, dict[str, Any]]:
    """Answers that stand in a passage of at most 600 characters, English; articles are on one side
    alone."""
    read = json.loads((DATA / "xquad" / "xquad.en.json").read_text(encoding="utf-8"))["data"]
    draw.shuffle(read)
    sides: tuple[Rows, Rows] = ([], [])
    for place, article in enumerate(read):
        for paragraph in (one for one in article["paragraphs"] if len(one["context"]) <= SHORT):
            for asked in paragraph["qas"]:
                row = {
                    "question": asked["question"],
                    "context": paragraph["context"],
                    "article": f"a{place}",
                }
                sides[place % 3 == 0].append({**row, "answer": asked["answers"][0]["text"]})
    draw.shuffle(sides[0])
    columns = {"question": "question", "context": "context", "answer": "answer"}
    more = {"aim": {"kind": "answer", "metric": "token_f1"}, "columns": columns, "group": "article"}
    return sides[0][:120], sides[1][:100], more


def e2e_nlg(draw: random.Random) -> tuple[Rows, Rows, dict[str, Any]]:
    """A sentence from the attributes of a restaurant; test inputs have several references."""
    sides = []
    for file in ("devset_first2000.csv", "testset_w_refs.csv"):
        by_input: dict[str, list[str]] = {}
        with (DATA / "e2e_nlg" / file).open(encoding="utf-8") as handle:
            for row in csv.DictReader(handle):
                by_input.setdefault(row["mr"], []).append(row["ref"])
        sides.append([{"text": one, "answer": references} for one, references in by_input.items()])
        draw.shuffle(sides[-1])
    aim = {"kind": "rewrite", "instruction": "Write one sentence that says all of this."}
    return sides[0], sides[1][:150], {"aim": aim, "columns": {"text": "text", "answer": "answer"}}


SETS: dict[str, Callable[[random.Random], tuple[Rows, Rows, dict[str, Any]]]] = {
    "banking77": banking77,
    "pubmedqa": pubmedqa,
    "xquad": xquad,
    "e2e_nlg": e2e_nlg,
}
EPOCHS = 2
SHOTS = {"banking77": 8, "pubmedqa": 2, "xquad": 2, "e2e_nlg": 4}


def main() -> None:
    options = asked()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)  # what each worker takes
    around = machine(options.threads)
    print(f"\n{described(around)}; {MODEL}; {options.times} times the epochs\n", flush=True)
    told: dict[str, Any] = {"machine": around, "model": MODEL, "times": options.times, "sets": {}}
    for name in options.only:
        told["sets"][name] = measured(name, options)
        write_json(HERE / "out" / "longer.json", told)
        print(table(name, told["sets"][name]), flush=True)


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--only", type=lambda text: text.split(","), default=list(SETS), help=", ".join(SETS)
    )
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--quick", action="store_true", help="40 rows of each: does it run?")
    return parser.parse_args()


def measured(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """One set: the scores of both runs, and how far the choice of the first is behind the best of
    the second."""
    train, test, more = SETS[name](random.Random(SEED))
    if options.quick:
        train, test = train[:40], test[:40]
    folder = PLACE / f"{name}{'-quick' * options.quick}"
    folder.mkdir(parents=True, exist_ok=True)
    write_lines(folder / "train.jsonl", train)
    write_lines(folder / "test.jsonl", test)
    runs = []
    # the arms that learn nothing are the first run's
    for epochs in (EPOCHS, EPOCHS * options.times):
        write_text(folder / "project.yaml", dump(project(name, more, epochs)))
        runs.append(assay.run(folder, tell=progress(name)))
    short, long = runs
    chosen = short.data["verdict"]["recommended"]
    scores = [scored(run) for run in runs]
    best = max(scores[1], key=lambda arm: scores[1][arm])
    return {
        "metric": short.data["task"]["metric"],
        "rows": {"train": len(train), "test": len(test)},
        "scores": {arm: [one.get(arm) for one in scores] for arm in scores[1]},
        "recommended": chosen,
        "recommended_then": long.data["verdict"]["recommended"],
        "best": best,
        "behind": behind(long, best, chosen) if chosen else None,
    }


def project(name: str, more: dict[str, Any], epochs: int) -> dict[str, Any]:
    arms: list[dict[str, Any]] = [{"kind": "majority"}]
    arms += [{"kind": "copy"}] if name == "e2e_nlg" else []
    arms += [{"kind": "tfidf"}] if more["aim"]["kind"] in ("classify", "answer") else []
    arms += [{"kind": "knn"}, {"kind": "shots", "k": 0}]
    arms += [{"kind": "shots", "k": SHOTS[name], "choose": "similar", "name": "shots"}]
    arms += [{"kind": "lora", "epochs": epochs, "name": "lora"}]
    return {
        "version": 1,
        "name": name,
        "seed": SEED,
        "aim": more["aim"],
        "data": {
            "files": {"train": "train.jsonl", "test": "test.jsonl"},
            "columns": more["columns"],
        },
        "split": {"leaks": "repair", **({"group": more["group"]} if "group" in more else {})},
        "model": MODEL,
        "compare": arms,
    }


def scored(report: Any) -> dict[str, float]:
    metric = report.data["task"]["metric"]
    return {
        one["name"]: one["metrics"][metric]["value"]
        for one in report.data["strategies"]
        if one["metrics"]
    }


def behind(report: Any, best: str, chosen: str) -> dict[str, float]:
    """How much `chosen` scores below `best`, with the paired interval."""
    from assay.evaluation.scoring import judge, metrics_for

    metric = metrics_for(report.task)[0]
    records = {arm.name: arm.records for arm in report.arms}
    rows = [judge(records[name], report.task).rows[metric.name] for name in (best, chosen)]
    groups = group_codes([record.question.group for record in records[best]])
    found = paired_difference(rows[0], rows[1], metric.total, groups=groups, seed=SEED)
    return {"value": found.value, "low": found.low, "high": found.high}


def progress(name: str) -> Callable[[dict], None]:
    def tell(event: dict) -> None:
        if event.get("event") == "stage":
            print(f"  {name}: {event['name']} {event['state']}", flush=True)

    return tell


def table(name: str, one: dict[str, Any]) -> str:
    lines = [
        f"### {name}, {one['metric']}, {one['rows']['train']:,} rows to learn from,"
        f" {one['rows']['test']:,} to test"
    ]
    lines += ["", "| arm | as it is | trained longer |", "|---|---:|---:|"]
    for arm, pair in one["scores"].items():
        lines.append(
            f"| {arm} | "
            + " | ".join("–" if value is None else f"{value:.3f}" for value in pair)
            + " |"
        )
    gap = one["behind"]
    said = (
        f"\nRecommended at first: {one['recommended']}; then: {one['recommended_then']}; best"
        f" then: {one['best']}. "
    )
    if gap is None:
        return "\n".join(lines) + said + "Nothing was recommended.\n"
    holds = "holds" if gap["value"] <= POINT else "does not hold"
    said += (
        f"Behind by {100 * gap['value']:.1f} points ({100 * gap['low']:+.1f} to"
        f" {100 * gap['high']:+.1f}): {holds}.\n"
    )
    return "\n".join(lines) + said


if __name__ == "__main__":
    main()
