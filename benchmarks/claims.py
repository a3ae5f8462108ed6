"""What train.py measures, and what must come out. An experiment, a contender or a claim more is
one value more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Literal

LORA: dict[str, Any] = {"kind": "lora"}
COMPILED = {**LORA, "compiled": "always"}  # as a run of more than a minute decides by itself
TOGETHER = {"pool": 8}  # rows that share much come together: the turns of a conversation
TOP: dict[str, Any] = {"kind": "lora", "layers": 10}  # a third of the model's 30


@dataclass(frozen=True)
class Contender:
    """`settings` are a strategy's for assay, the variant's options for TRL (see peers/trl_sft.py).

    `how` it runs: {"whole": True} each conversation as one row; for assay also {"processes": 2}.
    """

    name: str
    side: Literal["assay", "trl"]
    settings: dict[str, Any] = field(default_factory=dict)
    how: dict[str, Any] = field(default_factory=dict)

    @property
    def whole_flops(self) -> bool:
        """Whether `train.flops` describes it: LoRA on all layers, everything computed in one
        process that counts."""
        return (
            self.side == "assay"
            and self.settings.get("kind") == "lora"
            and "layers" not in self.settings
            and "processes" not in self.how
        )


@dataclass(frozen=True)
class Experiment:
    about: str
    workload: str
    batch: int
    steps: int  # an epoch
    contenders: tuple[Contender, ...]
    # what --ablate switches options of
    method: dict[str, Any] = field(default_factory=lambda: COMPILED)
    ablates: bool = True


OURS = (
    Contender("assay", "assay", LORA),
    Contender("assay compiled", "assay", COMPILED),
    Contender("assay padded", "assay", {**LORA, "trees": False}),
)
AGAIN = (
    Contender("assay selective checkpointing", "assay", {**COMPILED, "checkpointing": "selective"}),
    Contender("assay checkpointing", "assay", {**COMPILED, "checkpointing": True}),
)
PLAIN = Contender("TRL", "trl")
GROUPED = Contender("TRL grouped", "trl", {"grouped": True})
PACKED = Contender("TRL packed", "trl", {"packing": True})
CHECKPOINTED = Contender("TRL checkpointing", "trl", {"checkpointing": True})
WHOLE = Contender("TRL whole", "trl", {"grouped": True}, {"whole": True})

EXPERIMENTS: dict[str, Experiment] = {
    "A8": Experiment("570 shared tokens", "shared", 8, 4, (*OURS, PLAIN, CHECKPOINTED, PACKED)),
    "A32": Experiment(
        "570 shared tokens, batch 32",
        "shared",
        32,
        2,
        (
            *OURS,
            Contender("TRL in 4 parts", "trl", {"accumulate": 4}),
            Contender(
                "TRL in 4 parts checkpointing", "trl", {"accumulate": 4, "checkpointing": True}
            ),
        ),
    ),
    "C8": Experiment(
        "nothing shared",
        "unshared",
        8,
        8,
        (*OURS, *AGAIN, PLAIN, GROUPED, PACKED, CHECKPOINTED),
    ),
    "M8": Experiment(
        "the turns of conversations",
        "chats",
        8,
        8,
        (
            Contender("assay", "assay", {**LORA, **TOGETHER}),
            Contender("assay compiled", "assay", {**COMPILED, **TOGETHER}),
            Contender("assay drawn row by row", "assay", LORA),
            Contender("assay padded", "assay", {**LORA, "trees": False}),
            Contender("assay whole", "assay", LORA, {"whole": True}),
            PLAIN,
            GROUPED,
            PACKED,
            WHOLE,
        ),
        {**COMPILED, **TOGETHER},
    ),
    "Q8": Experiment(
        "NF4 against bf16 weights",
        "shared",
        8,
        4,
        (Contender("lora", "assay", LORA), Contender("qlora", "assay", {**LORA, "bits": 4})),
        ablates=False,
    ),
    "F8": Experiment(
        "the top third trained, what lies below kept",
        "unshared",
        8,
        8,
        (
            Contender("kept", "assay", TOP),
            Contender("computed again", "assay", {**TOP, "trunk": False}),
        ),
        ablates=False,
    ),
    "P8": Experiment(
        "two processes against two threads",
        "unshared",
        8,
        8,
        (
            Contender("1 process", "assay", LORA),
            Contender("2 processes", "assay", LORA, {"processes": 2}),
        ),
        ablates=False,
    ),
}

# What --ablate switches off of "assay compiled", one at a time.
ABLATIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("compiled, no trees", {"trees": False}),
    ("compiled, 1024 tokens at once", {"micro_tokens": 1024}),
    ("compiled, activations computed again", {"checkpointing": True}),
    ("not compiled", {"compiled": "never"}),
)


@dataclass(frozen=True)
class Claim:
    """`value` reads a number from the results, None while it was not measured. Below `must` is good
    where `least`."""

    text: str
    value: Callable[[dict[str, Any]], float | None]
    must: float
    aim: float | None = None
    least: bool = False
    unit: str = "x"


def told(results: dict[str, Any], experiment: str, name: str) -> dict[str, Any] | None:
    """What a contender measured, or None."""
    found = results["experiments"].get(experiment, {"contenders": {}})["contenders"].get(name)
    return found if found and found["rounds"] else None


def ours_of(results: dict[str, Any], experiment: str) -> dict[str, Any] | None:
    """The faster of the product's two ways."""
    found = [c for name in ("assay", "assay compiled") if (c := told(results, experiment, name))]
    return max(found, key=lambda c: c["tokens_per_second"], default=None)


def best_peer(
    results: dict[str, Any], experiment: str, *, whole: bool = True
) -> dict[str, Any] | None:
    found = results["experiments"].get(experiment, {"contenders": {}})["contenders"].values()
    peers = [
        c
        for c in found
        if c["side"] == "trl" and c["rounds"] and (whole or not c["how"].get("whole"))
    ]
    return max(peers, key=lambda c: c["tokens_per_second"], default=None)


def against_peer(
    experiment: str, *, whole: bool = True
) -> Callable[[dict[str, Any]], float | None]:
    def value(results: dict[str, Any]) -> float | None:
        ours, peer = ours_of(results, experiment), best_peer(results, experiment, whole=whole)
        return ours["tokens_per_second"] / peer["tokens_per_second"] if ours and peer else None

    return value


def between(
    experiment: str, first: str, second: str, number: str
) -> Callable[[dict[str, Any]], float | None]:
    def value(results: dict[str, Any]) -> float | None:
        a, b = told(results, experiment, first), told(results, experiment, second)
        return a[number] / b[number] if a and b and b[number] else None

    return value


def share(experiment: str) -> Callable[[dict[str, Any]], float | None]:
    def value(results: dict[str, Any]) -> float | None:
        ours = ours_of(results, experiment)
        return 100 * ours["share_of_peak"] if ours else None

    return value


def memory(experiment: str) -> Callable[[dict[str, Any]], float | None]:
    def value(results: dict[str, Any]) -> float | None:
        ours, peer = ours_of(results, experiment), best_peer(results, experiment)
        return ours["peak_bytes"] / peer["peak_bytes"] if ours and peer else None

    return value


def later_epochs(results: dict[str, Any]) -> float | None:
    """How much faster the epochs after the first are than those in which everything is computed."""
    kept, again = told(results, "F8", "kept"), told(results, "F8", "computed again")
    if not kept or not again or len(kept["rounds"]) < 2:
        return None
    return median(r["seconds"] for r in again["rounds"][1:]) / median(
        r["seconds"] for r in kept["rounds"][1:]
    )


def loss_gap(results: dict[str, Any]) -> float | None:
    """By how many percent a contender's loss differs from TRL's at most, on the same rows before
    training."""
    gaps = []
    for name, result in results["experiments"].items():
        if (peer := best_peer(results, name, whole=False)) is not None:
            same = [
                c
                for c in result["contenders"].values()
                if c["rounds"] and not c["how"].get("whole")
            ]
            gaps += [100 * abs(c["loss_before"] / peer["loss_before"] - 1) for c in same]
    return max(gaps, default=None)


def claims(processor: str) -> Iterator[Claim]:
    yield Claim("A, batch 8, against TRL's best", against_peer("A8"), 15, 20)
    yield Claim("A, batch 32, against TRL's best", against_peer("A32"), 30, 40)
    yield Claim("C, batch 8, against TRL's best", against_peer("C8"), 3.5, 5)
    yield Claim(
        "conversations against TRL's best on the same rows", against_peer("M8", whole=False), 4, 6
    )
    whole = between("M8", "assay whole", "TRL whole", "tokens_per_second")
    yield Claim("conversations, each as one row, against TRL's", whole, 1)
    yield Claim("DPO", lambda results: None, 6, 8)
    must, aim = (18, 30) if "amx_bf16" in processor else (65, 75)
    yield Claim("C: share of the bf16 matrix peak", share("C8"), must, aim, unit="%")
    yield Claim("frozen trunk: epochs after the first", later_epochs, 2, 2.5)
    yield Claim("A: peak memory against TRL's best", memory("A8"), 1 / 3, 1 / 5, least=True)
    yield Claim("C: peak memory against TRL's best", memory("C8"), 1 / 3, 1 / 5, least=True)
    yield Claim(
        "QLoRA: weights kept", between("Q8", "qlora", "lora", "kept_bytes"), 0.45, least=True
    )
    yield Claim("QLoRA: time", between("Q8", "lora", "qlora", "tokens_per_second"), 1.6, least=True)
    for name in ("A8", "A32", "C8", "M8"):
        yield Claim(
            f"{name} against padded rows",
            between(name, "assay", "assay padded", "tokens_per_second"),
            1,
        )
    yield Claim(
        "2 processes against 2 threads",
        between("P8", "2 processes", "1 process", "tokens_per_second"),
        0.8,
    )
    yield Claim(
        "losses before training, greatest difference from TRL's", loss_gap, 1, least=True, unit="%"
    )


def judged(results: dict[str, Any]) -> Iterator[tuple[str, str, str, str, str]]:
    """(what, measured, must, aim, verdict) of every claim."""
    for claim in claims(results["machine"]["processor"]):
        value = claim.value(results)
        shown = "not yet" if value is None else f"{value:.2f}{claim.unit}"
        aim = "-" if claim.aim is None else f"{claim.aim:.3g}{claim.unit}"
        yield claim.text, shown, f"{claim.must:.3g}{claim.unit}", aim, verdict(claim, value)


def verdict(claim: Claim, value: float | None) -> str:
    if value is None:
        return ""

    def reached(limit: float) -> bool:
        return value <= limit if claim.least else value >= limit

    if claim.aim is not None and reached(claim.aim):
        return "aim reached"
    return "reached" if reached(claim.must) else "short"
