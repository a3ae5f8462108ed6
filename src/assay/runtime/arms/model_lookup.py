"""Every model that strategies need, brought to this machine before the first of them is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assay.core.project_paths import near
from assay.core.types import Strategy, Tell
from assay.models.packages import need

if TYPE_CHECKING:
    from assay.config import Project


def refuse_models(project: Project, arms: Mapping[str, Strategy]) -> None:
    """Arms whose models would be computed on this machine, where the packages for that are not
    installed.

    Raises:
        ResourceError: R007, with the command that runs the other arms.
    """
    local = [
        name
        for name, arm in arms.items()
        if any(model not in project.remote for model in arm.needs(project.model))
    ]
    rest = ",".join(name for name in arms if name not in local)
    others = f"run the others: assay run {near(project.target)} --only {rest}" if rest else ""
    need(local, "compare", others)


def find_models(
    project: Project, strategies: Any, offline: bool, tell: Tell
) -> dict[str, dict[str, Any]]:
    """Bring every model that an arm needs to this machine; name -> folder, digest and what the
    report must say."""
    from assay.models.loading.find import find

    strategies = list(strategies)
    encoders = {name for strategy in strategies for name in strategy.encoders()}
    needed = dict.fromkeys(
        name for strategy in strategies for name in strategy.needs(project.model)
    )
    found = {}
    for name in needed:
        if name in project.remote:
            found[name] = project.remote[name].describe(name, offline=offline)
            continue
        kind = "embedder" if name in encoders else "causal"
        model = find(name, base=project.folder, offline=offline, tell=tell, kind=kind)
        found[name] = {
            "folder": str(model.folder),
            "name": model.name,
            "digest": model.digest,
            "note": model.note,
            "licence": model.licence,
            "context_length": model.context_length,
        }
    return found
