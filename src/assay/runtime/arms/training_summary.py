"""How the training of a strategy went, as its arm's folder has it: what the report shows of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core import store
from assay.core.types import Strategy, Task
from assay.evaluation.scoring import metrics_for

if TYPE_CHECKING:
    from assay.runtime.arms.runner import Bench


def training_summary(bench: Bench, strategy: Strategy) -> dict[str, Any]:
    """How the training of a trained arm, or of the trained arm inside it, went: curve, fit, note;
    or the search of one that searches. What any arm has to say of its fit stands in its
    `note.json`."""
    folder = bench.fit_stage(strategy).folder / "arm"
    found = _training_of(folder, bench.prepared.task)
    if (folder / "search.json").exists():
        return {**found, "search": store.read_json(folder / "search.json")}
    return found


def _curve(saved: Mapping[str, Any], task: Task) -> dict[str, Any]:
    """The looks of a training, and the losses of its steps, as `Arm` has them."""
    metric = metrics_for(task)[0]
    known = ("val_reward", "val_length", "reward", "kl")  # of a training on rewards
    curve = []
    for point in saved["curve"]:
        own = {"step": point["step"], "train": point["train_loss"], "val": point.get("val_loss")}
        if point.get("val") is not None:
            # In what version 0.1 kept, encoders had added a little, to tell equal ones apart.
            score = point["val"] if metric.higher_is_better else -point["val"]
            own["score"] = min(score, metric.high)
        own |= {name: point[name] for name in known if name in point}
        curve.append({**own, "kept": point["step"] == saved.get("best_step")})
    return {"curve": curve, "losses": tuple(map(tuple, saved.get("losses", ())))}


def _small_network(place: Path) -> dict[str, Any] | None:
    """How the training of an encoder or a tagger went."""
    if (place / "encoder.json").exists():
        return store.read_json(place / "encoder.json").get("training")
    if (place / "tagger.json").exists():
        return store.read_json(place / "tagger.json")["made"].get("training")
    return None


def _training_of(folder: Path, task: Task) -> dict[str, Any]:
    places = (folder, folder / "inner")
    notes = [
        store.read_json(place / "note.json")["notes"]
        for place in places
        if (place / "note.json").exists()
    ]
    said = " ".join(sentence for note in notes for sentence in note)
    for place in places:
        if (place / "tuned.json").exists():
            saved = store.read_json(place / "tuned.json")
            rate = f" Learning rate: {saved['auto_rate']:g}." if "auto_rate" in saved else ""
            return {
                **_curve(saved, task),
                "fit": saved.get("fit") or None,
                "note": f"Training ended: {saved['ended']}.{rate} {said}".strip(),
            }
        if (place / "wording.json").exists():
            saved = store.read_json(place / "wording.json")
            word = "prompt found" if saved["better"] else "prompt as given"
            return {"curve": None, "fit": {"word": word, "text": f"{saved['said']}."}, "note": said}
    small = _small_network(folder)
    curve = _curve(small, task) if small and small.get("curve") else {"curve": None}
    return {**curve, "fit": None, "note": said}
