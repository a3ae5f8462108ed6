"""assay's side of training: the real loop with a method's own change, one epoch for each "go"."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from assay.config import make_strategy
from assay.core.types import Lesson, Means, Task
from assay.models.loading.find import LocalModel
from assay.models.open import load_model
from assay.models.tokenizer.chat_tokens import Encoded
from assay.training.batch import TrainingBatch
from assay.training.distributed.process_group import Team, meeting
from assay.training.loop import Training
from assay.training.objectives.completion import Loss, completion
from turns import Done, Turns, until_done

CHECKED = 16  # rows whose loss before training is compared
RANK = "BENCHMARK_RANK"


class Counting:
    """The completion objective; counts what goes through the model."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.computed = self.learnt = self.pairs = self.batches = 0

    def __call__(self, network: Any, batch: TrainingBatch) -> Loss:
        self.computed += batch.ids.numel()
        self.learnt += len(batch.targets)
        # a token sees itself and what stands before it
        self.pairs += int((batch.origin[:, 1] + 1).sum())
        self.batches += 1
        return completion(network, batch)


def main() -> None:
    turns = Turns.open()
    job = turns.job
    threads = job["threads"] // job.get("processes", 1)
    torch.set_num_threads(max(1, threads))
    with team_of(job, Path(sys.argv[1])) as team:
        torch.manual_seed(job["seed"])
        contest(turns, team)


@contextmanager
def team_of(job: dict[str, Any], file: Path) -> Iterator[Team]:
    """The processes that train together: this one starts the others, which read the same job and
    stay silent."""
    size = job.get("processes", 1)
    if size == 1:
        yield Team()
        return
    from torch.distributed import FileStore  # type: ignore[attr-defined]

    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    place, rank = str(file.with_suffix(".meeting")), int(os.environ.get(RANK, "0"))
    others = []
    for other in range(1, size) if rank == 0 else ():
        environment = {**os.environ, RANK: str(other)}
        command = [sys.executable, *sys.argv]
        others.append(
            subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )
        )
    try:
        with meeting(FileStore(place, size), rank, size, rank) as team:
            yield team
    finally:
        for process in others:
            process.kill()
            process.wait()


def contest(turns: Turns, team: Team) -> None:
    """Load, warm up, and train for as long as the parent wants."""
    job = turns.job
    model = load_model(LocalModel(Path(job["model"]), "smollm2-135m", "", "", "", 8192))
    model.network.to(getattr(torch, job["dtype"]))
    sequences = [
        Encoded(row["ids"], tuple((a, b) for a, b in row["learnt"])) for row in job["rows"]
    ]
    common = {
        "batch_size": job["batch"],
        "learning_rate": job["learning_rate"],
        "schedule": "constant",
        "warmup": 0,
    }
    strategy: Any = make_strategy({**common, **job["strategy"], "epochs": job["rounds"]}, {})
    change = strategy.change(model, Lesson(Task(), means=Means(job["seed"])))
    kept = kept_bytes(model.network, {weight.data_ptr() for weight in change.trained.values()})
    counting = Counting()
    pad = model.chat.tokenizer.pad_token_id or model.chat.tokenizer.eos_token_id

    def run(rows: list[Encoded], epochs: int, workdir: Path, tell: Any) -> None:
        Training(
            network=model.network,
            change=change,
            sequences=rows,
            sources=[str(i) for i in range(len(rows))],
            settings=strategy.model_copy(update={"epochs": epochs}),
            seed=job["seed"],
            pad=pad,
            objective=counting,
            held=[],
            evaluate=None,
            workdir=workdir,
            tell=tell,
            team=team,
            save_every=float("inf"),
        ).run()

    before = {name: weight.detach().clone() for name, weight in change.trained.items()}
    loss = loss_of(model.network, sequences[:CHECKED], pad)
    longest = sorted(sequences, key=lambda row: -len(row.ids))[: job["batch"]]
    with tempfile.TemporaryDirectory() as place:
        run(longest, 1, Path(place), lambda event: None)
        with torch.no_grad():  # the step that warmed up is taken back
            for name, weight in change.trained.items():
                weight.copy_(before[name])
    with tempfile.TemporaryDirectory() as place, until_done():
        tell = (
            Rounds(turns, counting, steps=-(-len(sequences) // job["batch"])).tell
            if team.leads
            else silent
        )
        if team.leads:
            turns.say(ready=True, loss=loss, kept_bytes=kept)
            if not turns.wait():
                raise Done
        counting.clear()
        run(sequences, job["rounds"], Path(place), tell)


def kept_bytes(network: Any, trained: set[int]) -> int:
    """Bytes of the frozen weights with what belongs to them (constants of quantised blocks), tied
    ones once."""
    tensors = [tensor for tensor in network.state_dict().values() if torch.is_tensor(tensor)]
    return sum({t.data_ptr(): t.nbytes for t in tensors if t.data_ptr() not in trained}.values())


def silent(event: dict) -> None:
    """The `tell` of a process beside the first one."""


class Rounds:
    """The loop's `tell`: says what an epoch took and holds the loop there until the parent says go
    on."""

    def __init__(self, turns: Turns, counting: Counting, steps: int):
        self.turns = turns
        self.counting = counting
        self.steps = steps
        self.losses: list[float] = []

    def tell(self, event: dict) -> None:
        if event.get("event") != "progress" or event["unit"] != "step":
            return
        self.losses.append(event["values"]["train"])
        if event["done"] % self.steps:
            return
        seconds, told = self.turns.seconds, vars(self.counting)
        self.turns.say(seconds=seconds, tokens=self.turns.job["tokens"], losses=self.losses, **told)
        self.losses = []
        if not self.turns.wait():
            raise Done
        self.counting.clear()


@torch.no_grad()
def loss_of(network: Any, rows: list[Encoded], pad: int) -> float:
    """Mean loss a learnt token before training."""
    network.eval()
    batch = TrainingBatch.of(
        rows, range(len(rows)), pad=pad, device=network.get_output_embeddings().weight.device
    )
    return float(completion(network, batch).value) / len(batch.targets)


if __name__ == "__main__":
    main()
