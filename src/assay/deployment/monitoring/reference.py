"""What a log is held against: the project's rows, drawn to a bearable number, with their vectors
and families."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from assay.core.errors import AssayError, DataError, Problem
from assay.core.types import Example, Tell
from assay.core.words import WORD
from assay.deployment.monitoring.log_reader import Log, LogEntry

if TYPE_CHECKING:
    import numpy as np

    from assay.config import Project
    from assay.config.monitor import Encoding
    from assay.runtime.data_stage.prepare import Prepared

FEWEST = 30  # questions, and held-back rows, that a test needs
HELD = 200  # held-back rows under which training rows are held back too
# rows that are compared; of more, a draw with the seed
MOST = {"log": 2000, "held": 1500, "train": 5000}
NEAR = 0.8  # rows as alike are of one family


@dataclass(frozen=True)
class Against:
    """The log beside the project's rows. `vectors` are those of the log, the held-back and the
    training rows."""

    log: list[LogEntry]
    train: list[Example]
    held: list[Example]
    vectors: Any  # (log, held, train; width), rows of length 1 or 0; dense or sparse
    encoder: str
    families: np.ndarray  # of the log's rows, then of the held-back ones

    @property
    def n(self) -> int:
        return len(self.log)

    @property
    def sample_vectors(self) -> Any:
        """Vectors of the log's and of the held-back rows."""
        return self.vectors[: self.n + len(self.held)]

    @property
    def train_vectors(self) -> Any:
        """Vectors of the training rows."""
        return self.vectors[self.n + len(self.held) :]

    @cached_property
    def distances(self) -> np.ndarray:
        from assay.deployment.monitoring.two_sample_tests import distance

        return distance(self.sample_vectors, self.train_vectors)


def against(
    project: Project, prepared: Prepared, log: Log, encoder: Encoding, offline: bool, tell: Tell
) -> Against:
    """Draw the rows that are compared, and compute what they are compared by.

    Raises:
        DataError: D151, too few held-back rows.
    """
    import numpy as np

    draw = random.Random(project.seed)
    train = subsample([e.question for e in prepared.examples("train")], MOST["train"], draw)
    held = [e.question for split in ("val", "test") for e in prepared.examples(split)]
    if len(held) < HELD:
        train, more = _hold_back(train, HELD - len(held), draw)
        held += more
    held = subsample(held, MOST["held"], draw)
    if len(held) < FEWEST or not train:
        text = (
            f"the project has {len(held)} held-back and {len(train)} training rows; the"
            f" comparison needs {FEWEST}"
        )
        raise DataError(
            Problem("D151", text, str(project.folder), help="give it more rows for val and test")
        )
    entries = subsample(log.entries, MOST["log"], draw)
    own = families_of([entry.question for entry in entries])
    families = np.concatenate([own, families_of(held) + int(own.max()) + 1])
    parts = [[entry.question for entry in entries], held, train]
    vectors, name = _vectors(
        project, [[row.text for row in part] for part in parts], encoder, offline, tell
    )
    return Against(entries, train, held, vectors, name, families)


def subsample(rows: Sequence[Any], most: int, draw: random.Random) -> list[Any]:
    if len(rows) <= most:
        return list(rows)
    return [rows[at] for at in sorted(draw.sample(range(len(rows)), most))]


def _hold_back(
    train: list[Example], wanted: int, draw: random.Random
) -> tuple[list[Example], list[Example]]:
    """(what stays, what is held back): whole families, drawn, at most half of the rows."""
    of = families_of(train)
    wanted = min(wanted, len(train) // 2)
    out: set[int] = set()
    count = 0
    order = sorted(set(of.tolist()))
    draw.shuffle(order)
    for family in order:
        size = int((of == family).sum())
        if count + size <= wanted:
            out.add(family)
            count += size
    kept = [row for row, family in zip(train, of.tolist(), strict=True) if family not in out]
    return kept, [row for row, family in zip(train, of.tolist(), strict=True) if family in out]


def families_of(rows: Sequence[Example]) -> np.ndarray:
    """The family of each row as a whole number from 0: near copies and rows of one group."""
    import numpy as np

    from assay.data.dedup.near_duplicates import families
    from assay.data.text_similarity import key_of

    found = np.zeros(len(rows), dtype=np.int64)
    for number, places in enumerate(
        families([key_of(row) for row in rows], [row.group for row in rows], NEAR)
    ):
        found[places] = number
    return found


def _vectors(
    project: Project, parts: list[list[str]], encoder: Encoding, offline: bool, tell: Tell
) -> tuple[Any, str]:
    """Vectors of length 1 of all texts, and the name of what made them."""
    if encoder != "words":
        from assay.models.loading.catalogue import EMBEDDER
        from assay.models.loading.find import find

        try:
            # "auto" takes what is there: a look at a log is no reason to fetch a model.
            model = find(EMBEDDER, offline=offline or encoder == "auto", tell=tell, kind="embedder")
        except AssayError:
            if encoder == "meaning":
                raise
        else:
            return _by_meaning(project, parts, model, tell), EMBEDDER
    from sklearn.feature_extraction.text import TfidfVectorizer

    made = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), token_pattern=WORD.pattern)
    found: Any = made.fit_transform([text for part in parts for text in part])
    return found.tocsr(), "words"


def _by_meaning(project: Project, parts: list[list[str]], model: Any, tell: Tell) -> np.ndarray:
    import numpy as np

    from assay.runtime.data_stage.model_service import Lender

    found = {"name": model.name, "digest": model.digest, "note": model.note, "for": ["watch"]}
    found |= {
        "licence": model.licence,
        "context_length": model.context_length,
        "folder": str(model.folder),
    }
    tell({"event": "stage", "name": "vectors", "state": "start"})
    with Lender({"embed": found}, project.work, tell, stage="vectors") as lender:
        # Part by part: what is kept of the project's rows then serves the next log too.
        vectors = np.concatenate([lender.embed(part) for part in parts])
    tell({"event": "stage", "name": "vectors", "state": "done"})
    return vectors
