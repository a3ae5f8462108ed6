"""Another project that has fitted a strategy, as a lesson of a new one finds it."""

from dataclasses import replace

from assay.core.means import FittedArm


def with_old_project(given, strategy, folder):
    """The lesson with a folder of its own, and the arm that the other project has.

    Args:
        given: the other project's lesson. folder: for the files of both.
    """
    arm = strategy.fit(given)
    kept = folder / "old" / "work" / "fit" / "key" / "arm"
    kept.mkdir(parents=True)
    arm.save(kept)
    manifest = {
        "strategy": {"kind": strategy.kind, **strategy.non_defaults()},
        "task": given.task.model_dump(mode="json"),
        "base": "tiny",
        "models": {},
    }
    found = FittedArm(manifest, kept, lambda split: getattr(given, split))
    work = folder / "new"
    work.mkdir()
    means = replace(given.means, workdir=work, existing=lambda reference: found)
    return replace(given, means=means), arm
