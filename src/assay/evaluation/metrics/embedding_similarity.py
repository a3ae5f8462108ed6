"""How near an answer's meaning is to an accepted one's, as a small sentence encoder sees it:
cosine, mean over rows.

What it counts   the cosine of the vectors of answer and target, the best over all accepted answers
Encoder          all-MiniLM-L6-v2, that of the arm `knn`. It is asked once the arms have
                 answered, in a process of its own, and what it said is kept:
                 `runtime/arms/embedding_similarity.py` puts it in `Record`
Unreadable       an answer that could not be parsed, or is empty, has 0, and stays in n
Missing          records that no encoder was asked about are left out
Watch out        it cannot decide between arms: opposites ("it is open", "it is not open") lie close
                 together, and two texts that have nothing in common still have 0.1 or so. Values
                 between one encoder and another do not compare
Source           Reimers and Gurevych (2019), Sentence-BERT, aclanthology.org/D19-1410; Zhang et al.
                 (2020), BERTScore, arxiv.org/abs/1904.09675, on meaning vectors as a measure
"""

from collections.abc import Sequence

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.evaluation.metrics.by_label import share


class EmbeddingSimilarity(Metric):
    """Two columns: the row's cosine, and 1 where it has one."""

    name = "embedding_similarity"
    about = (
        "cosine of answer and target by a sentence encoder, mean over rows; it is shown and"
        " cannot decide"
    )
    low = -1.0
    decides = False

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        said = [(0.0, 0.0) if record.alike is None else (record.alike, 1.0) for record in records]
        return np.array(said, dtype=np.float64).reshape(-1, 2)

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        return share(np.asarray(sums)[..., 0], np.asarray(sums)[..., 1], np.nan)
