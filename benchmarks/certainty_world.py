"""Synthetic studies whose truth is known: test rows, labels, and the answers of several arms to
them.

Labels    frequencies fall with their rank as 1 / rank^0.8, shaken; each label is as hard as chance
          made it
Rows      an arm is right where its ability and the row's difficulty add up to more than 0 (a probit
          model). Half of the difficulty's variance is the row's own and shared by all arms, half is
          each arm's
Groups    30 of 100 rows have their group's favourite label; 30 % of the difficulty is the group's;
          sizes are uneven
Mistakes  a wrong answer is another label, drawn by frequency
Truth     accuracy in closed form. A macro-F1 depends on how many rows are asked (labels without a
          row are left out), so its truth is the mean over very many test sets of the same size
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

SHARED = 0.5  # of a row's difficulty: what all arms have in common
GROUPED = 0.3  # of a row's difficulty, and of its label: what its group brings


@dataclass(frozen=True)
class World:
    """A population: label frequencies (labels,), and the ability of each arm on each label, (arms,
    labels)."""

    frequency: np.ndarray
    ability: np.ndarray

    @property
    def accuracy(self) -> np.ndarray:
        """Of each arm, (arms,)."""
        return (self.frequency * ndtr(self.ability)).sum(axis=1)


def world(
    labels: int, accuracies: np.ndarray, draw: np.random.Generator, own: float = 0.0
) -> World:
    """A population in which the arms have these accuracies.

    Args:
        own: how much the arms differ in which labels they find hard.
    """
    frequency = np.exp(draw.normal(0, 0.3, labels)) / np.arange(1, labels + 1) ** 0.8
    frequency /= frequency.sum()
    hard = draw.normal(0, 0.35, labels) + own * draw.normal(0, 1, (len(accuracies), labels))
    level = [
        brentq(lambda m, row=row, aim=aim: (frequency * ndtr(m + row)).sum() - aim, -9, 9)
        for row, aim in zip(hard, accuracies, strict=True)
    ]
    return World(frequency, hard + np.array(level)[:, None])


@dataclass(frozen=True)
class Studies:
    """Many test sets. targets (studies, rows); answers (studies, arms, rows) as label numbers;
    groups as targets."""

    targets: np.ndarray
    answers: np.ndarray
    groups: np.ndarray | None


def studies(
    of: World, many: int, rows: int, groups: int, draw: np.random.Generator, fits: int = 1
) -> Studies:
    """`many` test sets of `rows` rows in `groups` groups (0: none).

    Args:
        fits: seeds of each arm. Each fit's ability is off by chance, as if it were a little better
            or worse; its answers stand beside each other: arms x fits.
    """
    arms, labels = of.ability.shape
    steps = np.cumsum(of.frequency)
    steps[-1] = 1

    def label(*shape: int) -> np.ndarray:
        return np.searchsorted(steps, draw.random(shape))

    targets, shared, code = label(many, rows), draw.normal(size=(many, rows)), None
    own = draw.normal(size=(many, arms, rows))
    if groups:
        size = draw.gamma(2.0, size=(many, groups))
        edges = np.cumsum(size, axis=1) / size.sum(axis=1, keepdims=True)
        code = np.stack([np.searchsorted(edge[:-1], draw.random(rows)) for edge in edges])
        favourite = np.take_along_axis(label(many, groups), code, 1)
        targets = np.where(draw.random((many, rows)) < GROUPED, favourite, targets)
        shared = _mixed(
            np.take_along_axis(draw.normal(size=(many, groups)), code, 1), shared, GROUPED
        )
        mine = draw.normal(size=(many, arms, groups))
        own = _mixed(np.take_along_axis(mine, np.repeat(code[:, None], arms, 1), 2), own, GROUPED)
    ability = of.ability[:, targets].transpose(1, 0, 2)
    if fits > 1:
        ability = np.repeat(ability, fits, 1) + 0.1 * draw.normal(size=(many, arms * fits, 1))
        own = _mixed(np.repeat(own, fits, 1), draw.normal(size=(many, arms * fits, rows)), 0.6)
    right = ability + _mixed(shared[:, None], own, SHARED) > 0
    wrong = label(*right.shape)
    wrong = np.where(wrong == targets[:, None], (wrong + 1) % labels, wrong)
    return Studies(targets, np.where(right, targets[:, None], wrong), code)


def _mixed(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    return np.sqrt(share) * first + np.sqrt(1 - share) * second


def columns(targets: np.ndarray, answers: np.ndarray, metric: str, labels: int) -> np.ndarray:
    """The rows of one arm as the product's metric has them: (rows, 1) or (rows, 3 labels)."""
    right = targets == answers
    if metric == "accuracy":
        return right[:, None].astype(float)
    found, at = np.zeros((len(targets), 3 * labels)), np.arange(len(targets))
    found[at[right], targets[right]] = 1
    found[at[~right], labels + answers[~right]] = 1
    found[at[~right], 2 * labels + targets[~right]] = 1
    return found


def macro_f1(of: Studies, labels: int) -> np.ndarray:
    """Of every test set and arm, (studies, arms)."""
    many, arms, rows = of.answers.shape
    targets = np.repeat(of.targets[:, None], arms, 1).reshape(-1, rows)
    answers = of.answers.reshape(-1, rows)
    start = np.arange(len(targets))[:, None] * labels
    right = targets == answers

    def counted(which: np.ndarray) -> np.ndarray:
        return np.bincount(which, minlength=len(targets) * labels).reshape(-1, labels)

    hit = counted((start + targets)[right])
    weight = hit + counted((start + targets).ravel()) + counted((start + answers)[~right])
    f1 = np.divide(2 * hit, weight, out=np.zeros(hit.shape), where=weight > 0)
    return (f1.sum(axis=1) / (weight > 0).sum(axis=1)).reshape(many, arms)
