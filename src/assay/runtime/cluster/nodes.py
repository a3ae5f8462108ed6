"""What the nodes of a cluster have: the project's folder and models, versions, processors.

How       a small task on every node, before anything is fitted. It is sent as code, so that it runs
          where assay is not installed, too
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.core import store
from assay.core.errors import Problem, ResourceError
from assay.models.environment import LIBRARIES, package_version, versions_of
from assay.runtime.cluster.node_worker import unseen_problem

MARK = "seen-by-nodes"  # a file in the work folder, while the nodes are looked at
SECONDS = 120.0  # that a node may take to start a process


@dataclass(frozen=True)
class Node:
    """A node that lives. `numeric`: its `numeric_environment`; resources: name -> all it has."""

    name: str
    id: str
    resources: Mapping[str, float]
    numeric: Mapping[str, str]


def living(ray: Any) -> list[dict[str, Any]]:
    return [node for node in ray.nodes() if node["Alive"]]


def inspect(ray: Any, work: Path, paths: Sequence[str], libraries: Iterable[str]) -> list[Node]:
    """Every node that lives, once each sees the folder and the models and has the versions of this
    machine.

    Args:
        work: the project's results. paths: of models. libraries: whose versions count.

    Raises:
        ResourceError: R182, R183, R186, with every node that is unfit.
    """
    names = sorted({*LIBRARIES, *libraries})
    ours = {"assay": package_version("assay"), **versions_of(names)}
    token, mark = uuid.uuid4().hex, work / MARK
    store.write_text(mark, token)
    nodes, problems = [], []
    try:
        asked = [
            (
                node,
                on_node(ray, node["NodeID"], _look()).remote(str(mark), token, list(paths), names),
            )
            for node in living(ray)
        ]
        for node, ref in asked:
            name = node["NodeManagerAddress"]
            try:
                told = ray.get(ref, timeout=SECONDS)
            except ray.exceptions.RayError as error:
                problems.append(_silent_problem(name, error))
                continue
            if found := _unfit(name, told, ours):
                problems.append(found)
            else:
                nodes.append(Node(name, node["NodeID"], node["Resources"], told["numeric"]))
    finally:
        mark.unlink(missing_ok=True)
    if problems:
        # Nodes of one machine, or of one mistake, say the same.
        raise ResourceError(*dict.fromkeys(problems))
    return nodes


def on_node(ray: Any, id: str, work: Callable[..., Any] | type) -> Any:
    """A task or an actor of one node, which takes none of its resources; `remote` starts it."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    there = NodeAffinitySchedulingStrategy(id, soft=False)
    again = {} if isinstance(work, type) else {"max_retries": 0}
    return ray.remote(work).options(num_cpus=0, scheduling_strategy=there, **again)


def _look() -> Callable[..., dict[str, Any]]:
    """The task. A function inside a function is sent by its code, not by its name."""

    def look(mark: str, token: str, paths: list[str], names: list[str]) -> dict[str, Any]:
        import os
        from pathlib import Path

        there = Path(mark)
        sees = there.is_file() and there.read_text() == token
        unseen = [path for path in paths if not Path(path).exists()]
        told = {"unseen": [*([] if sees else [str(there.parent)]), *unseen]}
        try:
            from assay.models import environment
        except ImportError as error:
            return {**told, "lacks": str(error)}
        # Ray hides the cards of a task that asks for none.
        os.environ.pop("CUDA_VISIBLE_DEVICES", None)
        versions = environment.versions_of(names)
        versions["assay"] = environment.package_version("assay")
        return {**told, "versions": versions, "numeric": environment.numeric_environment()}

    return look


def _unfit(name: str, told: Mapping[str, Any], ours: Mapping[str, str]) -> Problem | None:
    if told["unseen"]:
        return unseen_problem(name, told["unseen"])
    help = "install the same versions on every node: pip install -c constraints.txt 'assay[...]'"
    if "lacks" in told:
        return Problem("R183", f"the node {name} cannot load assay: {told['lacks']}", "on", help)
    others = [
        f"{library} {theirs} (here {ours[library]})"
        for library, theirs in sorted(told["versions"].items())
        if theirs != ours[library]
    ]
    return (
        Problem("R183", f"the node {name} has {', '.join(others)}", "on", help) if others else None
    )


def _silent_problem(name: str, error: Exception) -> Problem:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = f"the node {name} ran no task: {(lines or ['no reason given'])[-1]}"
    help = "look at its log in /tmp/ray/session_latest/logs, or take it out of the cluster"
    return Problem("R186", text, "on", help)
