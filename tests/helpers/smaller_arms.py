"""Small arms to be made smaller, and what tests ask of them."""

from pathlib import Path

from assay.config import make_strategy

QUICK = {"epochs": 2, "batch_size": 12, "val_rows": 4, "learning_rate": 3e-3}
LORA = {"kind": "lora", "rank": 2, **QUICK}
SHOTS = {"kind": "shots", "k": 1}


def made(**settings):
    return make_strategy(settings, {})


def kept(arm, folder):
    folder.mkdir()
    arm.save(folder)
    return folder


def size(folder):
    return sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())


def questions(given):
    return [row.question for row in given.val]
