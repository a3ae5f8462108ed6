"""Several fitted arms in one process: the networks that they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from assay.config.serve import BASE
from assay.core.errors import ModelError, Problem, UsageError, unknown_name
from assay.core.types import Adapted, LanguageModel, Lesson, Means, Precision, Strategy

if TYPE_CHECKING:
    from assay.deployment.server.engine_choice import EngineName
    from assay.deployment.shared_base.base import Laid
    from assay.deployment.shared_base.multi_adapter import Many
    from assay.models.inference.chat_model import ChatModel
    from assay.runtime.arms.runner import Bench

# those of `server/engine_choice.py`, which loads torch
ENGINES: tuple[EngineName, ...] = ("own", "llama.cpp", "vllm")


@dataclass
class SharedNetworks:
    """The networks of several arms. Those that want one base in the same bits and precision share
    it, each with its own adapter; an arm that changes the network itself, or asks another model,
    has one of its own."""

    _bases: dict[Laid, Many] = field(default_factory=dict)

    def restore(
        self, bench: Bench, name: str, strategy: Strategy, folder: Path, lesson: Lesson
    ) -> Adapted:
        from assay.deployment.shared_base.arms import restore
        from assay.deployment.shared_base.base import Laid, adapters_in, laying

        project = bench.project
        encoders = strategy.encoders()
        asked = [one for one in strategy.needs(project.model) if one not in encoders]
        try:
            loras = list(adapters_in(strategy))
        except ModelError:  # M114: such an arm shares its base with no other
            return strategy.restore(folder, lesson)
        wanted = laying(loras[0], lesson.base) if loras else Laid(lesson.base)
        if asked != [wanted.model] or wanted.model in project.remote:  # a floor, or several models
            return strategy.restore(folder, lesson)
        return restore(self._base(wanted, strategy, lesson), name, strategy, folder, lesson)

    def base(self, bench: Bench) -> ChatModel:
        """The project's base, without an adapter.

        Raises:
            UsageError: C154, it is remote.
        """
        from assay.deployment.shared_base.base import Laid

        def load_network(name: str, precision: Precision = "auto") -> LanguageModel:
            from assay.models.loading.find import LocalModel
            from assay.models.open import load_model

            return load_model(LocalModel.from_json(bench.models[name]), precision)

        project = bench.project
        if project.model in project.remote:
            raise UsageError(
                Problem(
                    "C154",
                    f"{project.model} is remote: it is served already",
                    BASE,
                    "name a strategy",
                )
            )
        lesson = Lesson(
            bench.prepared.task, base=project.model, means=Means(open_model=load_network)
        )
        return self._base(Laid(project.model), None, lesson).model("")

    def _base(self, wanted: Laid, strategy: Strategy | None, lesson: Lesson) -> Many:
        from assay.deployment.shared_base.multi_adapter import Many

        if wanted not in self._bases:
            self._bases[wanted] = Many.open(strategy, lesson)
        return self._bases[wanted]


def engine_named(kind: str, weights: Mapping[str, Path]) -> EngineName:
    """The engine of that name, whose weights are there.

    Raises:
        UsageError: C153, there is no such engine, or its weights are not there.
    """
    found = next((one for one in ENGINES if one == kind), None)
    if found is None:
        raise UsageError(unknown_name("C153", "engine", kind, ENGINES, "--engine"))
    if kind == "own" and weights:
        raise UsageError(
            Problem(
                "C153", "assay's own engine has the strategy's weights", "--weights", "leave it out"
            )
        )
    missing = [str(path) for path in weights.values() if not path.exists()]
    if kind != "own" and (missing or not weights):
        text = f"{kind} writes with exported weights; {', '.join(missing) or 'none'} is not there"
        way = "--weights FILE.gguf for llama.cpp, --weights FOLDER of a merged model for vllm"
        raise UsageError(Problem("C153", text, "--weights", way))
    return found
