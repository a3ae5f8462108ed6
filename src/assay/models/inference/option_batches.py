"""The likelihood of fixed answers after many prompts: which rows run together, and what each of
them sees.

How     Prompts are taken some at a time, so that memory does not grow with their number. What they
        all begin with is computed once (shared_prefix.py); of the rest either padded rows are
        computed or, where many rows begin alike in groups, a token tree whose keys and values are
        then dealt out to the rows. The answers' trie follows (option_scores.py), without padding
        (packed_batch.py). Where some layer looks back over less than a row's length, rows have
        copies of the beginning, and a mask for each window (attention_mask.py). A model that is
        computed on plain rows alone: padded_scoring.py.
Close   Where the two best options of a row lie within CLOSE nats in bf16, its rounding may choose
        between them: the row is scored again in fp32, by a copy of the network (`CausalLM.exact`).
        All its options are: shares of scores in two precisions would be neither's.
Rerun   What runs together depends on the prompts alone, some at a time in order: a run that goes on
        after a kill gives the same scores.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers import DynamicCache

from assay.core.types import Messages, Tell
from assay.models.inference import padded_scoring
from assay.models.inference.attention_mask import Sight
from assay.models.inference.attention_segments import TreeLayout
from assay.models.inference.batch_generation import reach
from assay.models.inference.batch_plan import Padded, by_length, common_prefix, repeat_cache
from assay.models.inference.option_scores import LOGIT_ROWS, PLACES, Forward, Trie, descend
from assay.models.inference.packed_batch import SuffixTokens
from assay.models.inference.position_limit import rows_of, sides_with_answers
from assay.models.inference.shared_prefix import Beginning
from assay.models.inference.shared_prefix_attention import mask_hidden
from assay.models.tokenizer.token_tree import Tree, common

if TYPE_CHECKING:
    from assay.models.inference.causal_lm import CausalLM

ROWS = 256  # prompts that are tokenised and sorted together
# computed tokens a batch: past this, larger batches gain nothing on a processor
BATCH_TOKENS = 4096
ROOM = 24  # tokens a row that scoring adds to its prompt, about
# rows that go down the answers' trie together: with more, most of what they compute is padding
TOGETHER = 64
# Nats. Of 260 rows of banking77 (6 and 77 options, 16 shots) bf16 chose otherwise than fp32 on 8,
# all within 0.29.
CLOSE = 0.4
TREE_GAINS = 0.7  # of the padded tokens: with fewer nodes than that a tree is faster


def likelihoods(
    model: CausalLM,
    prompts: Sequence[Messages],
    options: Sequence[str],
    left: float,
    tell: Tell | None,
    *,
    rounded: bool = False,
    follow: Sequence[int | None] | None = None,
) -> np.ndarray:
    """See `ChatModel.score`."""
    trie = Trie.of([model.chat.answer(option) for option in options])
    trie = trie.alone if model.closed else trie
    follow = [None] * len(prompts) if follow is None else follow
    places = 1 if rounded and left >= 1 else PLACES
    scores = np.zeros((len(prompts), len(options)))
    cut = 0
    for begin in range(0, len(prompts), ROWS):
        some = prompts[begin : begin + ROWS]

        def tell_progress(done: int, before: int = begin) -> None:
            if tell:
                tell(
                    {
                        "event": "progress",
                        "done": before + done,
                        "total": len(prompts),
                        "unit": "answer",
                    }
                )

        own, wanted = scores[begin : begin + ROWS], follow[begin : begin + ROWS]
        how = OptionSearch(trie, left, places)
        cut += _score(model, some, how, wanted, own, tell_progress)
        close = [] if rounded else near_ties(own)
        if len(close) and (exact := model.exact()):
            again = np.zeros((len(close), len(options)))
            few, few_wanted = ([these[row] for row in close] for these in (some, wanted))
            _score(exact, few, how, few_wanted, again, lambda done: None)
            own[close] = again
    model.warn_cut(cut, tell)
    return scores


def near_ties(scores: np.ndarray) -> np.ndarray:
    """The rows whose two best options lie within CLOSE nats, but for options of the very same
    score, which are the same tokens."""
    if scores.shape[1] < 2:
        return np.zeros(0, dtype=int)
    best = np.sort(scores, 1)[:, ::-1]
    gaps = best[:, :1] - best[:, 1:]
    return np.flatnonzero(((gaps < CLOSE) & (gaps > 0)).any(1))


@dataclass(frozen=True)
class OptionSearch:
    """How answers are followed: see `descend`."""

    trie: Trie
    left: float
    places: int = PLACES


def _score(
    model: CausalLM,
    prompts: Sequence[Messages],
    how: OptionSearch,
    follow: Sequence[int | None],
    out: np.ndarray,
    told: Callable[[int], None],
) -> int:
    """Write the scores of rows that are sorted together to `out`. Returns how many prompts were
    cut."""
    longest = max(how.trie.depth) + 1
    sequences, starts, cut = tokenise_prompts(model, prompts, longest)
    done = 0
    lengths = list(map(len, sequences))
    for rows, beyond in sides_with_answers(model.position_limit, lengths, longest):
        own = [sequences[row] for row in rows]
        if own and (math.isnan(beyond) or not model.takes_trees):
            for some in padded_scoring.groups(model, own, how.trie):
                group = [rows[row] for row in some]
                out[group] = padded_scoring.scores(model, [sequences[i] for i in group], how.trie)
                told(done := done + len(group))
        elif own:
            with rows_of(beyond):
                for batch in batches(model, own, [starts[row] for row in rows], longest):
                    group = [rows[row] for row in batch.rows]
                    out[group] = batch.scores(how, [follow[row] for row in group])
                    told(done := done + len(group))
    return cut


def tokenise_prompts(
    model: CausalLM, prompts: Sequence[Messages], room: int
) -> tuple[list[list[int]], list[int], int]:
    """Token ids, where the last message's text begins in each, and how many were cut to leave
    `room`."""
    sequences, starts, cut = [], [], 0
    for messages in prompts:
        ids, start, lost = model.chat.prompt_with_start(messages, room=room)
        sequences.append(ids)
        starts.append(start)
        cut += lost > 0
    return sequences, starts, cut


def prefix_length(sequences: Sequence[Sequence[int]], starts: Sequence[int]) -> int:
    """How many first tokens the rows share, the same in every part of a run, so that its beginning
    is found again: up to where the last messages begin, if these do not share much themselves; else
    a multiple of eight."""
    most = common_prefix(sequences)
    start = min(starts)
    if 4 <= start <= most < start + 16:
        return start
    return most // 8 * 8


def batches(
    model: CausalLM, sequences: Sequence[list[int]], starts: Sequence[int], room: int
) -> Iterator[PromptBatch]:
    """The rows in batches, longest first or, on trees, in the order of their tokens.

    Args:
        room: tokens of the longest answer.
    """
    shared = prefix_length(sequences, starts)
    beginning = model.beginning(sequences[0][:shared])
    own = [sequence[shared:] for sequence in sequences]
    before = beginning.tokens if beginning else 0
    # A beginning that is lent is seen by every token; so all of it has to lie in every layer's
    # reach.
    within = before + max(map(len, own)) + room <= reach(model.network, "sliding_window")
    lent = beginning is not None and beginning.lent and within
    by_size = by_length(
        [len(row) for row in own], BATCH_TOKENS, extra=ROOM + (0 if lent else before)
    )
    padded = sum(len(batch) * len(own[batch[0]]) for batch in by_size)
    if beginning and lent and (groups := by_tree(own, TREE_GAINS * padded)):
        for group in groups:
            yield on_tree(model, beginning, group, [own[row] for row in group])
        return
    for batch in by_size:
        yield in_rows(model, beginning, batch, [own[row] for row in batch], lent=lent)


def by_tree(rows: Sequence[list[int]], most: float) -> list[list[int]]:
    """Rows in the order of their tokens, in batches of at most BATCH_TOKENS nodes; none where these
    are more than `most` nodes altogether."""
    out: list[list[int]] = []
    nodes = total = 0
    last = np.zeros(0, dtype=np.int64)
    for row in sorted(range(len(rows)), key=lambda i: (rows[i], i)):
        new = np.asarray(rows[row])
        fresh = len(new) - common(last, new)
        if not out or nodes + fresh > BATCH_TOKENS:
            out.append([])
            fresh = nodes = len(new)
        else:
            nodes += fresh
        out[-1].append(row)
        total += fresh
        last = new
    return out if total < most else []


@dataclass
class PromptBatch:
    """Rows whose prompts are computed.

    Attributes:
        rows: which ones. first: hidden states of their last tokens, (rows, width).
        cache: keys and values of what they do not look up in `lent`, padded on the left.
        real: (rows, columns) False for padding. last: (rows, 1) the positions of their last tokens.
        places: (rows, columns) the position of each key; not needed where a beginning is lent.
    """

    model: CausalLM
    rows: list[int]
    first: torch.Tensor
    cache: DynamicCache
    real: torch.Tensor
    last: torch.Tensor
    lent: Beginning | None
    places: torch.Tensor | None = None

    def scores(self, how: OptionSearch, follow: Sequence[int | None]) -> np.ndarray:
        return descend(
            how.trie,
            self.first,
            self._forward_of,
            self.model.logits,
            left=how.left,
            rows_at_once=LOGIT_ROWS,
            together=len(self.rows) if self.lent is None else TOGETHER,
            follow=follow,
            places=how.places,
        )

    def _forward_of(self, rows: Sequence[int]) -> Forward:
        """`_forward` for some of the rows, with a cache as wide as their own tokens."""
        if self.lent is None:  # copies of the beginning lie in the cache: as they are
            self._keep(rows)
            return self._forward
        index = torch.tensor(rows, device=self.model.device)
        real = self.real[index]
        width = int(real.sum(1).max())
        cache = DynamicCache()
        layers: list[Any] = self.cache.layers
        for number, layer in enumerate(layers):
            cache.update(layer.keys[index, :, -width:], layer.values[index, :, -width:], number)
        part = [self.rows[row] for row in rows]
        first, last = self.first[index], self.last[index]
        return replace(
            self, rows=part, first=first, cache=cache, real=real[:, -width:], last=last
        )._forward

    def _keep(self, rows: Sequence[int]) -> None:
        index = torch.tensor(rows, device=self.model.device)
        self.cache.batch_select_indices(index)
        self.real, self.last = self.real[index], self.last[index]
        if self.places is not None:
            self.places = self.places[index]

    def _forward(
        self, ids: np.ndarray, depth: np.ndarray, sees: np.ndarray, keep: Sequence[int]
    ) -> torch.Tensor:
        """See `score.Forward`."""
        device = self.model.device
        if len(keep) < len(self.real):
            self._keep(keep)
        tokens = torch.from_numpy(ids).to(device)
        prompt = self.real[:, None, :].expand(-1, tokens.shape[1], -1)
        mask = torch.cat([prompt, torch.from_numpy(sees).to(device)], 2)[:, None]
        places, real = self.last + 1 + torch.from_numpy(depth).to(device), tokens >= 0
        if self.lent:
            line = SuffixTokens(self.lent, self.cache, real)
            return line.states(
                self.model.body, tokens, places, mask_hidden(~mask, self.model.head.weight.dtype)
            )
        assert self.places is not None, "no beginning is lent"
        self.places = torch.cat([self.places, places], 1)
        given = seeing(Sight(mask[:, 0], places, self.places), self.cache)
        return self.model.body(
            input_ids=tokens.clamp(min=0), position_ids=places, **given
        ).last_hidden_state[real]


def in_rows(
    model: CausalLM,
    beginning: Beginning | None,
    which: list[int],
    own: Sequence[list[int]],
    *,
    lent: bool,
) -> PromptBatch:
    """Padded rows; `lent`: they look at the beginning where it stands, else they have copies of
    it."""
    rows = Padded.of(
        own, start=beginning.tokens if beginning else 0, pad=model.pad, device=model.device
    )
    states, cache, sight = prefill_rows(model, beginning, rows, lent=lent)
    found = which, states[:, -1], cache
    if lent:
        return PromptBatch(model, *found, rows.real, rows.depth[:, -1:], beginning)
    real = torch.cat(
        [rows.real.new_ones(len(own), sight.key.shape[1] - rows.ids.shape[1]), rows.real], 1
    )
    return PromptBatch(model, *found, real, rows.depth[:, -1:], None, sight.key)


def prefill_rows(
    model: CausalLM, beginning: Beginning | None, rows: Padded, *, lent: bool = False
) -> tuple[torch.Tensor, DynamicCache, Sight]:
    """Hidden states (rows, columns, width) of what follows the beginning, the keys and values that
    came with it, behind copies of the beginning's where it is not lent, and what was seen."""
    n, columns = rows.ids.shape
    sees = (
        torch.ones(columns, columns, dtype=torch.bool, device=model.device).tril()
        & rows.real[:, None, :]
    )
    sees |= torch.eye(columns, dtype=torch.bool, device=model.device)  # padding sees itself
    if lent:
        cache, sight = DynamicCache(), Sight(sees, rows.depth, rows.depth)
        given = {**seeing(sight, cache), "before": beginning}
    else:
        cache = repeat_cache(beginning.cache, n) if beginning else None
        cache = cache or DynamicCache()
        start = cache.get_seq_length()
        before = torch.arange(start, device=model.device).expand(n, -1)
        sees = torch.cat([sees.new_ones(n, columns, start), sees], 2)
        sight = Sight(sees, rows.depth, torch.cat([before, rows.depth], 1))
        given: dict[str, Any] = seeing(sight, cache)
    states = model.body(input_ids=rows.ids, position_ids=rows.depth, **given)
    return states.last_hidden_state, cache, sight


def seeing(sight: Sight, cache: DynamicCache) -> dict[str, Any]:
    """What a body is given so that its attention sees this: any mask of four dimensions passes
    transformers by."""
    mask = torch.ones(1, 1, 1, 1, dtype=torch.long, device=sight.query.device)
    return {"attention_mask": mask, "sight": sight, "cache": cache, "use_cache": True}


def on_tree(
    model: CausalLM, beginning: Beginning, which: list[int], own: Sequence[list[int]]
) -> PromptBatch:
    """One token tree, then the rows' own keys and values, gathered along their paths."""
    tree = Tree.of(own)
    start, cache = beginning.tokens, repeat_cache(beginning.cache, 1)
    assert cache is not None, "a copy of one that is there"
    ids, depth = (
        torch.from_numpy(part)[None].to(model.device) for part in (tree.tokens, tree.depth)
    )
    states = model.body(
        input_ids=ids,
        position_ids=depth + start,
        attention_mask=ids.new_ones(1, 1, 1, 1),
        cache=cache,
        use_cache=True,
        tree=TreeLayout(tree, model.device),
    ).last_hidden_state[0]
    width = max(map(len, own))
    places = np.stack(
        [np.pad(path, (width - len(path), 0), constant_values=-1) for path in tree.paths]
    )
    real = torch.from_numpy(places >= 0).to(model.device)
    found = torch.from_numpy(places.clip(0) + start).to(model.device)
    layers: list[Any] = cache.layers
    for layer in layers:
        layer.keys = layer.keys[0][:, found].transpose(0, 1).contiguous()
        layer.values = layer.values[0][:, found].transpose(0, 1).contiguous()
    last = torch.tensor([[start + len(row) - 1] for row in own], device=model.device)
    return PromptBatch(model, which, states[found[:, -1] - start], cache, real, last, beginning)
