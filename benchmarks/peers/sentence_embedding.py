"""The peer of embedding: sentence-transformers' `encode` as it comes. Imports nothing of assay."""

from __future__ import annotations

import time

import torch
from sentence_transformers import SentenceTransformer

from turns import Turns


def main() -> None:
    turns = Turns.open()
    job = turns.job
    torch.set_num_threads(job["threads"])
    model = SentenceTransformer(job["model"], device="cpu")
    model.encode(job["texts"][:64], show_progress_bar=False)
    turns.say(ready=True)
    done = 0
    while turns.wait():
        texts = [job["texts"][(done + i) % len(job["texts"])] for i in range(job["round"])]
        cpu = time.process_time()
        vectors = model.encode(texts, show_progress_bar=False)
        seconds, cpu = turns.seconds, time.process_time() - cpu
        if done < len(job["texts"]):
            turns.keep(vectors)
        done += len(texts)
        turns.say(seconds=seconds, cpu_seconds=cpu, texts=len(texts))


if __name__ == "__main__":
    main()
