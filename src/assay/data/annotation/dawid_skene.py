"""One label of several votes, each annotator weighed by how often and how they err.

Source      Dawid and Skene (1979), Maximum likelihood estimation of observer error-rates using the
            EM algorithm, doi.org/10.2307/2346806
Good when   annotators differ in care, and rows have three votes or more
Watch out   with few rows a label it knows no annotator: then it is majority with a guess; two
            annotators alone cannot be weighed against each other
Defaults    a hundredth of a vote is added to every cell, so that what was never seen stays possible
"""

from collections.abc import Mapping

PRIOR = 0.01
STEPS = 200
ENOUGH = 1e-7  # change of every probability below which it has settled


def weigh(votes: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, float]]:
    """How probable each label is for each row.

    Args:
        votes: {row: {annotator: label}}, a vote at least in every row.

    Returns:
        {row: {label: probability}}, all labels that anybody voted for.
    """
    import numpy as np

    if not votes:
        return {}
    labels = sorted({label for said in votes.values() for label in said.values()})
    people = sorted({annotator for said in votes.values() for annotator in said})
    row, who, what = (
        np.array(column)
        for column in zip(
            *(
                (at, people.index(annotator), labels.index(label))
                for at, said in enumerate(votes.values())
                for annotator, label in said.items()
            ),
            strict=True,
        )
    )
    truth = np.zeros((len(votes), len(labels)))
    np.add.at(truth, (row, what), 1.0)
    truth /= truth.sum(1, keepdims=True)
    for _ in range(STEPS):
        share = truth.sum(0) + PRIOR
        says = np.full((len(people), len(labels), len(labels)), PRIOR)  # annotator, said, true
        np.add.at(says, (who, what), truth[row])
        says /= says.sum(1, keepdims=True)
        logs = np.tile(np.log(share / share.sum()), (len(votes), 1))
        np.add.at(logs, row, np.log(says[who, what]))
        before, truth = truth, np.exp(logs - logs.max(1, keepdims=True))
        truth /= truth.sum(1, keepdims=True)
        if abs(truth - before).max() < ENOUGH:
            break
    return {
        name: {label: float(p) for label, p in zip(labels, line, strict=True)}
        for name, line in zip(votes, truth, strict=True)
    }
