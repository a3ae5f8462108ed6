"""How near merged weights come to the arm that they were merged from: answers and logits, row by
row.

    python benchmarks/merging.py [--out FOLDER] [--rows 50] [--model smollm2-135m]

How      examples/intents with lora, dora and qlora on a base in fp32; each arm is fitted as a run
         fits it, then merged in fp32: into the base that it was trained beside and, where that was
         quantised, into the one on disk. The first rows of test are answered greedily by the arm
         and by the merged network: how many texts are equal, and the largest difference of any
         logit after any token of their prompts
"""

import argparse
import shutil
from pathlib import Path

import torch

import assay
from assay.core.store import write_text
from assay.deployment.adapters import merge_adapter
from assay.deployment.load import load

INTENTS = Path(__file__).parents[1] / "examples" / "intents"
ARMS = {"lora": ("dequantised",), "dora": ("dequantised",), "qlora": ("dequantised", "original")}


def project(out: Path, model: str) -> Path:
    """The folder of a copy of the example with these arms."""
    folder = out / "project"
    if not folder.exists():
        shutil.copytree(
            INTENTS, folder, ignore=shutil.ignore_patterns("work", "report", "exam.jsonl")
        )
        head = (folder / "project.yaml").read_text().partition("\nmodel:")[0]
        arms = "".join(
            f"  - {{kind: {arm}, name: {arm}, epochs: 1, precision: fp32}}\n" for arm in ARMS
        )
        write_text(folder / "project.yaml", f"{head}\nmodel: {model}\ncompare:\n{arms}")
    return folder


@torch.inference_mode()
def said(model, prompts, room):
    """Greedy texts, and the logits after every token of every prompt, (tokens, vocabulary)."""
    texts = [one.text for one in model.generate(prompts, max_tokens=room)]
    ids = [model.chat.prompt(prompt)[0] for prompt in prompts]
    return texts, [
        model.network(torch.tensor([line]), use_cache=False).logits[0].float() for line in ids
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("benchmarks/out/merging"))
    parser.add_argument("--rows", type=int, default=50)
    parser.add_argument("--model", default="smollm2-135m")
    given = parser.parse_args()
    folder = project(given.out, given.model)
    assay.run(folder)
    from assay.config import load as load_project
    from assay.runtime.data_stage.prepare import prepare

    rows = prepare(load_project(folder / "project.yaml"), lambda event: None).examples("test")[
        : given.rows
    ]
    print(
        "| arm | merged into | equal answers | largest difference of a logit |\n|---|---|---|---|"
    )
    for name, ways in ARMS.items():
        arm = load(folder, name).adapted
        prompts = [arm.prompt(row.question) for row in rows]
        texts, logits = said(arm.model, prompts, arm.room)
        for into in ways:
            others, found = said(
                merge_adapter(folder, name, into=into, precision="fp32"), prompts, arm.room
            )
            equal = sum(one == other for one, other in zip(texts, others, strict=True))
            far = max(
                float((one - other).abs().max()) for one, other in zip(logits, found, strict=True)
            )
            print(f"| {name} | {into} | {equal} of {len(rows)} | {far:.1e} |", flush=True)


if __name__ == "__main__":
    main()
