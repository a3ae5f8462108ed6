"""How a network may be computed: found out by computing a little with it, not by its name.

What is compared  hidden states of short rows of tokens. The measure is each row by itself, without
                  a cache, in transformers' plain attention ("eager"). Windows, chunks and the
                  number of keys that a layer picks are narrowed meanwhile, so that the rows are
                  longer than any.
Why               A model may not take its attention from transformers' interface (Falcon), may hand
                  it more than it knows (sinks of GPT-OSS), may have masks of its own (StableLM),
                  may look back over chunks (Llama 4), or may have layers that pass states from each
                  token to the next in the line (state spaces, linear attention). Some of these
                  raise no error and are silently wrong.
Watch out         In bf16 two right ways differ by a percent: what is compared there is coarse. The
                  keywords that a model hands to its attention are exact (see `attention.HARMLESS`).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from transformers import DynamicCache

from assay.models.inference.attention_segments import TreeLayout
from assay.models.inference.batch_pass import BatchPass, line_up
from assay.models.inference.batch_plan import Padded
from assay.models.inference.output_layer import output, scale_logits
from assay.models.inference.position_limit import furthest, rows_of
from assay.models.inference.shared_prefix import PrefixView
from assay.models.inference.shared_prefix_attention import Slots
from assay.models.inference.tree_attention import NAME
from assay.models.tokenizer.token_tree import Tree

CLOSE = {torch.float64: 1e-5, torch.float32: 1e-3}  # relative to the states' size
COARSE = 0.1  # in other types
MEDIAN = 0.05  # there, of the token in the middle: systematic, while experts may fall otherwise
WINDOW = 6  # what windows and chunks are narrowed to
SHARED, OWN = 7, (5, 3, 33)  # tokens of the small tree's trunk and of its branches
NEXT = 2  # tokens that rows of a batch go on with, one after the other
NARROWS = ("sliding_window", "attention_chunk_size", "index_topk")
# What a network may raise that cannot be computed in a way that it does not know.
FAULTS = (RuntimeError, TypeError, ValueError, LookupError, AttributeError, AssertionError)


@torch.no_grad()
def by_themselves(network: Any) -> list[torch.Tensor]:
    """Hidden states of some rows by themselves, for the functions below, (tokens, width) each; none
    where the network cannot compute them."""
    with at_rest(network):
        try:
            return alone(network, some_lines(network))
        except FAULTS:
            return []


@torch.no_grad()
def plain_agrees(network: Any, apart: Sequence[torch.Tensor]) -> bool:
    """Whether rows by themselves have the states that they have in eager attention; those are
    computed by the same network, which has its own attention again afterwards."""
    kind = network.config._attn_implementation
    try:
        network.set_attn_implementation("eager")
        try:
            eager = by_themselves(network)
        finally:
            network.set_attn_implementation(kind)
    except FAULTS:
        return False
    return bool(eager) and close(apart, eager)


def two_ways(network: Any, plain: Any) -> bool:
    """Whether a network and the same one that was loaded with eager attention differ by more than
    rounding: in fp32, in copies where they are in another type."""
    apart, eager = by_themselves(network), by_themselves(plain)
    if not apart or not eager or close(apart, eager):
        return False
    if network.dtype in CLOSE:
        return True
    systematic = max(map(_middle, apart, eager)) > MEDIAN
    return systematic and two_ways(*(copy.deepcopy(one).float() for one in (network, plain)))


@torch.no_grad()
def fault(network: Any, apart: Sequence[torch.Tensor]) -> str:
    """Why rows cannot be computed side by side, padded on the right, or ""."""
    lines, part = some_lines(network), "single rows"
    with at_rest(network):
        try:
            apart = apart or alone(network, lines)
            longest = max(range(len(lines)), key=lambda row: len(lines[row]))
            (shorter,) = alone(network, [lines[longest][:-NEXT]])
            if not close([apart[longest][:-NEXT]], [shorter]):
                return "what it computes for a token depends on those that follow"
            part = "padded rows"
            width = max(map(len, lines))
            ids = torch.stack(
                [torch.cat([line, line[:1].expand(width - len(line))]) for line in lines]
            )
            real = torch.stack([torch.arange(width) < len(line) for line in lines])
            places = torch.arange(width).expand(len(lines), -1)
            given = {"attention_mask": real.long(), "position_ids": places}
            device = network.get_input_embeddings().weight.device
            moved = {name: value.to(device) for name, value in given.items()}
            masked = network.base_model(
                input_ids=ids.to(device), use_cache=False, **moved
            ).last_hidden_state
            bare = network.base_model(input_ids=ids.to(device), use_cache=False).last_hidden_state
            part = "its logits"
            whole = network(input_ids=lines[0][None].to(device), use_cache=False).logits[0]
            _, bias, scale, cap = output(network)
            head = network.get_output_embeddings().weight
            found = scale_logits(torch.nn.functional.linear(apart[0], head, bias), scale, cap)
        except FAULTS:  # what Python says of it helps nobody who has only the model
            return f"the installed transformers cannot compute {part} with it"
    if not close([found], [whole]):
        return "its output layer computes more than a product, a scale and a cap"
    for found in (masked, bare):
        if not close([row[: len(line)] for row, line in zip(found, lines, strict=True)], apart):
            return "what it computes for a row depends on the rows beside it"
    return ""


@torch.no_grad()
def takes_trees(network: Any, apart: Sequence[torch.Tensor] = ()) -> bool:
    """Whether the hidden states of a small tree are those of its separate sequences, and every
    decoder layer has asked the attention function."""
    if network.config._attn_implementation != NAME:
        return False
    lines = some_lines(network)
    device = network.get_input_embeddings().weight.device
    tree = Tree.of([line.tolist() for line in lines])
    layout = TreeLayout(tree, device)
    ids, depth = (torch.from_numpy(part)[None].to(device) for part in (tree.tokens, tree.depth))
    with at_rest(network):
        try:
            whole = network.base_model(
                input_ids=ids,
                position_ids=depth,
                attention_mask=ids.new_ones(1, 1, 1, 1),
                tree=layout,
                use_cache=False,
            ).last_hidden_state[0]
            apart = apart or alone(network, lines)
        except FAULTS:
            return False
    same = close([whole[torch.from_numpy(path).to(device)] for path in tree.paths], apart)
    return same and layout.calls == network.config.get_text_config().num_hidden_layers


@torch.no_grad()
def lends(network: Any, apart: Sequence[torch.Tensor] = ()) -> bool:
    """Whether rows can look at keys and values where a cache keeps them: some keep what these are
    made from (DeepSeek's latents)."""
    lines = some_lines(network)
    device = network.get_input_embeddings().weight.device
    own = [len(line) - SHARED for line in lines]
    with at_rest(network):
        try:
            apart = apart or alone(network, lines)
            cache = DynamicCache()
            network.base_model(
                input_ids=lines[0][None, :SHARED].to(device), cache=cache, use_cache=True
            )
            prefix = PrefixView.of(cache, lines[0][:SHARED].tolist(), network.dtype)
            rows = line_up((row, 0, length, prefix) for row, length in enumerate(own))
            step = BatchPass.of(Slots(len(lines), max(own)), rows, device)
            line = torch.cat([line[SHARED:] for line in lines])[None].to(device)
            found = network.base_model(
                input_ids=line,
                position_ids=step.place[None] + SHARED,
                attention_mask=line.new_ones(1, 1, 1, 1),
                lent=step,
                use_cache=False,
            ).last_hidden_state[0]
        except FAULTS:
            return False
    return close(found.split(own), [whole[SHARED:] for whole in apart])


@torch.no_grad()
def goes_behind(network: Any) -> bool:
    """Whether rows that are padded on the right, behind a beginning that lies in a cache, have the
    states of the whole rows: trained keys and values stand there."""
    lines = some_lines(network)
    device = network.get_input_embeddings().weight.device
    with at_rest(network):
        try:
            apart = alone(network, lines)
            cache = DynamicCache(config=network.config)
            network.base_model(
                input_ids=lines[0][None, :SHARED].to(device), cache=cache, use_cache=True
            )
            cache.batch_repeat_interleave(len(lines))
            own = [line[SHARED:] for line in lines]
            width = max(map(len, own))
            ids = torch.stack(
                [torch.cat([row, row[:1].expand(width - len(row))]) for row in own]
            ).to(device)
            real = (
                torch.stack([torch.arange(SHARED + width) < len(line) for line in lines])
                .long()
                .to(device)
            )
            places = torch.arange(SHARED, SHARED + width, device=device).expand(len(lines), -1)
            found = network.base_model(
                input_ids=ids, position_ids=places, attention_mask=real, cache=cache, use_cache=True
            ).last_hidden_state
        except FAULTS:
            return False
    rows = [row[: len(line)] for row, line in zip(found, own, strict=True)]
    return close(rows, [whole[SHARED:] for whole in apart])


def leave_trees(network: Any) -> None:
    """Compute a network on rows alone from now on, where it was to be computed on trees."""
    if network.config._attn_implementation != NAME:
        return
    try:
        network.set_attn_implementation("sdpa")
    except ValueError:  # the model has no such attention
        network.set_attn_implementation("eager")


def pads(network: Any, apart: Sequence[torch.Tensor] = ()) -> bool:
    """Whether rows that are padded on the left and go on token by token, with a cache, have the
    states that they have by themselves."""
    return goes_on(network, some_lines(network), apart)


def keeps(network: Any, apart: Sequence[torch.Tensor] = ()) -> bool:
    """Whether a row that goes on token by token, with a cache, has the states of the whole row
    without one."""
    return goes_on(network, some_lines(network)[:1], apart[:1])


@torch.no_grad()
def goes_on(
    network: Any, lines: Sequence[torch.Tensor], apart: Sequence[torch.Tensor] = ()
) -> bool:
    device = network.get_input_embeddings().weight.device
    with at_rest(network):
        try:
            apart = apart or alone(network, lines)
            rows = Padded.of(
                [line[:-NEXT].tolist() for line in lines],
                start=0,
                pad=int(lines[0][0]),
                device=device,
            )
            cache, real, ids, places = (
                DynamicCache(config=network.config),
                rows.real,
                rows.ids,
                rows.depth,
            )
            found = []
            for step in range(NEXT + 1):
                found.append(
                    network.base_model(
                        input_ids=ids,
                        position_ids=places,
                        attention_mask=real.long(),
                        cache=cache,
                        use_cache=True,
                    ).last_hidden_state[:, -1]
                )
                if step < NEXT:
                    if len(lines) > 1:  # rows leave a batch
                        cache.batch_select_indices(torch.arange(len(lines), device=device))
                    ids = torch.stack([line[len(line) - NEXT + step, None] for line in lines]).to(
                        device
                    )
                    real = torch.cat([real, real.new_ones(len(real), 1)], 1)
                    places = places[:, -1:] + 1
        except FAULTS:
            return False
    steps = torch.stack(found, 1)  # (rows, steps, width)
    return close(list(steps), [own[-NEXT - 1 :] for own in apart])


def some_lines(network: Any) -> list[torch.Tensor]:
    """Token ids of rows that begin alike, (tokens,) each."""
    draw = torch.Generator().manual_seed(7)
    most = network.config.get_text_config().vocab_size
    room = getattr(network.config.get_text_config(), "max_position_embeddings", None) or math.inf
    own = [int(min(room - SHARED, n)) for n in OWN]
    lines = [torch.randint(2, most, (SHARED + n,), generator=draw) for n in own]
    for line in lines[1:]:
        line[:SHARED] = lines[0][:SHARED]
    return lines


def alone(network: Any, lines: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Hidden states of each row by itself, (tokens, width)."""
    device = network.get_input_embeddings().weight.device
    return [
        network.base_model(input_ids=line[None].to(device), use_cache=False).last_hidden_state[0]
        for line in lines
    ]


def close(found: Sequence[torch.Tensor], wanted: Sequence[torch.Tensor]) -> bool:
    """Whether these states are the wanted ones, as far as their type tells. States that are not
    finite, of weights that are out of bounds, tell nothing of how they were computed."""
    limit = CLOSE.get(wanted[0].dtype, COARSE)
    if not all(bool(other.isfinite().all()) for other in wanted):
        return True
    pairs = [(one.double(), other.double()) for one, other in zip(found, wanted, strict=True)]
    if limit == COARSE and any(_middle(one, other) > MEDIAN for one, other in pairs):
        return False
    return all(float((one - other).norm()) <= limit * float(other.norm()) for one, other in pairs)


def _middle(found: torch.Tensor, wanted: torch.Tensor) -> float:
    """How far the token in the middle lies off, relative to its size."""
    far = (found - wanted).norm(dim=-1) / wanted.norm(dim=-1)
    return float(far.median())


@contextmanager
def at_rest(network: Any) -> Generator[None]:
    """Without dropout, with windows and chunks of WINDOW tokens where there are longer ones, and
    with the positions of rows beyond a position limit."""
    was = network.training
    config = network.config.get_text_config()
    places = [(holder, name) for holder in (config, *network.modules()) for name in NARROWS]
    wide = [(holder, name, length) for holder, name in places if (length := longer(holder, name))]
    network.eval()
    try:
        for holder, name, _ in wide:
            setattr(holder, name, WINDOW)
        with rows_of(furthest(network)):
            yield
    finally:
        for holder, name, length in wide:
            setattr(holder, name, length)
        network.train(was)


def longer(holder: Any, name: str) -> int:
    """How far it looks back, where that is further than WINDOW; else 0."""
    length = vars(holder).get(name)
    return length if isinstance(length, int) and length > WINDOW else 0
