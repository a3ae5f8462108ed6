"""How well a model foresees the test texts: bits a byte, and perplexity a token.

bits_per_byte   minus the log2 likelihood of all texts, over their bytes in UTF-8. Models with other
                tokens compare
perplexity      e to the minus mean natural-log likelihood of a token: as unsure as between so many
                tokens
Read            `Answer.nats` and `Answer.read`: what the arm's model made of the row's text, given
                all before it
Missing         an answer without them is left out; an arm that reads no likelihoods has no value
Watch out       perplexities compare only between arms with the same tokenizer. One row of great
                length weighs as much as its length
Source          Jelinek et al. (1977), Perplexity, doi.org/10.1121/1.2016299; bits a byte: Gao et
                al. (2020), The Pile, arxiv.org/abs/2101.00027, section 3.1
"""

import math
from collections.abc import Sequence

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.evaluation.metrics.by_label import share


def _read(records: Sequence[Record]) -> np.ndarray:
    """Columns: nats, tokens, bytes."""
    rows = np.zeros((len(records), 3))
    for row, record in zip(rows, records, strict=True):
        if record.answer.nats is not None:
            row[:] = record.answer.nats, record.answer.read, len(record.target.encode())
    return rows


class BitsPerByte(Metric):
    """Two columns: nats of the text, its bytes."""

    name = "bits_per_byte"
    about = "minus the log2 likelihood of the texts over their bytes"
    higher_is_better = False
    high = math.inf
    unit = "bits a byte"

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        return _read(records)[:, [0, 2]]

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        return share(np.asarray(sums)[..., 0], np.asarray(sums)[..., 1], np.nan) / math.log(2)


class Perplexity(Metric):
    """Two columns: nats of the text, its tokens."""

    name = "perplexity"
    about = "how many tokens the model wavers between: e to the mean surprise of a token, in nats"
    higher_is_better = False
    low = 1.0
    high = math.inf
    unit = "tokens"

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        return _read(records)[:, :2]

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        # A token of a text that the model rules out would be e to the infinity: beyond what a float
        # holds it is that.
        with np.errstate(over="ignore"):
            return np.exp(share(np.asarray(sums)[..., 0], np.asarray(sums)[..., 1], np.nan))
