"""Rows with several labels from real dialogues: each turn of a user with its acts, from the sgd_dev
set."""

import json
from pathlib import Path


def acts_of_turns(folder: Path) -> list[dict]:
    """{"text", "acts", "dialogue"} for every user turn of `folder`'s dialogues; `acts` are sorted,
    each once."""
    rows = []
    for dialogue in json.loads((folder / "dialogues_007.json").read_text()):
        for turn in dialogue["turns"]:
            if turn["speaker"] == "USER":
                acts = sorted(
                    {action["act"] for frame in turn["frames"] for action in frame["actions"]}
                )
                rows.append(
                    {
                        "text": turn["utterance"],
                        "acts": acts,
                        "dialogue_id": dialogue["dialogue_id"],
                    }
                )
    return rows
