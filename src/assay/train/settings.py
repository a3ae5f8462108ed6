"""The settings that every trained strategy has."""

from typing import Literal

from pydantic import Field

from assay.nouns import Strategy


class Trained(Strategy):
    """A strategy with a training loop. Defaults are overridden by each method where its own are known to be better."""

    model: str = ""  # another base than the project's
    learning_rate: float = Field(default=1e-3, gt=0, lt=1)
    epochs: int = Field(default=3, ge=1, le=1000)
    batch_size: int = Field(default=16, ge=1, le=4096)
    optimiser: Literal["adamw"] = "adamw"
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    warmup: float = Field(default=0.05, ge=0, lt=1)  # share of all steps
    weight_decay: float = Field(default=0.0, ge=0, lt=1)
    clip: float = Field(default=1.0, gt=0)  # greatest gradient norm
    max_length: int = Field(default=1024, ge=16, le=131072)  # tokens, prompt and answer
    patience: int = Field(default=2, ge=1)  # evaluations without a better val score before training ends
    val_rows: int = Field(default=200, ge=1)  # val rows that each evaluation asks, drawn with the seed
    micro_tokens: int = Field(default=2048, ge=64)  # computed tokens in memory at once; more only costs memory
    reads = ("train", "val")
    neural = True

    def needs(self, base: str) -> tuple[str, ...]:
        return (self.model or base,)
