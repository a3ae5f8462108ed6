"""What `setfit` and `encoder` share: their settings, the encoder that they start from, and the loop
that trains it.

Defaults from   a rise over a tenth of the steps, and enough epochs where rows are few: Mosbach,
                Andriushchenko and Klakow (2021), On the Stability of Fine-tuning BERT,
                arxiv.org/abs/2006.04884; decay and clipping: Devlin et al. (2019),
                aclanthology.org/N19-1423
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from assay.core.sampling import random_stream
from assay.core.types import Lesson, Strategy
from assay.models.loading.catalogue import EMBEDDER
from assay.training.retriever.settings import folder_of

if TYPE_CHECKING:
    import torch

    from assay.models.embeddings import Embedder
    from assay.training.progress import Progress


# read in a training whose epochs are derived: a minute on two cores with a small encoder
TOKENS = 150_000
FEWEST = 3  # epochs, of any number of rows: Devlin et al.


class EncoderTrained(Strategy):
    MOST: ClassVar[int] = 10  # epochs, of few rows
    gives = "encoder"
    model: str = EMBEDDER  # what it starts from: a name of the catalogue, a hub id or a folder
    learning_rate: float = Field(default=5e-5, gt=0, lt=1)
    # auto: as many as read 150,000 tokens, but at least 3 and at most `MOST`
    epochs: Annotated[int, Field(ge=1, le=1000)] | Literal["auto"] = "auto"
    batch_size: int = Field(default=32, ge=2, le=4096)
    warmup: float = Field(default=0.1, ge=0, lt=1)  # share of all steps
    weight_decay: float = Field(default=0.01, ge=0, lt=1)
    clip: float = Field(default=1.0, gt=0)  # greatest gradient norm
    patience: int = Field(default=5, ge=1)  # epochs without a better val score before training ends
    val_rows: int = Field(default=200, ge=1)  # of val, drawn with the seed
    max_length: int = Field(default=256, ge=16, le=8192)  # tokens of a text
    # computed at once: what lies between two products stays in the cache
    micro_tokens: int = Field(default=512, ge=64)
    precision: Literal["auto", "bf16", "fp32"] = "auto"  # of training
    # the encoder's vectors of words, half of a small one's parameters
    words: Literal["frozen", "trained"] = "frozen"
    # how many are trained, the last ones
    layers: Annotated[int, Field(ge=1, le=1000)] | Literal["half", "all"] = "all"
    # balanced: each label counts as much as any other
    class_weight: Literal["none", "balanced"] = "none"
    # inverse strength of the L2 penalty of the linear model
    c: float = Field(default=10.0, gt=0, le=1e6)
    reads = ("train", "val")
    neural = True
    seeded = True
    libraries = ("scikit-learn", "scipy")

    def needs(self, base: str) -> tuple[str, ...]:
        return self.encoders()

    def encoders(self) -> tuple[str, ...]:
        return (self.model,)

    @property
    def is_balanced(self) -> bool:
        return self.class_weight == "balanced"

    def rounds(self, tokens: int) -> int:
        """Epochs over training rows that have so many tokens together."""
        if self.epochs != "auto":
            return self.epochs
        return min(self.MOST, max(FEWEST, TOKENS // max(1, tokens)))

    def open_encoder(self, lesson: Lesson) -> Embedder:
        """The encoder as it comes, reading at most `max_length` tokens; what is frozen is marked
        so."""
        from assay.models.embeddings import Embedder

        embed = Embedder(folder_of(self.model, lesson))
        embed.limit = min(embed.limit, self.max_length)
        freeze(embed.network, self.words == "frozen")
        freeze_below(embed.network, self.top)
        return embed

    @property
    def top(self) -> int | Literal["half", "all"]:
        """Which layers are trained: with `words: trained` all are, for what they learn goes through
        all."""
        return self.layers if self.words == "frozen" else "all"

    @model_validator(mode="after")
    def _words_go_through_all_layers(self) -> Self:
        if self.words == "trained" and not isinstance(self.layers, str):
            raise ValueError("words: trained trains all layers; leave `layers` out")
        return self

    def bf16(self) -> bool:
        """Whether matrix products are computed in bf16; weights and sums stay in fp32."""
        import torch

        from assay.models.device import weight_type

        return self.precision == "bf16" or (
            self.precision == "auto" and weight_type() == torch.bfloat16
        )

    def run(
        self,
        lesson: Lesson,
        network: torch.nn.Module,
        steps: list[int],
        step: Callable[[int, int], float],
        look: Callable[[], float | tuple[float, float]] | None,
    ) -> Progress:
        """Train `network` in place; the best weights by `look` are left in it.

        Args:
            steps: of each epoch. step: (epoch, step of the epoch) -> its loss; adds to the
                gradients.
        """
        from assay.training.retriever.trainer import Course

        course = Course(
            network,
            self,
            lesson.seed,
            steps,
            lambda epoch, before: None,
            lambda epoch, within, remembered: step(epoch, within),
            look,
            lesson.workdir,
            lesson.tell,
        )
        return course.run()


def shuffle_batches(count: int, size: int, seed: int, epoch: int) -> list[list[int]]:
    """The rows of each step of an epoch; a last one of a single row goes to the step before it."""
    rows = list(range(count))
    random_stream(seed, epoch, sep="-").shuffle(rows)
    batches = [rows[at : at + size] for at in range(0, count, size)]
    if len(batches) > 1 and len(batches[-1]) == 1:
        alone = batches.pop()
        batches[-1] += alone
    return batches


def freeze(network: Any, words: bool) -> None:
    """Mark what is not trained: a layer over the first token, which is not read, and with `words`
    the vectors of words."""
    for name, weight in network.named_parameters():
        weight.requires_grad_(not name.startswith("pooler."))
    if words:
        inside = {id(weight) for weight in network.get_input_embeddings().parameters()}
        for weight in network.parameters():
            if id(weight) in inside:
                weight.requires_grad_(False)


def freeze_below(network: Any, layers: int | Literal["half", "all"]) -> None:
    """Mark as not trained all but the last `layers` layers.

    Raises:
        TrainError: T041, the network has fewer layers. T044, it has no list of layers; then `half`
            trains all.
    """
    if layers == "all":
        return
    from assay.training.decoder_layers import has_layers, select_layers, stack

    if layers == "half":
        if not has_layers(network):
            return
        layers = max(1, len(stack(network)[1]) // 2)
    kept = tuple(f"{name}." for name in select_layers(network, layers, "top"))
    for name, weight in network.named_parameters():
        weight.requires_grad_(weight.requires_grad and name.startswith(kept))


def how(went: Progress) -> dict[str, Any]:
    """How a training went, as its arm keeps it."""
    return {
        "curve": went.curve,
        "losses": went.loss_by_step,
        "best_step": went.best_step,
        "ended": went.ended,
    }
