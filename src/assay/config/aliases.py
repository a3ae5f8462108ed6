"""Names that people type, read as assay's own: `lr` is `learning_rate`, `kind: few_shot` is `kind:
shots`.

What it is for   a file written from the memory of another tool runs, and says once what each name
                 was read as (C200)
How              a name is read so only where assay has none of that spelling and the right one is
                 not written too; where the right one has no place either, the mistake is said as
                 ever
Names from       transformers `TrainingArguments`, peft `LoraConfig`, run_glue.py, lm-eval
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from assay.config.project import SECTIONS, DataSettings
from assay.config.project_text import Page
from assay.config.yamlfile import Place

SETTINGS = {
    **dict.fromkeys(("lr", "learningrate"), "learning_rate"),
    **dict.fromkeys(("r", "lora_r", "lora_rank"), "rank"),
    "lora_alpha": "alpha",
    "lora_dropout": "dropout",
    **dict.fromkeys(
        ("num_epochs", "num_train_epochs", "n_epochs", "max_epochs", "epoch"), "epochs"
    ),
    **dict.fromkeys(
        ("per_device_train_batch_size", "train_batch_size", "batchsize", "bs"), "batch_size"
    ),
    "wd": "weight_decay",
    **dict.fromkeys(("max_seq_length", "max_seq_len", "max_len"), "max_length"),
    **dict.fromkeys(
        ("num_shots", "n_shots", "shots", "num_fewshot", "n_examples", "examples"), "k"
    ),
    "warmup_ratio": "warmup",
    **dict.fromkeys(("optim", "optimizer"), "optimiser"),
    **dict.fromkeys(("lr_scheduler_type", "lr_scheduler", "scheduler"), "schedule"),
    **dict.fromkeys(("model_name_or_path", "model_name", "base_model", "base"), "model"),
    "gradient_checkpointing": "checkpointing",
    **dict.fromkeys(("top_k", "n_passages", "k"), "top"),
}
_KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("prompt prompting zero_shot zero-shot zeroshot base", {"kind": "shots", "k": 0}),
    ("few_shot few-shot fewshot in_context icl", {"kind": "shots"}),
    ("finetune fine_tune fine-tune finetuning fine_tuning sft peft", {"kind": "lora"}),
    ("full_finetune full_fine_tune full_finetuning full_fine_tuning", {"kind": "full"}),
    ("retrieval retrieval_augmented", {"kind": "rag"}),
    ("tf-idf tf_idf", {"kind": "tfidf"}),
    ("baseline most_frequent constant", {"kind": "majority"}),
    ("embedding embeddings logistic_regression logreg", {"kind": "probe"}),
    ("bert transformer", {"kind": "encoder"}),
)
KINDS = {name: settings for names, settings in _KINDS for name in names.split()}
# Keys of the file -> where their value belongs.
HEADS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("dataset", "datasets", "data_file", "data_files", "data_path", "file"),
        ("data", "files", "data"),
    ),
    **dict.fromkeys(
        ("train_file", "train_files", "train_data", "train"), ("data", "files", "train")
    ),
    **dict.fromkeys(
        ("validation_file", "val_file", "eval_file", "dev_file", "val", "valid"),
        ("data", "files", "val"),
    ),
    **dict.fromkeys(("test_file", "test_files", "test_data", "test"), ("data", "files", "test")),
    **dict.fromkeys(
        ("text_column", "text_column_name", "input_column"), ("data", "columns", "text")
    ),
    **dict.fromkeys(
        ("label_column", "label_column_name", "target_column"), ("data", "columns", "label")
    ),
    **dict.fromkeys(("model_name_or_path", "model_name", "base_model", "base"), ("model",)),
    **dict.fromkeys(("random_seed", "random_state"), ("seed",)),
    **dict.fromkeys(("strategies", "methods", "arms"), ("compare",)),
    **dict.fromkeys(("task_type", "task_kind"), ("task", "kind")),
    "metric": ("task", "metric"),
    "labels": ("task", "labels"),
    "instruction": ("task", "instruction"),
}
INSIDE_DATA = {name: place[1:] for name, place in HEADS.items() if place[0] == "data"}
INSIDE_DATA |= {"path": ("files", "data"), "paths": ("files", "data")}


def resolve_aliases(page: Page) -> Iterator[dict[str, Any]]:
    """Rename in the page what has another name here; the note that says so, if there is one."""
    value = page.source.value
    said: list[str] = []

    def note(place: Place, read: str) -> None:
        line = page.source.line(place)
        said.append(f"{place[-1]}{f' (line {line})' if line else ''} is {read}")

    _heads(page, value, (), HEADS, note)
    if isinstance(value.get("data"), str | list):  # data: tickets.csv
        note(("data",), "data: {files: {data: ...}}")
        value["data"] = {"files": {"data": value["data"]}}
    if isinstance(value.get("data"), dict):
        _heads(page, value["data"], ("data",), INSIDE_DATA, note)
        files = value["data"].get("files")
        if isinstance(files, str | list):
            note(("data", "files"), "data.files: {data: ...}")
            value["data"]["files"] = {"data": files}
    for index, item in enumerate(
        value["compare"] if isinstance(value.get("compare"), list) else ()
    ):
        _strategy(page, item, ("compare", index), note)
    if said:
        yield {
            "code": "C200",
            "count": len(said),
            "text": f"read as assay's own names: {'; '.join(said)}",
        }


Note = Callable[[Place, str], None]


def _heads(
    page: Page, around: dict[str, Any], at: Place, names: dict[str, tuple[str, ...]], note: Note
) -> None:
    own = SECTIONS if not at else tuple(DataSettings.model_fields)
    for name in [one for one in around if one in names and one not in own]:
        target = names[name]
        inner = around
        for part in target[:-1]:
            if inner.get(part) is None:
                inner[part] = {}
            inner = inner[part] if isinstance(inner[part], dict) else {target[-1]: None}
        if target[-1] in inner:
            continue
        note((*at, name), ".".join(map(str, (*at, *target))))
        inner[target[-1]] = around.pop(name)
        page.move((*at, name), (*at, *target))


def _strategy(page: Page, item: Any, at: Place, note: Note) -> None:
    """A strategy and those inside it."""
    if not isinstance(item, dict):
        return
    fields = _fields(item, at, note)
    for name in [one for one in item if one in SETTINGS and one not in fields]:
        target = SETTINGS[name]
        if target in fields and (target not in item or (*at, name) in page.sets):
            note((*at, name), target)
            item[target] = item.pop(name)
            page.move((*at, name), (*at, target))
    for name, value in item.items():
        within: Sequence[tuple[Place, Any]] = [((*at, name), value)]
        if isinstance(value, list):
            within = [((*at, name, index), one) for index, one in enumerate(value)]
        for place, one in within:
            if isinstance(one, dict) and "kind" in one:
                _strategy(page, one, place, note)


def _fields(item: dict[str, Any], at: Place, note: Note) -> frozenset[str]:
    """The settings of its kind, which is renamed where it has another name here."""
    from assay.strategies.catalogue import PARTS, PRESETS, STRATEGIES

    # A strategy and a part may have the same kind.
    classes: dict[str, frozenset[str]] = {}
    for cls in (*STRATEGIES, *PARTS):
        own = cls.model_fields["kind"].default
        classes[own] = classes.get(own, frozenset()) | frozenset(cls.model_fields)
    kind = item.get("kind")
    if not isinstance(kind, str):
        return frozenset()
    if kind not in classes and kind not in PRESETS and kind.lower() in KINDS:
        read = KINDS[kind.lower()]
        shown = ", ".join(f"{name}: {value}" for name, value in read.items())
        note((*at, f"kind: {kind}"), shown)
        item.update({**read, **{name: value for name, value in item.items() if name != "kind"}})
    kind = PRESETS.get(item["kind"], item)["kind"]
    return classes.get(kind, frozenset())
