"""The settings under `evaluate: {bias: ...}`."""

from typing import Literal

from pydantic import Field

from assay.config.audits.base import QuestionSettings
from assay.core.types import Settings
from assay.data.augment.counterfactual import Group

Remedy = Literal["counterfactual", "balance", "adapter"]


class Checklist(Settings):
    """Rows of another file that every asked arm answers, counted by group: a public test of a
    weakness, say."""

    file: str
    text: str  # the columns
    label: str
    group: str
    labels: dict[str, str] = {}  # label of the file -> label of the task; the others are left out
    rows: int = Field(default=1000, ge=20, le=20000)  # drawn by the seed


class Bias(QuestionSettings):
    """Whether answers change with who is spoken of; gaps between groups; what a remedy changes, and
    what it costs."""

    swap: tuple[Group, ...] = Field(default=("gender", "names", "nationality"), min_length=1)
    # Test rows, and as many with each frame, that are drawn. 100 pairs know a share of one in ten
    # to about +-6 points.
    rows: int = Field(default=100, ge=10, le=5000)
    # For pairs and remedies together: where all pairs would take longer, fewer are asked, of thirty
    # rows at least.
    minutes: float = Field(default=12.0, gt=0)
    # the recommended, the best, the best floor and the base as it is when left out
    arms: tuple[str, ...] = ()
    # Ways of training that should lower the gaps; the recommended arm and the best floor are fitted
    # again.
    remedies: tuple[Remedy, ...] = ("counterfactual",)
    checklists: tuple[Checklist, ...] = ()
    # Does the base, and each trained arm, prefer stereotypes, and does it refuse what is harmless?
    social: bool = True
    # Folders of crows_pairs, winogender or xstest, beside assay's own pairs and prompts.
    sets: tuple[str, ...] = ()
    # Pairs, and a tenth as many prompts, that are drawn.
    pairs: int = Field(default=400, ge=20, le=5000)
