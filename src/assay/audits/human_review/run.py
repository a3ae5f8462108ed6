"""What people say of the answers, where they were asked: the ratings of `assay review`, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.audits.context import Seen

if TYPE_CHECKING:
    from assay.config import Project
    from assay.core.types import Strategy
    from assay.runtime.data_stage.prepare import Prepared

KEY = "people"


def is_enabled(project: Project, prepared: Prepared) -> bool:
    from assay.audits.human_review.review import FOLDER

    return (project.place(FOLDER) / "ratings.jsonl").exists()


def strategies(project: Project, prepared: Prepared) -> list[Strategy]:
    return []


def ask(seen: Seen) -> dict[str, Any] | None:
    """See `human_review.Review.tally`."""
    from assay.audits.human_review.review import Review

    return Review(seen.bench.project.target).tally(level=seen.level, seed=seen.seed)


def sentences(found: dict[str, Any]) -> list[str]:
    """None: the section of the report says it."""
    return []
