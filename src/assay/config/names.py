"""The name of an arm: its kind with the settings that differ from their defaults, as `lora-r16` or
`rag-lora`; `zero-shot` and `few-shot-8` for the kind `shots`.

What it is for   the same short name in the report, in files and in commands
Watch out        over 40 characters the name is cut and ends with 4 characters of a hash of the
                 whole
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from assay.config.keys import kind_earlier
from assay.core.store import digest
from assay.core.types import Learner, Strategy
from assay.strategies.search.hyperparameter_search import HyperparameterSearch

LONGEST = 40

# Settings that everybody knows, in the short form that papers and file names use.
SHORT = {
    "rank": "r",
    "alpha": "a",
    "learning_rate": "lr",
    "epochs": "e",
    "batch_size": "bs",
    "max_length": "len",
    "weight_decay": "wd",
    "dropout": "drop",
    "rows_per_label": "rows",
}

# A default of before is in no name, so that projects that wrote it have the names they had.
ONCE_DEFAULT = (
    ("lora", "learning_rate", 1e-3),
    ("full", "learning_rate", 3e-5),
    ("preference", "learning_rate", 1e-4),
    ("policy_optimisation", "learning_rate", 1e-4),
    ("raft", "learning_rate", 3e-4),
    ("continued_pretraining", "learning_rate", 5e-4),
)

# of a part: its kind stands first, and the text of a file that it names is no name
UNSAID = ("kind", "source")


def arm_name(strategy: Strategy) -> str:
    """The strategy's own `name`, or one made of its kind and settings: `[a-z0-9-]{1,40}`."""
    return _name(strategy)


def earlier_name(strategy: Strategy) -> str:
    """What the arm was called before its kind got the name of today."""
    return _name(strategy, early=True)


def earlier_names(strategies: Iterable[Strategy]) -> dict[str, str]:
    """Names that a person may type for these strategies -> those of today."""
    arms = list(strategies)
    return {
        **{earlier_name(arm): arm_name(arm) for arm in arms},
        **{arm_name(arm): arm_name(arm) for arm in arms},
    }


def earlier_kinds(strategies: Iterable[Strategy]) -> dict[str, str]:
    """The same of kinds, of those that stand inside too."""
    kinds = {kind for arm in strategies for kind in _kinds(arm)}
    return {**{kind_earlier(kind): kind for kind in kinds}, **{kind: kind for kind in kinds}}


def name_today(name: str, arms: Mapping[str, Strategy]) -> str:
    """The name of an arm as it is called today, where `name` is what it was called."""
    return (
        name
        if name in arms
        else {earlier_name(one): key for key, one in arms.items()}.get(name, name)
    )


def _kinds(learner: Learner) -> Iterator[str]:
    yield learner.kind
    for _, inner in learner.inside():
        yield from _kinds(inner)


def _name(strategy: Strategy, early: bool = False) -> str:
    if strategy.name:
        return strategy.name
    if isinstance(strategy, HyperparameterSearch):
        return f"{_name(strategy.without_ranges(), early)[: LONGEST - 7]}-search"
    kind, changed = _preset(strategy)
    parts = [kind_earlier(kind) if early else kind]
    if kind == "shots" and not early:
        shown = dict(strategy)["k"]
        parts = [f"few-shot-{shown}" if shown else "zero-shot"]
        changed.pop("k", None)
    inner: list[str] = []
    inside = [(key, one) for key, one in strategy.inside() if isinstance(one, Strategy)]
    known = list(SHORT)
    ordered = sorted(
        strategy, key=lambda pair: known.index(pair[0]) if pair[0] in SHORT else len(known)
    )
    for name, _ in ordered:
        if within := [one for key, one in inside if key == name]:
            inner += [_name(one, early) for one in within]
        elif name in changed and name not in ("kind", "name"):
            parts.append(_part(name, changed[name]))
    full = "-".join(filter(None, parts + inner))
    if len(full) <= LONGEST:
        return full
    return f"{full[: LONGEST - 5].rstrip('-')}-{digest(full)[:4]}"


def same(first: Strategy, second: Strategy) -> bool:
    """Do the two do the same, whatever they are called?"""
    return content_of(first) == content_of(second)


def content_of(strategy: Strategy) -> dict[str, Any]:
    """What it does, whatever it is called: two that do the same have the same."""
    content = {"kind": strategy.kind, **strategy.non_defaults()}
    content.pop("name", None)
    within: dict[str, list[dict[str, Any]]] = {}
    for name, one in strategy.inside():
        if isinstance(one, Strategy):
            within.setdefault(name, []).append(content_of(one))
    for name, found in within.items():
        content[name] = found if isinstance(getattr(strategy, name), tuple) else found[0]
    return content


def kind_as_written(strategy: Strategy) -> str:
    """As a project would name it: `qlora` for a LoRA on a quantised base."""
    return _preset(strategy)[0]


def _preset(strategy: Strategy) -> tuple[str, dict[str, Any]]:
    """The kind and changed settings; a named default (`qlora`) stands for the settings that it
    brings."""
    from assay.strategies.catalogue import PRESETS

    changed = {
        key: value
        for key, value in strategy.non_defaults().items()
        if (strategy.kind, key, value) not in ONCE_DEFAULT
    }
    best: tuple[str, dict[str, Any]] = (strategy.kind, {})
    for name, preset in PRESETS.items():
        brought = {key: value for key, value in preset.items() if key != "kind"}
        fits = preset["kind"] == strategy.kind and all(
            changed.get(key) == value for key, value in brought.items()
        )
        # one that brings nothing is another name of the kind itself
        if fits and len(brought) >= len(best[1]) + bool(best[1] or brought):
            best = (name, brought)
    return best[0], {key: value for key, value in changed.items() if key not in best[1]}


def _part(name: str, value: Any) -> str:
    short = SHORT.get(name, _clean(name))
    if value is True:
        return short
    if value is False or value is None:
        return f"no-{short}"
    if isinstance(value, int | float):
        return f"{short}{_number(value)}"
    if isinstance(value, dict):
        values = [str(value["kind"])] if "kind" in value else []
        return (
            "-".join(
                values + [_part(key, item) for key, item in value.items() if key not in UNSAID]
            )
            or f"no-{short}"
        )
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return "-".join(_part(name, item) for item in value)
    if isinstance(value, list):
        return "-".join([short, *(_clean(str(item)) for item in value)])
    return _clean(str(value)) or f"no-{short}"


def _number(value: float) -> str:
    """8, 2e-4, 5e-2, 1-5: without a point, which names do not have."""
    text = f"{value:g}"
    if 0 < abs(value) < 1:
        digits, power = f"{value:.6e}".split("e")
        fraction = digits.rstrip("0").rstrip(".").partition(".")[2]
        text = (
            f"{digits.replace('.', '')[: len(fraction) + 1 + (value < 0)]}e"
            f"{int(power) - len(fraction)}"
        )
    return _clean(text)


def _clean(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def is_name(text: str) -> bool:
    """May an arm be called so?"""
    return re.fullmatch(r"[a-z0-9-]{1,40}", text) is not None
