"""What choice, order, number and wording of examples, reasoning and calibration do to the base
model.

    python benchmarks/prompting.py [--rows 276] [--val 123] [--threads 2] [--only NAME,NAME]
    [--quick] [--out FILE]

The tickets of examples/intents, curated as its project says. Every arm is fitted on the same
training rows and answers the same test rows with the same weights. Prints Markdown and writes
benchmarks/out/prompting.json after each arm: accuracy with Wilson's 95 % interval, the calibration
error of the confidence (15 bins), and the tokens of an answer. No figure depends on the machine,
but for what rounding in another order decides.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from assay.config import load, make_strategy
from assay.core.store import read_json, write_json
from assay.core.types import Example, Lesson, Means, Messages
from assay.models.determinism import steady
from assay.models.inference.chat_model import ChatModel
from assay.models.open import open_model
from assay.runtime.arms.job import val_score
from assay.runtime.data_stage.prepare import prepare
from assay.strategies.linear.calibration import BINS
from assay.strategies.prompting.example_selection import sample_rows

HERE = Path(__file__).parent


class Remembering(ChatModel):
    """Scores every option exactly, and no prompt twice: what calibrates the same prompt differs in
    nothing else."""

    def __init__(self, opened: ChatModel):
        super().__init__(opened.name, opened.network, opened.chat)
        self.known: dict[tuple[tuple[str, ...], Messages], Any] = {}

    def score(
        self,
        prompts: Sequence[Messages],
        options: Sequence[str],
        *,
        left: float = 0,
        tell: Any = None,
    ) -> Any:
        key = tuple(options)
        new = list(dict.fromkeys(prompt for prompt in prompts if (key, prompt) not in self.known))
        rows = super().score(new, options, left=0.0, tell=tell)
        self.known |= {(key, prompt): row for prompt, row in zip(new, rows, strict=True)}
        return np.array([self.known[key, prompt] for prompt in prompts])


MARKED = {"layout": "text", "question": "Message:", "answer": "Label:"}
SPACED = {
    "instruction": "Choose the queue of the library's help desk that this message goes to.",
    **MARKED,
}
ARMS: dict[str, dict[str, Any]] = {
    "k=0": {"k": 0},
    "k=1": {"k": 1},
    "k=4": {"k": 4},
    "k=8": {"k": 8},
    "k=8 balanced": {"k": 8, "choose": "balanced"},
    "k=8 diverse": {"k": 8, "choose": "diverse"},
    "k=8 similar": {"k": 8, "choose": "similar"},
    "k=8 similar, best first": {"k": 8, "choose": "similar", "order": "similar_first"},
    "k=8 similar, as text": {"k": 8, "choose": "similar", "wording": MARKED},
    "k=8 similar, as text, own words": {"k": 8, "choose": "similar", "wording": SPACED},
    "k=8, 6 orders": {"k": 8, "orders": 6},
    "k=4 contextual": {"k": 4, "calibrate": "contextual"},
    "k=4 domain": {"k": 4, "calibrate": "domain"},
    "k=4 batch": {"k": 4, "calibrate": "batch"},
    "k=4 temperature": {"k": 4, "calibrate": "temperature"},
    "k=4 platt": {"k": 4, "calibrate": "platt"},
    "k=8 similar, platt": {"k": 8, "choose": "similar", "calibrate": "platt"},
    "k=0 steps": {"k": 0, "reason": "steps", "reason_tokens": 96},
}


def main() -> None:
    options = asked()
    steady(0, options.threads)
    names = [name for name in ARMS if not options.only or name in options.only]
    with tempfile.TemporaryDirectory() as place:
        lesson, test = given(Path(place), options)
        out: dict[str, Any] = (
            read_json(options.out) if options.out.exists() and options.only else {"arms": {}}
        )
        out |= {"train": len(lesson.train), "val": len(lesson.val), "test": len(test)}
        for name in names:
            out["arms"][name] = measured(ARMS[name], lesson, test, options.val)
            write_json(options.out, out)
            print(name, out["arms"][name], flush=True)
    print(table(out))


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=276, help="test rows")
    parser.add_argument(
        "--val", type=int, default=123, help="val rows that orders and calibrations ask"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--only", type=lambda text: text.split(";"), default=[], help="arms, with ; between them"
    )
    parser.add_argument("--quick", action="store_true", help="24 test rows, 12 val rows")
    parser.add_argument("--out", type=Path, default=HERE / "out" / "prompting.json")
    options = parser.parse_args()
    if options.quick:
        options.rows, options.val = 24, 12
    return options


def given(place: Path, options: argparse.Namespace) -> tuple[Lesson, list[Example]]:
    """The lesson of the example project, and its test rows. The base is opened once: no arm changes
    it."""
    from assay.models.embeddings import Embedder
    from assay.models.loading.find import find

    project = load(HERE.parent / "examples" / "intents" / "project.yaml")
    prepared = prepare(
        project.model_copy(update={"folder": place, "data": absolute(project)}), lambda event: None
    )
    model = Remembering(open_model("smollm2-135m"))
    embed = Embedder(find("minilm-l6", kind="embedder").folder)
    means = Means(
        seed=project.seed,
        workdir=place,
        embed=embed,
        open_model=lambda name, precision="auto": model,
    )
    lesson = Lesson(
        task=prepared.task,
        train=tuple(prepared.examples("train")),
        val=tuple(prepared.examples("val")),
        base="smollm2-135m",
        means=means,
    )
    lesson = replace(lesson, score=lambda arm, rows: val_score(arm, rows, prepared.task))
    return lesson, sample_rows(list(prepared.examples("test")), options.rows, 1)


def absolute(project: Any) -> Any:
    """The project's data with whole paths, so that its work can lie elsewhere."""
    files = {split: tuple(map(str, paths)) for split, paths in project.files.items()}
    return project.data.model_copy(update={"files": project.data.files.model_copy(update=files)})


def measured(
    settings: dict[str, Any], lesson: Lesson, test: list[Example], val: int
) -> dict[str, Any]:
    begun = time.monotonic()
    arm: Any = make_strategy({"kind": "shots", "val_rows": val, **settings}, {}).fit(lesson)
    fitted = time.monotonic()
    answers = arm.answer([row.question for row in test])
    right = np.array([answer.text == row.target for answer, row in zip(answers, test, strict=True)])
    sure = np.array([answer.confidence or 0.0 for answer in answers])
    low, high = wilson(int(right.sum()), len(test))
    return {
        "accuracy": round(float(right.mean()), 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "error": round(binned(sure, right), 4),
        "tokens": round(
            sum(answer.prompt_tokens + answer.tokens for answer in answers) / len(test), 1
        ),
        "unreadable": sum(answer.text is None for answer in answers),
        "orders": arm.known.get("orders"),
        "notes": arm.notes,
        "fit_seconds": round(fitted - begun, 1),
        "answer_seconds": round(time.monotonic() - fitted, 1),
    }


def wilson(right: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    share, room = right / n, z * math.sqrt(right * (n - right) / n + z * z / 4)
    return (right + z * z / 2 - room) / (n + z * z), (n * share + z * z / 2 + room) / (n + z * z)


def binned(sure: np.ndarray, right: np.ndarray) -> float:
    """The calibration error of confidences that are known as they are told."""
    inside = np.minimum((sure * BINS).astype(int), BINS - 1)
    return float(
        sum(abs(right[inside == b].sum() - sure[inside == b].sum()) for b in np.unique(inside))
        / len(sure)
    )


def table(out: dict[str, Any]) -> str:
    head = f"smollm2-135m, {out['train']:,} train, {out['val']} val, {out['test']} test rows\n\n"
    lines = ["| arm | accuracy | 95 % | calibration error | tokens |", "|---|---:|---:|---:|---:|"]
    for name, told in out["arms"].items():
        interval = f"{told['low']:.2f}–{told['high']:.2f}"
        lines.append(
            f"| {name} | {told['accuracy']:.3f} | {interval} | {told['error']:.2f} |"
            f" {told['tokens']:,.0f} |"
        )
    notes = [f"{name}: {note}" for name, told in out["arms"].items() for note in told["notes"]]
    return head + "\n".join([*lines, "", *notes])


if __name__ == "__main__":
    main()
