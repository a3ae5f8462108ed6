"""Many adapters on one base in one process: named, switched while it runs, or mixed row by row in
one pass.

    many = Many.opened(strategy, lesson)             the base as that arm's settings want it, loaded
                                                     once
    many.add("mail", folder)                         an adapter from the folder of an arm, or from
                                                     PEFT's own two files
    many.use("mail"); many.use("")                   from here on every pass has this adapter; "" is
                                                     the base
    many.model("mail").generate(prompts, ...)        a ChatModel that always has this adapter; it
                                                     shares the network
    with many.rows(["mail", "", "chat"]):            an adapter for each row, whatever calls the
                                                     network inside:
        many.base.body(input_ids=..., ...)           passes of three rows
    with many.rows(["mail", "chat"], at=step.slot):  passes of one line of tokens, of several rows:
        many.base.body(...)                          `at` says whose each token is, as in
                                                     `batch_pass.BatchPass`

What is shared   the weights of the base, once. An adapter is its own pairs (`bytes`). Keys and
                 values that were computed under one adapter are right for that one alone: a kept
                 beginning belongs to a name, so each `model(name)` keeps its own. Who drives the
                 network by hand must do the same
Takes            LoRA (rsLoRA, PiSSA and OLoRA too: on a bf16 base these two differ by its
                 rounding), DoRA, blends, on a plain or a quantised base; all arms beside one base
                 must want it in the same bits and precision. Other kinds are refused (M114): run
                 these arms apart
Watch out        one thread at a time: whose turn it is, is said once for the network.
                 `model.takes_trees` runs small passes of its own: ask for it outside of `rows`
Arms             `lodger.restore(many, "mail", strategy, folder, lesson)` is a fitted arm on this
                 base: lora, blend, arms that only ask the base (shots, wording), and rag or others
                 around these
How, Source      `pairs.py`
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core.errors import Problem, UsageError, did_you_mean
from assay.core.types import GREEDY, Decoding, Generated, Lesson, Messages, Strategy, Tell
from assay.deployment.shared_base.base import Laid, open_shared_base
from assay.models.inference.causal_lm import CausalLM
from assay.models.inference.chat_model import LEFT, ChatModel
from assay.training.adapters.compatibility import refuse_foreign
from assay.training.adapters.lora_weights import (
    ActiveAdapter,
    Beside,
    LoraWeights,
    Mixed,
    need_pairs,
    read_pairs,
)

if TYPE_CHECKING:
    import numpy as np
    import torch


class Many:
    """One base and the adapters beside it, by name.

    Attributes:
        base: the model as it was given; a pass through it has the adapter whose turn it is.
    """

    def __init__(self, base: ChatModel, laid: Laid | None = None):
        self.base = base
        self.network = base.network
        self.laid = laid  # what the base was opened for; None: for any arm that wants it as it is
        self._turn = ActiveAdapter()
        self._beside: dict[str, tuple[Beside, Any]] = {}  # by layer, with what takes its hook away
        self._names: list[str] = []

    @classmethod
    def open(cls, strategy: Strategy | None, lesson: Lesson) -> Many:
        """The lesson's base in the bits and the precision that an arm wants it in; as it is opened
        when None.

        Raises:
            ModelError: M114, such an arm shares its base with no other.
        """
        return cls(*open_shared_base(strategy, lesson))

    # --- adapters ---------------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._names)

    @property
    def bytes(self) -> int:
        """What the adapters take in memory, all together; the base is not in it."""
        return sum(
            pair.bytes for beside, _ in self._beside.values() for pair in beside.pairs.values()
        )

    def add(self, name: str, folder: Path) -> None:
        """Load an adapter beside those that are there; one of the same name is replaced.

        Raises:
            ModelError: M111 to M113, it is not of this base; M114, it is of a kind that cannot
                share it.
        """
        if not name:
            raise ValueError("the empty name is the base's")
        need_pairs(folder)
        refuse_foreign(self.base, folder)
        pairs = read_pairs(self.network, folder)
        if name in self._names:
            self.drop(name)
        for place, pair in pairs.items():
            self._at(place).pairs[name] = pair
        self._names.append(name)

    def _at(self, place: str) -> Beside:
        if place not in self._beside:
            beside = Beside(self._turn)
            handle = self.network.get_submodule(place).register_forward_hook(beside.after)
            self._beside[place] = beside, handle
        return self._beside[place][0]

    def pairs(self, name: str) -> dict[str, LoraWeights]:
        """What the adapter does, by layer."""
        self._need(name)
        return {
            place: beside.pairs[name]
            for place, (beside, _) in self._beside.items()
            if name in beside.pairs
        }

    def drop(self, name: str) -> None:
        """Take an adapter out of memory. Raises UsageError, C130, where there is none of the
        name."""
        self._need(name)
        for place in list(self._beside):
            beside, handle = self._beside[place]
            beside.pairs.pop(name, None)
            if not beside.pairs:
                handle.remove()
                del self._beside[place]
        self._names.remove(name)
        if self._turn.one == name:
            self._turn.one = ""

    # --- whose turn it is -------------------------------------------------------------------------

    def use(self, name: str) -> None:
        """Every pass from here on has this adapter, or none for "". Raises UsageError, C130."""
        self._need(name)
        self._turn.one = name
        self.base.forget()  # what `base` has kept was computed under another one

    @contextmanager
    def using(self, name: str) -> Generator[None]:
        """As `use`, for the passes inside. What `base` keeps between calls is not touched: ask
        `model(name)`."""
        self._need(name)
        with self._set(name, None):
            yield

    @contextmanager
    def rows(self, names: Sequence[str], at: torch.Tensor | None = None) -> Generator[None]:
        """Each row of the passes inside has its own adapter, "" the base.

        Args:
            names: one a row. at: (tokens,) or (1, tokens), whole numbers: which of `names` each
                token belongs to, where a pass is one line of tokens; None: passes are (rows,
                tokens).

        Raises:
            UsageError: C130, there is no such adapter. ValueError: later, in a pass of another
                shape.
        """
        for name in dict.fromkeys(names):
            self._need(name)
        # A pass with one adapter needs no index; a wrong number of rows is then nobody's error.
        same = len(set(names)) == 1
        with self._set(names[0], None) if same else self._set("", Mixed(names, at)):
            yield

    @contextmanager
    def _set(self, one: str, mixed: Mixed | None) -> Generator[None]:
        turn = self._turn
        before = turn.one, turn.mixed
        turn.one, turn.mixed = one, mixed
        try:
            yield
        finally:
            turn.one, turn.mixed = before

    def _need(self, name: str) -> None:
        if name and name not in self._names:
            text = f"there is no adapter '{name}' on this base{did_you_mean(name, self._names)}"
            raise UsageError(
                Problem("C130", text, help=f"there are: {', '.join(self._names) or 'none'}")
            )

    # --- models -----------------------------------------------------------------------------------

    def model(self, name: str = "", *, closed: bool = False) -> Sharing:
        """A chat model that always has this adapter. closed: one that chooses among options
        (objective: label_set).

        Raises:
            UsageError: C130, there is no such adapter.
        """
        self._need(name)
        return Sharing(self, name, self.network, closed=closed)


class Sharing(ChatModel):
    """A chat model over a network that others use too. What it keeps between calls is its own
    adapter's."""

    def __init__(self, many: Many, adapter: str, network: Any, *, closed: bool = False):
        super().__init__(many.base.name, network, many.base.chat)
        self.many, self.adapter, self.closed = many, adapter, closed
        self.body = AdapterView(many, adapter, self.body)

    def score(
        self,
        prompts: Sequence[Messages],
        options: Sequence[str],
        *,
        left: float = LEFT,
        rounded: bool = False,
        follow: Sequence[int | None] | None = None,
        tell: Tell | None = None,
    ) -> np.ndarray:
        with self.many.using(self.adapter):
            return super().score(
                prompts, options, left=left, rounded=rounded, follow=follow, tell=tell
            )

    def generate(
        self,
        prompts: Sequence[Messages],
        *,
        max_tokens: int,
        how: Decoding = GREEDY,
        tell: Tell | None = None,
    ) -> list[Generated]:
        with self.many.using(self.adapter):
            return super().generate(prompts, max_tokens=max_tokens, how=how, tell=tell)

    def stream(
        self, prompt: Messages, *, max_tokens: int, how: Decoding = GREEDY
    ) -> Generator[str, None, Generated]:
        """Between two pieces it is nobody's turn: another adapter may be asked meanwhile."""
        pieces = super().stream(prompt, max_tokens=max_tokens, how=how)
        while True:
            with self.many.using(self.adapter):
                try:
                    piece = next(pieces)
                except StopIteration as end:
                    return end.value
            yield piece

    def exact(self) -> CausalLM | None:
        """The copy in fp32 is the base's, made once for all adapters; they are in fp32 already."""
        wide = self.many.base.exact()
        if wide is None:
            return None
        if self._exact is None or self._exact.network is not wide.network:
            self._exact = Sharing(self.many, self.adapter, wide.network, closed=self.closed)
        return self._exact


class AdapterView:
    """The body of a network, asked at one adapter's turn. What it is given is what transformers
    takes."""

    def __init__(self, many: Many, adapter: str, body: Any):
        self.many, self.adapter, self.body = many, adapter, body

    def __call__(self, **given: Any) -> Any:
        with self.many.using(self.adapter):
            return self.body(**given)
