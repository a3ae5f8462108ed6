"""The likelihood of fixed answers after prompts, for a model that is computed on plain rows alone.

How    A prompt and an answer are one row, padded on the right, without a mask: no token sees what
       follows it. Answers that begin alike are computed apart all the same: the model may pass
       states on that cannot be handed out.
Costs  the prompt once for each answer
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from assay.models.inference.batch_plan import by_length, repeat_cache
from assay.models.inference.position_limit import rows_of, sides

if TYPE_CHECKING:
    from assay.models.inference.causal_lm import CausalLM
    from assay.models.inference.option_scores import Trie

TOKENS = 4096  # computed at once


def groups(model: CausalLM, sequences: Sequence[Sequence[int]], trie: Trie) -> list[list[int]]:
    """Prompts that `scores` takes together."""
    longest = max(map(len, sequences)) + max(trie.depth) + 1
    size = max(1, TOKENS // (longest * len(set(trie.ends))))
    order = sorted(range(len(sequences)), key=lambda row: (len(sequences[row]), row))
    return [order[begin : begin + size] for begin in range(0, len(order), size)]


def scores(model: CausalLM, sequences: Sequence[Sequence[int]], trie: Trie) -> np.ndarray:
    """Natural-log likelihood of each answer, float64, (prompts, answers). Answers on either side of
    the model's position limit are computed with the frequencies of their own length."""
    leaves = sorted(set(trie.ends))
    rows = [(row, leaf) for row in range(len(sequences)) for leaf in leaves]
    lengths = [len(sequences[row]) + trie.depth[leaf] + 1 for row, leaf in rows]
    out = np.zeros((len(sequences), len(trie.tokens)))
    for side, beyond in sides(model.position_limit, lengths):
        some = [rows[i] for i in side]
        with rows_of(beyond):
            found = _nodes(model, sequences, trie, some)
        for row, leaf in some:
            out[row, leaf] = found[row, leaf]
    return out[:, trie.ends]


def _nodes(
    model: CausalLM,
    sequences: Sequence[Sequence[int]],
    trie: Trie,
    rows: Sequence[tuple[int, int]],
) -> np.ndarray:
    """Log-likelihood of each node on the way to these leaves, (prompts, nodes).

    Args:
        rows: (prompt, leaf), all on one side of the position limit.
    """
    from assay.models.inference.option_scores import children_of

    # in depth-first order: from the prompt down
    paths = [np.flatnonzero(trie.sees[leaf]) for _, leaf in rows]
    # (prompt, node) -> what its children are read at
    states: dict[tuple[int, int], torch.Tensor] = {}
    lines = [
        [*sequences[row], *(trie.tokens[node] for node in path[:-1])]
        for (row, _), path in zip(rows, paths, strict=True)
    ]
    for batch in by_length([len(line) for line in lines], TOKENS):
        hidden = right_padded(model, [lines[i] for i in batch])
        for place, i in enumerate(batch):
            row, first = rows[i][0], len(sequences[rows[i][0]]) - 1
            for step, node in enumerate([-1, *paths[i][:-1].tolist()]):
                states.setdefault((row, node), hidden[place, first + step])
    out = np.zeros((len(sequences), len(trie.tokens)))
    keys = list(states)
    found = children_of(
        trie, torch.stack([states[key] for key in keys]), [node for _, node in keys], model.logits
    )
    for (row, parent), values in sorted(zip(keys, found, strict=True), key=lambda one: one[0]):
        out[row, trie.children[parent]] = (out[row, parent] if parent >= 0 else 0.0) + values
    return out


def right_padded(model: CausalLM, rows: Sequence[Sequence[int]]) -> torch.Tensor:
    """Hidden states of rows of ids, (rows, tokens, width), those of padding among them; trained
    keys and values stand before them, if there are."""
    width = max(map(len, rows))
    ids = torch.tensor(
        [[*row, *[row[0]] * (width - len(row))] for row in rows], device=model.device
    )
    soft = model.beginning([])
    if soft is None:
        return model.body(input_ids=ids, use_cache=False).last_hidden_state
    before = soft.tokens
    return model.body(
        input_ids=ids,
        position_ids=torch.arange(before, before + width, device=ids.device)[None].expand(
            len(ids), -1
        ),
        attention_mask=ids.new_ones(len(ids), before + width),
        cache=repeat_cache(soft.cache, len(ids)),
        use_cache=True,
    ).last_hidden_state
