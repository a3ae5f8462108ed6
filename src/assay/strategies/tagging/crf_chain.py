"""A linear-chain conditional random field: trained by CRFsuite, read here.

What it is for   the tags of a text's words, all of them together: `crf` gives them meaning
How              the score of a run of tags is the sum of its words' feature weights and of a weight
                 for each pair of neighbouring tags; its probability is the exponential of that over
                 the sum for all runs
Source           Lafferty, McCallum and Pereira (2001), repository.upenn.edu/cis_papers/159;
                 training, by L-BFGS (with L1, OWL-QN): Okazaki (2007), CRFsuite,
                 chokkan.org/software/crfsuite; best run: Viterbi (1967),
                 doi.org/10.1109/TIT.1967.1054010
Why read here    CRFsuite's own files are read by C code that trusts them; JSON can be read from
                 anywhere
Watch out        CRFsuite writes weights with 6 decimals: its probabilities differ from these in the
                 fifth or so
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from assay.strategies.tagging.field_schema import OUTSIDE

if TYPE_CHECKING:
    import numpy as np

ITERATIONS = 100


@dataclass(frozen=True)
class Chain:
    """
    Attributes:
        tags: what a word may be.
        weights: feature -> (number of a tag, weight) of those that are not 0.
        moves: from tag to tag, one list of weights for each tag.
    """

    tags: Sequence[str]
    weights: Mapping[str, Sequence[Sequence[float]]]
    moves: Sequence[Sequence[float]]

    def best(self, words: Sequence[Sequence[str]]) -> tuple[list[str], float]:
        """The likeliest tags of the words with these features, and their probability. Among equals,
        the first tags."""
        import numpy as np

        if not words:
            return [], 1.0
        own, moves = self._own(words), np.array(self.moves)
        high, total, came = own[0], own[0], []
        for scores in own[1:]:
            paths = high[:, None] + moves
            came.append(paths.argmax(0))
            high = paths.max(0) + scores
            total = _log_sum(total[:, None] + moves) + scores
        found = [int(high.argmax())]
        for back in reversed(came):
            found.append(int(back[found[-1]]))
        share = float(np.exp(min(0.0, high.max() - _log_sum(total[:, None])[0])))
        return [self.tags[i] for i in reversed(found)], share

    def _own(self, words: Sequence[Sequence[str]]) -> np.ndarray:
        """What the features of each word say of its tag, (words, tags)."""
        import numpy as np

        made = []
        for names in words:
            scores = [0.0] * len(self.tags)
            for name in names:
                for tag, weight in self.weights.get(name, ()):
                    scores[int(tag)] += weight
            made.append(scores)
        return np.array(made)

    def to_json(self) -> dict[str, Any]:
        return {"tags": self.tags, "weights": self.weights, "moves": self.moves}


def _log_sum(scores: np.ndarray) -> np.ndarray:
    """The logarithm of the sum of exponentials, over the first axis."""
    import numpy as np

    most = scores.max(0)
    return most + np.log(np.exp(scores - most).sum(0))


def train_chain(
    rows: Sequence[tuple[Sequence[Sequence[str]], Sequence[str]]], c1: float, c2: float
) -> Chain:
    """The chain that is likeliest for rows of (features of each word, tags).

    CRFsuite is given numbers in place of names, so that no letter of a text can mean something in
    its dump.

    Args:
        c1: weight of the L1 penalty. c2: of the L2 penalty.
    """
    import pycrfsuite

    crfsuite: Any = pycrfsuite  # has no types
    tags = sorted({tag for _, own in rows for tag in own}, key=lambda tag: (tag != OUTSIDE, tag))
    names = sorted({name for words, _ in rows for word in words for name in word})
    tag_number, number = ({one: str(i) for i, one in enumerate(of)} for of in (tags, names))
    trainer = crfsuite.Trainer(algorithm="lbfgs", verbose=False)
    more = {"max_iterations": ITERATIONS, "feature.possible_transitions": True}
    trainer.set_params({"c1": c1, "c2": c2, **more})
    for words, own in rows:
        if words:
            trainer.append(
                [[number[name] for name in word] for word in words],
                [tag_number[tag] for tag in own],
            )
    with TemporaryDirectory() as place:
        trainer.train(str(Path(place) / "chain"))
        tagger = crfsuite.Tagger()
        tagger.open(str(Path(place) / "chain"))
        read = tagger.info()
        tagger.close()
    moves = [[0.0] * len(tags) for _ in tags]
    for (before, after), weight in read.transitions.items():
        moves[int(before)][int(after)] = weight
    weights: dict[str, list[tuple[int, float]]] = {}
    for (name, tag), weight in sorted(
        read.state_features.items(), key=lambda one: tuple(map(int, one[0]))
    ):
        if weight:
            weights.setdefault(names[int(name)], []).append((int(tag), weight))
    return Chain(tags, weights, moves)
