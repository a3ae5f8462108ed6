"""Every model that strategies need, brought to this machine before the first of them is fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.config.start import is_generated
from assay.core.errors import ResourceError
from assay.core.project_paths import near
from assay.core.types import Strategy, Tell
from assay.models.packages import INSTALL, need

if TYPE_CHECKING:
    from assay.config import Project


def computable(
    project: Project, arms: dict[str, Strategy], *, chosen: bool, tell: Tell
) -> dict[str, Strategy]:
    """The arms that can run here. Where the packages that compute models are not installed, arms
    that need them are left out, with a warning, if assay chose what is compared; if a person did,
    that is refused.

    Args:
        chosen: a person named these arms, in the command.

    Raises:
        ResourceError: R007, with the command that runs the other arms.
    """
    local = [
        name
        for name, arm in arms.items()
        if any(model not in project.remote for model in arm.needs(project.model))
    ]
    rest = {name: arm for name, arm in arms.items() if name not in local}
    run = f"assay run {near(project.target)}"
    try:
        need(local, "compare", f"run the others: {run} --only {','.join(rest)}" if rest else "")
    except ResourceError as error:
        if chosen or not rest or not is_generated(project.folder / project.file):
            raise
        (problem,) = error.problems
        left = "they are" if len(local) > 1 else "it is"
        text = f"{problem.text}; {left} left out. To compare them: {INSTALL}, then {run}"
        tell({"event": "warning", "code": problem.code, "count": len(local), "text": text})
        return rest
    return arms


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
