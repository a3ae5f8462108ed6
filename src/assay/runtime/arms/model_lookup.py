"""Every model that strategies need, brought to this machine before the first of them is fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.config.start import is_generated
from assay.core.errors import ModelError, Problem, ResourceError
from assay.core.project_paths import near
from assay.core.types import Strategy, Tell
from assay.models.packages import INSTALL, need
from assay.runtime.arms.existing_arms import find_existing
from assay.strategies.baselines.existing import references

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
        found[name] = _local(name, project, kind, offline, tell)
    for reference in dict.fromkeys(one for arm in strategies for one in references(arm)):
        found[reference], other = find_existing(project, reference)
        _find_theirs(found, reference, other, offline, tell)
    return found


def _find_theirs(
    found: dict[str, dict[str, Any]], reference: str, other: Project, offline: bool, tell: Tell
) -> None:
    """The models that a strategy of another project needs, which must be those that it was fitted
    with.

    Raises:
        ModelError: M112, they are not.
    """
    for name, digest in found[reference]["models"].items():
        if name not in found and name in other.remote:
            found[name] = other.remote[name].describe(name, offline=offline)
        elif name not in found:
            kind = "embedder" if name in found[reference]["encoders"] else "causal"
            found[name] = _local(name, other, kind, offline, tell)
        if found[name]["digest"] != digest:
            text = (
                f"{found[reference]['name']} was fitted with another {name}: {digest[:12]}, here"
                f" {found[name]['digest'][:12]}"
            )
            way = "give both projects the same model, or run the other one again"
            raise ModelError(Problem("M112", text, str(other.target), help=way))


def _local(name: str, project: Project, kind: Any, offline: bool, tell: Tell) -> dict[str, Any]:
    from assay.models.loading.find import find

    model = find(name, base=project.folder, offline=offline, tell=tell, kind=kind)
    return {
        "folder": str(model.folder),
        "name": model.name,
        "digest": model.digest,
        "note": model.note,
        "licence": model.licence,
        "context_length": model.context_length,
    }
