"""The likelihood of a fixed set of answers after many prompts.

How       The answers' tokens form a trie; its nodes follow each prompt in one row, and each node sees the prompt and
          its own ancestors only. A token's log-probability is read at its parent, so a shared beginning of answers is
          computed once, and the shared beginning of prompts once for all rows.
Exactness Scores are those of the separate sequences up to rounding; the output layer runs in fp32, because a bf16
          logit of 20 is rounded to 1/8.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Trie:
    """Answers merged by their beginnings; node 0.. are tokens in depth-first order, the root is the prompt."""

    tokens: list[int]
    parent: list[int]  # -1: the prompt's last token
    depth: list[int]  # 0 for children of the root
    ends: list[int]  # for each answer the node of its last token

    @classmethod
    def of(cls, answers: Sequence[Sequence[int]]) -> "Trie":
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

    @property
    def inner(self) -> list[int]:
        """Nodes that have children: the only ones (with the prompt's end) whose logits are needed."""
        return sorted({node for node in self.parent if node >= 0})

    def computed(self) -> list[int]:
        """Nodes that must go through the model: those with children. A leaf is only ever predicted."""
        return self.inner

    def ancestors(self) -> torch.Tensor:
        """(inner, inner) bool: row i sees column j when j is an ancestor of i or i itself."""
        inner = self.inner
        place = {node: i for i, node in enumerate(inner)}
        sees = torch.zeros(len(inner), len(inner), dtype=torch.bool)
        for i, node in enumerate(inner):
            while node >= 0:
                sees[i, place[node]] = True
                node = self.parent[node]
        return sees

    def sums(self, log_probs: torch.Tensor) -> torch.Tensor:
        """From the log-probability of each node given its parent, (rows, nodes), to that of each answer,
        (rows, answers). Parents come before children, so one pass adds up the paths."""
        total = log_probs.clone()
        for node, parent in enumerate(self.parent):
            if parent >= 0:
                total[:, node] += total[:, parent]
        return total[:, self.ends]
