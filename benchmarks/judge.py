"""How far a small base can be believed as a judge: pairs of a right and a wrong answer, in both
orders.

    python benchmarks/judge.py ../shared/data [--model smollm2-135m] [--rows 40]

Questions of xquad (English); the wrong answer is the right one of another question. Prints, with
the accepted answer shown and without, how often both orders prefer the same answer, the right one,
and what stands first.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

from assay.audits.llm_judge.pairs import FIRST, SECOND, position, verdict
from assay.audits.llm_judge.run import instruction, question
from assay.config.audits.llm_judge import Judge
from assay.core.types import Answer, Example, Message, Record, Task
from assay.models.loading.find import find
from assay.models.open import load_model
from assay.tasks.prompt_format import build_messages


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--rows", type=int, default=40)
    options = parser.parse_args()
    sets = json.loads((options.data / "xquad" / "xquad.en.json").read_text(encoding="utf-8"))[
        "data"
    ]
    asked = [passage["qas"][0] for one in sets for passage in one["paragraphs"]][
        :: 240 // options.rows
    ][: options.rows]
    model = load_model(find(options.model), "fp32")
    task = Task(kind="classify", labels=(FIRST, SECOND), instruction=instruction(Judge().criteria))
    for reference in (True, False):
        prompts = []
        for i, one in enumerate(asked):
            right, wrong = one["answers"][0]["text"], asked[i - 1]["answers"][0]["text"]
            record = Record(
                Example(str(i), (Message("user", one["question"]),)), right, (), Answer(right)
            )
            for a, b in ((right, wrong), (wrong, right)):
                prompts.append(
                    build_messages(task, question(record, a, b, "", reference), labels=True)
                )
        scores = model.score(prompts, task.labels)
        said = [task.labels[int(row.argmax())] for row in scores]
        pairs = list(zip(said[::2], said[1::2], strict=True))
        won = [verdict(*pair) for pair in pairs]
        counts = {"right": won.count(1), "wrong": won.count(-1), "ties": won.count(0)}
        print(
            f"{options.model}, accepted answer {'shown' if reference else 'not shown'}:"
            f" {position(pairs)}, {counts}"
        )


if __name__ == "__main__":
    main()
