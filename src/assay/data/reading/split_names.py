"""Names of splits: of files, of lists in a file, of the values of a column.

What it is for   `train-00000-of-00003`, `devset`, `sentiment_test` and a column `split` say which
                 rows are which
"""

import re

SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "trn": "train",
    "val": "val",
    "valid": "val",
    "validate": "val",
}
SPLIT_NAMES |= {
    "validation": "val",
    "dev": "val",
    "devset": "val",
    "development": "val",
    "test": "test",
}
SPLIT_NAMES |= {
    "testing": "test",
    "tst": "test",
    "heldout": "test",
    "eval": "test",
    "evaluation": "test",
}
COLUMNS = {
    "split",
    "set",
    "subset",
    "partition",
    "fold",
    "usage",
    "phase",
    "data_split",
    "dataset_split",
    "train_test",
}


def split_named(name: str) -> str:
    """The split that a name is the name of: `train`, `Validation`, `train_sft`; else ""."""
    first = re.split(r"[-_. ]", name.strip().lower())[0]
    return SPLIT_NAMES.get(name.strip().lower()) or SPLIT_NAMES.get(first, "")


def split_in(stem: str) -> str:
    """The split that stands in a file's name: its first word, else its last, else the one word of
    it that is one."""
    words = [word for word in re.split(r"[^a-z0-9]+", stem.lower()) if word]
    if not words:
        return ""
    inside = [word for word in words if word in SPLIT_NAMES]
    return (
        SPLIT_NAMES.get(words[0])
        or SPLIT_NAMES.get(words[-1])
        or (SPLIT_NAMES[inside[0]] if inside else "")
    )
