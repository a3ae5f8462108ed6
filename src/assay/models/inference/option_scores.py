"""The likelihood of a fixed set of answers after many prompts.

How       The answers' tokens form a trie. The prompt is computed once; then the branches are
          followed, a bundle of tokens at a time: each token sees the prompt and its own ancestors,
          and its log-probability is read at its parent. A branch's likelihood only falls on the way
          down, so what is known of it bounds all its answers.
Exactness Branches are left when all their answers together, taken at these bounds, are at most a
          share `left` of all answers, and none of them may be among the PLACES best. So every
          answer's share of all is within `left` of that of the separate sequences, up to rounding,
          whoever is left; one that is left carries its bound, which is a share below `left`. The
          output layer runs in fp32: a bf16 logit of 20 is rounded to 1/8.
Followed  Of each prompt an answer may be named that is followed to its end whatever it is worth:
          its likelihood is exact too.
Closed    A closed trie's tokens are told from those that can stand in their place, not from the
          whole vocabulary: the answers' likelihoods add up to 1. A token without an alternative is
          certain, so what follows the last fork is not computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch

LOGIT_ROWS = 512  # rows of the output layer at once: 512 x 49,152 fp32 logits are 100 MB
# nats: where only the order of the best is open, branches this close are followed in the same pass
WIDTH = 1.0
# the best answers, whose order is always right: reports and reviews tell the second beside the
# first
PLACES = 2


@dataclass(frozen=True)
class Trie:
    """Answers merged by their beginnings; nodes are tokens in depth-first order, -1 is the prompt's
    last token."""

    tokens: list[int]
    parent: list[int]
    depth: list[int]  # 0 for children of the prompt
    ends: list[int]  # for each answer the node of its last token
    closed: bool = False  # there are no other answers than these

    @classmethod
    def of(cls, answers: Sequence[Sequence[int]]) -> Trie:
        trie = cls([], [], [], [0] * len(answers))
        known: dict[tuple[int, ...], int] = {}
        for index in sorted(range(len(answers)), key=lambda i: (list(answers[i]), i)):
            node = -1
            for length, token in enumerate(answers[index], start=1):
                path = tuple(answers[index][:length])
                if path not in known:
                    known[path] = len(trie.tokens)
                    trie.tokens.append(token)
                    trie.parent.append(node)
                    trie.depth.append(length - 1)
                node = known[path]
            trie.ends[index] = node
        return trie

    @cached_property
    def alone(self) -> Trie:
        """The same answers, closed."""
        return replace(self, closed=True)

    @cached_property
    def children(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for node, parent in enumerate(self.parent):
            found.setdefault(parent, []).append(node)
        return found

    @cached_property
    def sees(self) -> np.ndarray:
        """(nodes, nodes) bool: column j is an ancestor of row i, or i itself."""
        sees = np.eye(len(self.tokens), dtype=bool)
        for node, parent in enumerate(self.parent):  # parents come before their children
            if parent >= 0:
                sees[node] |= sees[parent]
        return sees

    @cached_property
    def answers(self) -> np.ndarray:
        """(nodes,): how many answers end at each node or below it."""
        return self.sees[self.ends].sum(0)

    def chain(self, node: int) -> list[int]:
        """`node` and what follows it until the next fork: all of it is needed as soon as `node`
        is."""
        nodes = [node]
        while len(below := self.children[nodes[-1]]) == 1 and below[0] in self.children:
            nodes.append(below[0])
        return nodes


class Descent:
    """The way down the trie for one prompt: what is known, and what is worth computing next."""

    def __init__(self, trie: Trie, left: float, follow: int | None = None, places: int = PLACES):
        self.trie = trie
        # (nodes,) bool: what leads to the answer that is followed whatever it is worth
        self.needed = trie.sees[trie.ends[follow]] if follow is not None else None
        self.left = math.log(left) if left else -math.inf
        # log-likelihood from the prompt down to each node
        self.total = np.full(len(trie.tokens), -math.inf)
        self.open: set[int] = set()  # known nodes with children that were not computed yet
        self.whole = -math.inf  # log of the sum of the answers known to their end
        self.best = [-math.inf] * places  # of these, the likeliest first

    def learn(self, parent: int, log_probs: np.ndarray) -> None:
        """`log_probs` of the children of `parent`, in the trie's order."""
        above = self.total[parent] if parent >= 0 else 0.0
        for child, value in zip(self.trie.children[parent], log_probs, strict=True):
            last = self._reach(child, above + float(value))
            if last in self.trie.children:
                self.open.add(child)
            else:
                same = int(self.trie.answers[last])  # options may be the same tokens
                self.whole = float(np.logaddexp(self.whole, self.total[last] + math.log(same)))
                ended = [*self.best, *[float(self.total[last])] * same]
                self.best = sorted(ended, reverse=True)[: len(self.best)]

    def _reach(self, node: int, total: float) -> int:
        """Note how likely `node` is, and in a closed trie what follows it without a choice. The
        last of these."""
        self.total[node] = total
        while self.trie.closed and len(below := self.trie.children.get(node, ())) == 1:
            node = below[0]
            self.total[node] = total
        return node

    def next(self) -> list[int]:
        """The nodes to compute now, parents before children; none when the rest cannot matter."""
        if not self.open:
            return []
        rest = np.array(sorted(self.open))
        bound = self.total[rest]
        worth = self._heavy(bound + np.log(self.trie.answers[rest]))
        if not worth.any():  # no share can change; who is second may
            worth = (bound > self.best[-1]) & (bound >= bound.max() - WIDTH)
        if self.needed is not None:
            worth |= self.needed[rest]
        nodes = [link for node in rest[worth].tolist() for link in self.trie.chain(node)]
        self.open -= set(nodes)
        return nodes

    def _heavy(self, mass: np.ndarray) -> np.ndarray:
        """Which branches must be followed, whatever the others come to: all but the lightest, that
        together are at most the share `left` of everything. `mass`: logs, of all that may lie below
        each."""
        if self.left == -math.inf:
            return np.ones(len(mass), dtype=bool)
        order = np.argsort(mass)
        sums = np.logaddexp.accumulate(mass[order])
        heavy = np.zeros(len(mass), dtype=bool)
        heavy[order] = sums > self.left + np.logaddexp(self.whole, sums[-1])
        return heavy

    def expand(self, node: int, log_probs: np.ndarray) -> None:
        self.learn(node, log_probs)
        # The rest of a chain is in the same pass; it is not open.
        self.open -= set(self.trie.chain(node)) if len(self.trie.children[node]) == 1 else set()

    def scores(self) -> np.ndarray:
        """Of each answer: its log-likelihood, or that of as much of it as was followed."""
        out = []
        for end in self.trie.ends:
            node = end
            while self.total[node] == -math.inf and self.trie.parent[node] >= 0:
                node = self.trie.parent[node]
            out.append(self.total[node])
        return np.array(out)


# (rows' token ids, depths, who sees which column, which rows go on) -> hidden states (tokens,
# width) of the places that are no padding, row by row; padding is token -1
Forward = Callable[[np.ndarray, np.ndarray, np.ndarray, Sequence[int]], torch.Tensor]


def descend(
    trie: Trie,
    first: torch.Tensor,
    forward: Callable[[Sequence[int]], Forward],
    logits: Callable[[torch.Tensor], torch.Tensor],
    *,
    left: float,
    rows_at_once: int,
    together: int,
    follow: Sequence[int | None] | None = None,
    places: int = PLACES,
) -> np.ndarray:
    """Scores of all answers for the rows of one batch, float64, (rows, answers).

    Args:
        first: hidden states of the prompts' last tokens, (rows, width).
        forward: for some of the rows, what computes more of their tokens; see `Forward`. Columns
            are those it was given before.
        logits: the output layer. rows_at_once: states that it gets in one call.
        left: the share of all answers that may be left; 0 follows all.
        together: rows that go down together, at most: those with about as many nodes to compute,
            for the others are padded to the most.
        follow: of each row an answer that is followed to its end, or None. places: the best
            answers of which the order has to be right.
    """
    follow = [None] * len(first) if follow is None else follow
    descents = [Descent(trie, left, answer, places) for answer in follow]
    for descent, values in zip(
        descents, children_of(trie, first, [-1] * len(first), logits, rows_at_once), strict=True
    ):
        descent.learn(-1, values)
    wanted = [descent.next() for descent in descents]
    rows = sorted(
        (row for row, nodes in enumerate(wanted) if nodes), key=lambda row: len(wanted[row])
    )
    for begin in range(0, len(rows), together):
        some = rows[begin : begin + together]
        _follow(
            trie, {row: descents[row] for row in some}, wanted, forward(some), logits, rows_at_once
        )
    return np.stack([descent.scores() for descent in descents])


def _follow(
    trie: Trie,
    descents: dict[int, Descent],
    first: Sequence[list[int]],
    forward: Forward,
    logits: Callable[[torch.Tensor], torch.Tensor],
    rows_at_once: int,
) -> None:
    """Take some rows down to the end; `first` are the nodes that each row wants first."""
    alive = list(descents)
    columns = np.full((len(alive), 0), -1)  # nodes computed so far, -1 for padding
    wanted = {row: first[row] for row in alive}
    while wanted:
        keep = [place for place, row in enumerate(alive) if row in wanted]
        alive = [alive[place] for place in keep]
        width = max(map(len, wanted.values()))
        nodes = np.array([wanted[row] + [-1] * (width - len(wanted[row])) for row in alive])
        columns = np.concatenate([columns[keep], nodes], 1)
        real = columns >= 0
        sees = (
            trie.sees[nodes[:, :, None], columns[:, None, :]]
            & real[:, None, :]
            & (nodes >= 0)[:, :, None]
        )
        # padding sees itself
        sees[:, np.arange(width), columns.shape[1] - width + np.arange(width)] = True
        ids = np.where(nodes >= 0, np.array(trie.tokens)[nodes], -1)
        depth = np.where(nodes >= 0, np.array(trie.depth)[nodes], 0)
        states = forward(ids, depth, sees, keep)
        owners, parents = np.nonzero(nodes >= 0)[0], nodes[nodes >= 0].tolist()
        found = children_of(trie, states, parents, logits, rows_at_once)
        for row, node, values in zip(owners, parents, found, strict=True):
            descents[alive[row]].expand(node, values)
        wanted = {row: nodes for row in alive if (nodes := descents[row].next())}


def children_of(
    trie: Trie,
    states: torch.Tensor,
    parents: Sequence[int],
    logits: Callable[[torch.Tensor], torch.Tensor],
    rows_at_once: int = LOGIT_ROWS,
) -> list[np.ndarray]:
    """Log-probabilities of each parent's children, read at its hidden state: among all tokens, or,
    where the trie is closed, among these children alone."""
    out: list[np.ndarray] = []
    for start in range(0, len(parents), rows_at_once):
        values = logits(states[start : start + rows_at_once])
        norms = None if trie.closed else torch.logsumexp(values, -1).double()
        for row, parent in enumerate(parents[start : start + rows_at_once]):
            own = values[row, [trie.tokens[child] for child in trie.children[parent]]].double()
            out.append(
                (own - (torch.logsumexp(own, -1) if norms is None else norms[row])).cpu().numpy()
            )
    return out
