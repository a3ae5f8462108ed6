"""Combine several LoRA adapters of one base into one: their average or sum, TIES, or DARE.

What it is for   the average of runs with other settings, often steadier than the best of them; one
                 arm from adapters that have learnt different things
Costs            each inner arm is trained; the result is one adapter, with the ranks added up. ties
                 and dare: a singular value decomposition a layer when it is fitted
Source           average: Wortsman et al. (2022), Model soups, arxiv.org/abs/2203.05482; add:
                 Ilharco et al. (2023), Editing Models with Task Arithmetic,
                 arxiv.org/abs/2212.04089; ties: Yadav et al. (2023), arxiv.org/abs/2306.01708;
                 dare: Yu et al. (2023), arxiv.org/abs/2311.03099. Steps:
                 `training/adapters/lora_combination.py`
Good when        the inner arms begin alike and differ in rate, rank, rows or seed; adapters trained
                 from very different starts may cancel
Watch out        ties and dare change every number, so the result is cut back to a small rank: the
                 report says how much of the change is left. DoRA's change is no product and is
                 refused
Defaults from    density .2 of ties: the paper's recipe; .5 of dare: the middle of what its paper
                 searches; weights: the mean, or 1 each for add and ties
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from assay.core.store import read_json, write_json
from assay.core.types import Inner, LanguageModel, Lesson, Strategy, Task
from assay.strategies.baselines.existing import Existing
from assay.strategies.prompting.prompted_arm import Prompted
from assay.strategies.training.lora import Lora
from assay.strategies.training.warm_start import find_earlier

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.training.adapters.lora_combination import Blended

# Settings in which the inner arms must agree: they say what their base is and how it is asked.
ALIKE = ("model", "precision", "bits", "quant", "double", "objective")


class Blend(Strategy):
    kind: Literal["blend"] = "blend"
    reads_text, mergeable = True, True
    # lora or qlora, of this project or another, of one base
    inners: tuple[Inner, ...] = Field(min_length=2, max_length=16)
    how: Literal["average", "add", "ties", "dare"] = "average"
    # one an inner arm; empty: 1 / n for average and dare, 1 for add and ties
    weights: tuple[float, ...] = ()
    # share of each change that stays; 0: .2 for ties, .5 for dare
    density: float = Field(default=0.0, ge=0, le=1)
    # of the result of ties and dare; 0: the sum of the inner ranks
    rank: int = Field(default=0, ge=0, le=4096)
    neural = True

    @model_validator(mode="after")
    def _possible(self) -> Blend:
        for fault in self._faults():
            raise ValueError(fault)
        return self

    def _faults(self) -> Iterator[str]:
        for number, inner in enumerate(self.inners):
            if isinstance(inner, Existing):
                continue  # what it is, is known when its project is read
            if not isinstance(inner, Lora):
                yield (
                    f"inners: number {number} is {inner.kind}; only lora and qlora strategies are"
                    " combined"
                )
            elif inner.decompose:
                yield f"inners: number {number} is dora, whose change is no product; take lora"
        for name in ALIKE:
            found = list(
                dict.fromkeys(
                    str(dict(inner)[name]) for inner in self.inners if isinstance(inner, Lora)
                )
            )
            if len(found) > 1:
                said = " and ".join(one or "none" for one in found)
                yield (
                    f"inners: {name} is {said}; adapters are combined on one base, so give all"
                    " the same"
                )
        if self.weights and len(self.weights) != len(self.inners):
            yield (
                f"weights: {len(self.weights)} of them for {len(self.inners)} inner"
                " strategies; give"
                " one each, or none"
            )
        if self.weights and not (all(map(math.isfinite, self.weights)) and any(self.weights)):
            yield "weights: must be finite numbers, and not all 0"
        if self.how in ("average", "add"):
            for name in ("density", "rank"):
                if dict(self)[name]:
                    yield (
                        f"{name} is about ties and dare; how: {self.how} is exact and leaves all"
                        " numbers in"
                    )

    @property
    def reads(self) -> tuple[str, ...]:  # pyrefly: ignore[bad-override]
        return tuple(dict.fromkeys(part for inner in self.inners for part in inner.reads))

    def needs(self, base: str) -> tuple[str, ...]:
        named = dict.fromkeys(name for inner in self.inners for name in inner.needs(base))
        return tuple(named) or (base,)

    def fit(self, lesson: Lesson) -> Blending:
        """
        Raises:
            TrainError: T120, T122, what another project has is no adapter of this base. ModelError:
                M114, M115, the adapters cannot be combined.
        """
        from assay.training.adapters.lora_combination import blend_adapters, read_all

        folders, room = [], 0
        for number, inner in enumerate(self.inners):
            if isinstance(inner, Existing):
                folder = find_earlier(self.first, inner, lesson).folder
                room = max(room, read_json(folder / "tuned.json")["room"])
                folders.append(folder)
                continue
            work = lesson.workdir / f"inner-{number}"
            folder = work / "arm"
            folder.mkdir(parents=True, exist_ok=True)
            arm = lesson.fit(
                inner, replace(lesson, start=None, means=replace(lesson.means, workdir=work))
            )
            arm.save(folder)
            room = max(room, arm.room)
            folders.append(folder)
            del arm  # and its network: one base at a time
        found = blend_adapters(
            read_all(folders),
            self.how,
            weights=self.weights,
            density=self.density,
            rank=self.rank,
            seed=lesson.seed,
        )
        return self._arm(lesson, found.rank, list(found.products), room, found)

    @property
    def first(self) -> Lora:
        """The settings that say what the base is and how it is asked: those of the first inner
        strategy of this project, or the usual ones where there is none."""
        own = [inner for inner in self.inners if isinstance(inner, Lora)]
        return own[0] if own else Lora()

    def restore(self, folder: Path, lesson: Lesson) -> Blending:
        saved = read_json(folder / "blend.json")
        return self._arm(
            lesson, saved["rank"], saved["layers"], saved["room"], folder, saved["kept"]
        )

    def _arm(
        self,
        lesson: Lesson,
        rank: int,
        layers: list[str],
        room: int,
        source: Blended | Path,
        kept: float = 1.0,
    ) -> Blending:
        """A fresh base with one adapter, whose numbers come from a blend or from the folder of
        one."""
        from assay.training.peft_files import put

        first = self.first
        beside: Lora = first.model_copy(
            update={
                "rank": rank,
                "alpha": float(rank),  # the scaling is in B already
                "rs": False,
                "initialise": "default",
                "targets": tuple(layers),
                "layers": 0,
                "dropout": 0.0,
            }
        )
        bare = replace(lesson, train=(), val=())
        model = beside.open(bare)
        change = beside.change(model, bare)
        if isinstance(source, Path):
            change.read(source)
        else:
            kept = source.kept
            sides = {"lora_A": 0, "lora_B": 1}
            put(
                change.trained,
                {
                    f"{name}.{side}.default.weight": product[place]
                    for name, product in source.products.items()
                    for side, place in sides.items()
                },
            )
        model.network.eval().requires_grad_(False)
        return Blending(model, lesson.task, room, change.write, self, rank, layers, kept)


class Blending(Prompted):
    """The blended model, asked as its inner arms were trained.

    Attributes:
        kept: share of the squared change that the cut to a small rank has left.
    """

    def __init__(
        self,
        model: LanguageModel,
        task: Task,
        room: int,
        write: Callable[[Path], None],
        settings: Blend,
        rank: int,
        layers: list[str],
        kept: float,
    ):
        super().__init__(model, task, labels=False, room=room)
        self._write, self.settings, self.rank, self.layers, self.kept = (
            write,
            settings,
            rank,
            layers,
            kept,
        )

    def save(self, folder: Path) -> None:
        self._write(folder)
        kept = {
            "format": 1,
            "room": self.room,
            "rank": self.rank,
            "layers": self.layers,
            "kept": self.kept,
        }
        write_json(folder / "blend.json", kept)
        write_json(folder / "note.json", {"notes": [self.summary]})

    @property
    def summary(self) -> str:
        """How it was made, as a sentence of the report."""
        text = (
            f"{len(self.settings.inners)} adapters were combined ({self.settings.how}) into one"
            f" of rank {self.rank}"
        )
        exact = self.settings.how in ("average", "add")
        return (
            f"{text}."
            if exact
            else f"{text}, which keeps {100 * self.kept:.1f} % of the squared change."
        )
