"""assay's side of embedding: `Embedder`."""

from __future__ import annotations

import time
from pathlib import Path

import torch

from assay.models.embeddings import Embedder
from turns import Turns


def main() -> None:
    turns = Turns.open()
    job = turns.job
    torch.set_num_threads(job["threads"])
    embed = Embedder(Path(job["model"]))
    embed(job["texts"][:64])
    turns.say(ready=True)
    done = 0
    while turns.wait():
        texts = [job["texts"][(done + i) % len(job["texts"])] for i in range(job["round"])]
        cpu = time.process_time()
        vectors = embed(texts)
        seconds, cpu = turns.seconds, time.process_time() - cpu
        if done < len(job["texts"]):
            turns.keep(vectors)
        done += len(texts)
        turns.say(seconds=seconds, cpu_seconds=cpu, texts=len(texts))


if __name__ == "__main__":
    main()
