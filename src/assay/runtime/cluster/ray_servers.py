"""Workers of a run on the nodes of a Ray cluster, in the place of its fork servers.

Resources a strategy without a model asks for one processor. One with a model asks for as many as
          this machine would compute with (OMP_NUM_THREADS, else its processors), at most what the
          largest node has; for a graphics card where the cluster has one; `on:` says otherwise
Same      threads, variables that choose kernels and versions are those of this machine, so that the
          answers are
Here      what asks a model behind an address stays on this machine: its limits a minute, its budget
          and its key are those of one asker
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from assay.config.cluster import ClusterSettings
from assay.core import store
from assay.core.errors import Problem, ResourceError
from assay.core.types import Preload, Tell
from assay.models.environment import SWITCHES, numeric_environment, threads
from assay.runtime.arms.process import WAY, Process, Servers
from assay.runtime.cluster.node_worker import NodeProcess, NodeServers, NodeWorker
from assay.runtime.cluster.nodes import SECONDS, Node, inspect, living, on_node

ENDING = 5.0  # seconds that fork servers get to clean up
MOST = 256  # strategies that wait for a node, or are at work on one, at a time
NEURAL = ("models", "training")  # levels of a strategy that runs a model
UNITS = {"CPU": "processors", "GPU": "graphics cards", "memory": "bytes of memory"}


class RayServers(Servers):
    """
    Args:
        ray: the module, connected. here: for what stays on this machine.
    """

    def __init__(self, ray: Any, settings: ClusterSettings, here: Servers):
        super().__init__(start=False, at_once=MOST)
        self._ray, self._settings, self._here = ray, settings, here
        self._nodes: list[Node] = []
        self._wanted: dict[str, float] = {}  # of a strategy that runs a model
        self._forks: dict[str, str] = {}  # node -> folder of its fork servers

    def inspect(
        self, work: Path, models: dict[str, dict[str, Any]], libraries: Iterable[str], tell: Tell
    ) -> None:
        """Look at the nodes, and derive what a strategy asks for.

        Raises:
            ResourceError: as `nodes.inspect`; R184, no node has what the settings ask for.
        """
        paths = [model["folder"] for model in models.values() if "folder" in model]
        self._nodes = inspect(self._ray, work, paths, libraries)
        self._wanted = resources_of(self._settings, self._nodes)
        self._refuse(self._wanted)
        fit = self._able()
        kinds = {(node.numeric["processor"], self._card(node)) for node in fit}
        if len(kinds) > 1:
            text = (
                f"the {len(fit)} nodes have {len(kinds)} kinds of processors or graphics cards:"
                " numbers may differ in their last digits by the node"
            )
            tell({"event": "warning", "code": "R187", "count": len(kinds), "text": text})
        count = f"{len(self._nodes)} node{'s' * (len(self._nodes) > 1)}"
        tell({"event": "note", "text": f"strategies run on {count} of a Ray cluster"})

    def numeric(self) -> dict[str, str]:
        """That of the nodes which can take a strategy with a model."""
        node = self._able()[0]
        return {
            **numeric_environment(),
            "processor": node.numeric["processor"],
            "threads": str(int(self._wanted["CPU"])),
            "gpu": self._card(node),
        }

    def memory(self) -> float:
        """Ray keeps the account of that, where it is asked to."""
        return math.inf

    def ready(self, levels: Iterable[Preload]) -> None:
        """Start fork servers on every node, and wait until they have imported all. On a node that
        joins later, and for a graphics card, workers are started cold."""
        levels = sorted(levels)
        if not levels or os.environ.get(WAY) == "cold":
            return
        variables = self._variables({})
        actors = [
            on_node(self._ray, node.id, NodeServers).remote(variables) for node in self._nodes
        ]
        self._stack.callback(self._end_servers, actors)
        asked = [actor.start.remote(levels) for actor in actors]
        for node, told in zip(self._nodes, asked, strict=True):
            with suppress(self._ray.exceptions.RayError):  # one that was lost has none
                self._forks[node.id] = self._ray.get(told, timeout=SECONDS)

    def _end_servers(self, actors: Sequence[Any]) -> None:
        ended = [actor.end.remote() for actor in actors]
        with suppress(self._ray.exceptions.RayError):
            self._ray.wait(ended, num_returns=len(ended), timeout=ENDING)
        for actor in actors:
            self._ray.kill(actor)

    def fork(
        self, level: Preload, module: str, argument: Path, stdin: bool, stderr: int
    ) -> Process | None:
        """The worker of a stage on a node that has what it asks for; here where its model is behind
        an address."""
        request = store.read_json(argument / "request.json")
        if any("remote" in model for model in request["models"].values()):
            return self._here.fork(level, module, argument, stdin, stderr)
        wanted = self._wanted if level in NEURAL else {"CPU": 1.0}
        paths = [request["work"], request["data"]]
        paths += [m["folder"] for m in request["models"].values() if "folder" in m]
        actor: Any = self._ray.remote(NodeWorker).options(
            num_cpus=wanted["CPU"],
            num_gpus=wanted.get("GPU", 0),
            memory=int(wanted["memory"]) if "memory" in wanted else None,
            max_restarts=self._settings.retries,
            max_task_retries=-1,
        )
        variables = self._variables(wanted)
        return NodeProcess(
            self._ray,
            lambda: actor.remote(
                str(argument.absolute()), variables, paths, level, dict(self._forks)
            ),
            lambda: self._refuse(wanted),
        )

    def _variables(self, wanted: dict[str, float]) -> dict[str, str]:
        chosen = {name: os.environ[name] for name in SWITCHES if os.environ.get(name)}
        hidden = {} if wanted.get("GPU") else {"CUDA_VISIBLE_DEVICES": ""}
        return {"OMP_NUM_THREADS": str(int(self._wanted["CPU"])), **chosen, **hidden}

    def _able(self) -> list[Node]:
        return [node for node in self._nodes if _has(node.resources, self._wanted)]

    def _card(self, node: Node) -> str:
        return node.numeric["gpu"] if self._wanted.get("GPU") else "none"

    def _refuse(self, wanted: Mapping[str, float]) -> None:
        """
        Raises:
            ResourceError: R184, no node that lives has so much.
        """
        problem = lacking_problem([node["Resources"] for node in living(self._ray)], wanted)
        if problem is not None:
            raise ResourceError(problem)


def resources_of(settings: ClusterSettings, nodes: Sequence[Node]) -> dict[str, float]:
    """What a strategy that runs a model asks of its node, under Ray's names."""
    gpus = settings.gpus
    if gpus is None:
        gpus = float(any(node.resources.get("GPU", 0) >= 1 for node in nodes))
    having = [node for node in nodes if node.resources.get("GPU", 0) >= gpus]
    most = max((int(node.resources.get("CPU", 0)) for node in having), default=0)
    wanted = {"CPU": float(settings.cpus or max(1, min(threads(), most)))}
    if gpus:
        wanted["GPU"] = gpus
    if settings.memory is not None:
        wanted["memory"] = settings.memory * 1e9
    return wanted


def lacking_problem(
    nodes: Sequence[Mapping[str, float]], wanted: Mapping[str, float]
) -> Problem | None:
    """R184 where no node has all of it."""
    if any(_has(node, wanted) for node in nodes):
        return None
    asked = ", ".join(f"{amount:g} {UNITS[name]}" for name, amount in wanted.items())
    most = ", ".join(
        f"{max((node.get(name, 0) for node in nodes), default=0):g} {UNITS[name]}"
        for name in wanted
    )
    text = f"no node has {asked} for a strategy; the most that one has: {most}"
    help = "ask for less (on.cpus, on.gpus, on.memory), or add such a node to the cluster"
    return Problem("R184", text, "on", help)


def _has(resources: Mapping[str, float], wanted: Mapping[str, float]) -> bool:
    return all(resources.get(name, 0) >= amount for name, amount in wanted.items())
